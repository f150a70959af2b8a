/**
 * What bmake finds as it reads a target's meta file, in the order in which it
 * would say so. Values; the words, bmake's own or ours, are in the CLI. `line`
 * counts from 1 in the meta file.
 */
export type BmakeFinding = BmakeReason | BmakeRemark;

/** One cause for bmake to make the target. It stops reading at the first. */
export type BmakeReason = Found &
  /** A later second than the target's. `path` is as bmake looked for it. */
  (
    | { readonly kind: 'file-newer'; readonly line: number; readonly path: string }
    /** The first of the files that the commands used and that have gone. */
    | { readonly kind: 'file-missing'; readonly path: string }
    | {
        readonly kind: 'build-command-changed';
        readonly line: number;
        readonly was: string;
        readonly is: string;
      }
    /** The meta file has a command for which the target has none. */
    | { readonly kind: 'build-command-removed'; readonly line: number }
    | { readonly kind: 'build-command-added'; readonly line: number }
    /** bmake compares with the directory it works in, and names .CURDIR. */
    | { readonly kind: 'cwd-changed'; readonly line: number; readonly was: string; readonly is: string }
    | { readonly kind: 'filemon-section-missing' }
    | { readonly kind: 'meta-file-missing' }
    | { readonly kind: 'record-malformed'; readonly line: number }
    /** `length` is in bytes. */
    | { readonly kind: 'line-truncated'; readonly line: number; readonly length: number }
  );

/** bmake says it, and decides nothing by it. */
export type BmakeRemark = Found &
  (
    | { readonly kind: 'command-not-compared'; readonly line: number }
    | {
        readonly kind: 'command-change-ignored';
        readonly line: number;
        readonly was: string;
        readonly is: string;
      }
    | { readonly kind: 'truncated-in-command'; readonly line: number; readonly length: number }
    | { readonly kind: 'meta-file-unused'; readonly why: UnusedMetaFile }
  );

interface Found {
  readonly metaFile: string;
}

/** Why bmake neither writes nor reads a meta file for the target; in its order. */
export type UnusedMetaFile =
  | '.NOMETA'
  | '.PHONY'
  | '.SPECIAL'
  | '.MAKE'
  | 'no commands'
  | '.SUBMAKE'
  | 'no .OBJDIR'
  | '.OBJDIR == .CURDIR';

const remarks: ReadonlySet<string> = new Set<BmakeRemark['kind']>([
  'command-not-compared',
  'command-change-ignored',
  'truncated-in-command',
  'meta-file-unused',
]);

export function isBmakeReason(finding: BmakeFinding): finding is BmakeReason {
  return !remarks.has(finding.kind);
}

/** Why bmake makes a target by its ordinary rules. Its meta file is not read then. */
export type BmakeRuleReason =
  /** `source`: the newest of those that it has. */
  | { readonly kind: 'target-not-there'; readonly source?: string }
  /** Or the source is to be made itself. */
  | { readonly kind: 'older-than-source'; readonly source: string }
  /** In bmake's words, as `.PHONY node`. */
  | { readonly kind: 'made-by-rule'; readonly rule: string };
