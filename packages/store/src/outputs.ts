import { dirname } from 'node:path';
import { type AbsolutePath, isWithin, joinPath } from '@oodate/filemon';
import type { RecordedFile, RecordedState, RunRecord } from '@oodate/meta-file';
import type { DecisionOptions, FileStates } from '@oodate/planner';
import type { WantedOutput } from './wanted-output.js';

/** Why the result of a run is not kept. */
export type Hindrance =
  /** It wrote there, and nobody has allowed that. */
  | { readonly kind: 'output-outside'; readonly path: AbsolutePath }
  /** It changed what was there before, and nobody knows what that was. */
  | { readonly kind: 'unknown-before'; readonly path: AbsolutePath }
  /** It is no file, link or directory, or may not be read. */
  | { readonly kind: 'special-output'; readonly path: AbsolutePath }
  | { readonly kind: 'changed-while-running'; readonly path: AbsolutePath }
  | { readonly kind: 'network-used' }
  | { readonly kind: 'too-long-record' };

/** Where a result may be written to. */
export interface Reach {
  readonly root: AbsolutePath;
  /** Whether this path may be written though it lies outside of the root. */
  readonly isAllowed: (path: AbsolutePath) => boolean;
}

/** What a result is to be as when it is brought back. */
function outputsOf(run: RunRecord): RecordedFile[] {
  return run.files.filter(({ use }) => use === 'output' || use === 'removed');
}

/** The first thing for which the result of the run cannot be kept, or may not be brought back. */
export function hindranceOf(
  run: RunRecord,
  { root, isAllowed, decision }: Reach & { readonly decision: Pick<DecisionOptions, 'ignoresNetwork'> },
): Hindrance | undefined {
  const disturbed = [...run.files, ...run.listings].find((used) => used.disturbed);
  if (disturbed !== undefined) return { kind: 'changed-while-running', path: disturbed.path };
  if (run.network !== undefined && decision.ignoresNetwork !== true) return { kind: 'network-used' };
  const placeOf = linkFollower(run);
  for (const { path: name, state, before } of outputsOf(run)) {
    const path = state.type === 'link' ? name : (placeOf(name) ?? name);
    if (before === 'unknown') return { kind: 'unknown-before', path };
    if (path === root || (!isWithin(path, root) && !isAllowed(path))) return { kind: 'output-outside', path };
    if (state.type === 'special' || state.type === 'unreadable') return { kind: 'special-output', path };
    if (state.type === 'file' && state.digest === undefined) return { kind: 'special-output', path };
  }
  return undefined;
}

/**
 * What is to be there once the result is back. A file that was written through a symbolic link is where that leads.
 */
export function wantedOutputs(run: RunRecord): WantedOutput[] {
  const placeOf = linkFollower(run);
  const wanted = new Map<AbsolutePath, WantedOutput>();
  for (const { path, state } of outputsOf(run)) {
    const place = state.type === 'link' ? path : placeOf(path);
    const output = place === undefined ? undefined : wantedOutput(place, state);
    if (output !== undefined) wanted.set(output.path, output);
  }
  return [...wanted.values()];
}

function wantedOutput(path: AbsolutePath, state: RecordedState): WantedOutput | undefined {
  switch (state.type) {
    case 'file':
      if (state.digest === undefined) return undefined;
      return {
        type: 'file',
        path,
        digest: { hash: state.digest, size: Number(state.size) },
        mode: state.mode & 0o777,
      };
    case 'link':
      return { type: 'link', path, target: state.target };
    case 'directory':
    case 'absent':
      return { type: state.type, path };
    case 'special':
    case 'unreadable':
      return undefined;
  }
}

/** Where a path leads by the links of the record that stand at its end; undefined if they go in a circle. */
export function linkFollower(run: RunRecord): (path: AbsolutePath) => AbsolutePath | undefined {
  const links = new Map<AbsolutePath, string>();
  for (const { path, state } of run.files) if (state.type === 'link') links.set(path, state.target);
  return (path) => {
    let place = path;
    for (let steps = 0; steps < 40; steps += 1) {
      const target = links.get(place);
      if (target === undefined) return place;
      place = joinPath(dirname(place) as AbsolutePath, target);
    }
    return undefined;
  };
}

/**
 * An output that the command looked at before it made it, and in the place of which there is now what neither
 * this nor the last run has left: the command might leave that alone, so nothing may be put there unasked.
 */
export function foreignOutput(
  run: RunRecord,
  last: RunRecord | undefined,
  files: FileStates,
): AbsolutePath | undefined {
  const left = new Map(last === undefined ? [] : outputsOf(last).map((file) => [file.path, file.state]));
  for (const { path, state, before } of outputsOf(run)) {
    if (before !== 'looked') continue;
    const now = files.linkState(path);
    if (now.type === 'absent' || now.type === 'directory') continue;
    const isLeft = [state, left.get(path)].some((known) => {
      if (known?.type === 'link' && now.type === 'link') return known.target === now.target;
      if (known?.type !== 'file' || now.type !== 'file') return false;
      const found = files.digest(path);
      return 'digest' in found && found.digest === known.digest;
    });
    if (!isLeft) return path;
  }
  return undefined;
}
