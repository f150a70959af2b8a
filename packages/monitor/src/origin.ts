import type { ProcessFacts } from './monitor-event.js';

/** They run what somebody else has asked for. */
const shells = new Set(['sh', 'bash', 'dash', 'zsh', 'fish', 'ksh', 'busybox', 'env']);

/** On whose behalf a process works: its nearest ancestor that is no shell; undefined if that is init or not known. */
export function originOf({
  ancestors = [],
}: Pick<ProcessFacts, 'ancestors'>): { readonly pid: number; readonly name: string } | undefined {
  const origin = ancestors.find(({ name }) => !shells.has(name));
  return origin?.pid === 1 ? undefined : origin;
}
