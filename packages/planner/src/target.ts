import type { AbsolutePath } from '@oodate/filemon';

/** What is to be run, as it would be run now. */
export interface Target {
  /** One array of words for each command. */
  readonly commands: readonly (readonly string[])[];
  readonly cwd: AbsolutePath;
  /** The whole environment; volatile variables are left out by the decision. */
  readonly environment: Readonly<NodeJS.ProcessEnv>;
}
