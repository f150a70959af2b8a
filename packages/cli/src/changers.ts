import type { ProcessFacts } from '@oodate/monitor';

/** A process that has changed something. */
export type Changer = ProcessFacts;
