import type { AbsolutePath } from '@oodate/filemon';

/** What is to be run, as it would be run now. */
export interface Target {
  /** One array of words for each command. */
  readonly commands: readonly (readonly string[])[];
  readonly cwd: AbsolutePath;
  /** Another name of that directory by which the command will know it (PWD); undefined if there is none. */
  readonly logicalCwd?: AbsolutePath;
  /**
   * What the command will be given as standard input: `file OFFSET PATH`, `null` for a device that
   * holds nothing, `stream` for a pipe, socket or terminal, `closed`.
   */
  readonly stdin?: string;
  /** The whole environment; volatile variables are left out by the decision. */
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  /** Files that count as inputs though the command may not be seen to use them. */
  readonly extraInputs?: readonly AbsolutePath[];
}
