import type { Reason } from '@oodate/planner';

/** Two are one as long as what is there is the same. */
export function identityOf(reason: Reason): string {
  return JSON.stringify(reason, (_, value) => (typeof value === 'bigint' ? value.toString() : value));
}
