import type { ReportProcess } from '../src/report-data.js';

type Tree = readonly Pick<ReportProcess, 'parent' | 'depth'>[];

/** The places of those that show: nothing below one that is closed. */
export function openRows(processes: Tree, closed: ReadonlySet<number>): number[] {
  const rows: number[] = [];
  for (let place = 0; place < processes.length; ) {
    rows.push(place);
    place = closed.has(place) ? behind(processes, place) : place + 1;
  }
  return rows;
}

export function hasChildren(processes: Tree, place: number): boolean {
  return processes[place + 1]?.parent === place;
}

/** All that have children. */
export function parentsOf(processes: Tree): number[] {
  return processes.flatMap((_, place) => (hasChildren(processes, place) ? [place] : []));
}

/** Those above it, the nearest first. */
export function ancestorsOf(processes: Tree, place: number): number[] {
  const above: number[] = [];
  for (let next = processes[place]?.parent ?? null; next !== null; next = processes[next]?.parent ?? null)
    above.push(next);
  return above;
}

/** For each its place among those that the same one made, from 1 on, and how many these are. */
export function siblings(processes: Tree): {
  readonly place: readonly number[];
  readonly count: readonly number[];
} {
  const counts = new Map<number | null, number>();
  const place = processes.map(({ parent }) => {
    const next = (counts.get(parent) ?? 0) + 1;
    counts.set(parent, next);
    return next;
  });
  return { place, count: processes.map(({ parent }) => counts.get(parent) ?? 1) };
}

/** The first that is not below it. */
function behind(processes: Tree, place: number): number {
  const depth = processes[place]?.depth ?? 0;
  let next = place + 1;
  while (next < processes.length && (processes[next]?.depth ?? 0) > depth) next += 1;
  return next;
}
