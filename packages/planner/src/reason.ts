import type { AbsolutePath, NetworkUse, ProcessExit } from '@oodate/filemon';
import type { RecordedState } from '@oodate/meta-file';

/** One cause for being out of date. Values; the words are in the CLI. */
export type Reason =
  | { readonly kind: 'no-record'; readonly metaFile: string }
  | { readonly kind: 'record-damaged'; readonly metaFile: string; readonly message: string }
  | { readonly kind: 'record-foreign'; readonly metaFile: string; readonly version: number | undefined }
  | { readonly kind: 'last-run-failed'; readonly exit: ProcessExit }
  | { readonly kind: 'last-run-unfinished' }
  | { readonly kind: 'last-run-incomplete'; readonly causes: readonly string[] }
  | { readonly kind: 'forced' }
  | {
      readonly kind: 'command-changed';
      readonly was: readonly (readonly string[])[];
      readonly is: readonly (readonly string[])[];
    }
  | { readonly kind: 'directory-changed'; readonly was: AbsolutePath; readonly is: AbsolutePath }
  | {
      readonly kind: 'variable-changed';
      readonly name: string;
      readonly was: VariableValue;
      readonly is: VariableValue;
    }
  /** As in `Target.stdin`. */
  | { readonly kind: 'standard-input-changed'; readonly was: string; readonly is: string }
  /** What comes over the network cannot be compared. */
  | { readonly kind: 'network-used'; readonly uses: readonly NetworkUse[] }
  /** The command's output on these streams is wanted and was not kept. */
  | { readonly kind: 'output-not-recorded'; readonly streams: readonly (1 | 2)[] }
  | InputReason;

/** undefined: not set. `hidden`: only whether it differs is known. */
export type VariableValue = { readonly value: string; readonly hidden: boolean } | undefined;

interface ByProcess {
  readonly path: AbsolutePath;
  /** Executable of the process that used it. */
  readonly by: string | undefined;
}

export type InputReason = ByProcess &
  (
    | { readonly kind: 'input-changed'; readonly was: RecordedState; readonly is: RecordedState }
    /** Later than the target, by the time of modification: of its content nothing is known. */
    | { readonly kind: 'input-newer' }
    /** `was` is undefined where no state was recorded. */
    | { readonly kind: 'input-gone'; readonly was?: RecordedState }
    | { readonly kind: 'input-appeared'; readonly is: RecordedState }
    /** It is an extra input and was none: it is new, or has been named since. */
    | { readonly kind: 'extra-input-new' }
    /** Type, content or executable bit of a path that was only looked at. */
    | { readonly kind: 'looked-at-changed'; readonly was: RecordedState; readonly is: RecordedState }
    | { readonly kind: 'link-changed'; readonly was: string; readonly is: RecordedState }
    | {
        readonly kind: 'listing-changed';
        readonly gained: readonly string[];
        readonly lost: readonly string[];
      }
    | { readonly kind: 'changed-while-running' }
    | { readonly kind: 'output-gone' }
    | { readonly kind: 'output-changed'; readonly was: RecordedState; readonly is: RecordedState }
    /** The command had removed it and it is there again. */
    | { readonly kind: 'removed-came-back'; readonly is: RecordedState }
    /** It is there but may not be read. */
    | { readonly kind: 'input-unreadable'; readonly errno: string }
  );
