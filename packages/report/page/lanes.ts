import type { ReportProcess } from '../src/report-data.js';

/** Where each process stands in the time line. */
export interface Lanes {
  /** Microseconds if `isTimed`; else places in the order of the log. */
  readonly from: readonly number[];
  readonly to: readonly number[];
  /** The line of the process; a child is below the one that made it, and no two in a line overlap. */
  readonly lane: readonly number[];
  readonly lanes: number;
  readonly end: number;
  /** By when they began. */
  readonly order: readonly number[];
  readonly isTimed: boolean;
}

/** What is below that shares the last line: a canvas can only be so high, and nobody looks at more. */
const mostLanes = 1000;

/** `took`: microseconds of the run, if they are known. */
export function lanesOf(processes: readonly ReportProcess[], took: number | null): Lanes {
  const isTimed = processes.some(({ started }) => started !== null);
  const { from, to } = isTimed ? times(processes, took) : places(processes);
  const order = processes
    .map((_, at) => at)
    .sort((one, other) => at(from, one) - at(from, other) || one - other);
  const lane: number[] = processes.map(() => 0);
  const ends: number[] = [];
  for (const process of order) {
    const { parent } = processes[process] as ReportProcess;
    // A record of the first process that was made may be older than that of its parent.
    let free = parent === null ? 0 : at(lane, parent) + 1;
    while (free < mostLanes - 1 && at(ends, free) > at(from, process)) free += 1;
    free = Math.min(free, mostLanes - 1);
    lane[process] = free;
    ends[free] = Math.max(at(ends, free), at(to, process));
  }
  return {
    from,
    to,
    lane,
    lanes: ends.length,
    end: Math.max(1, ...ends.map((end) => end ?? 0)),
    order,
    isTimed,
  };
}

function at(numbers: readonly number[], place: number): number {
  return numbers[place] ?? 0;
}

/** What is not known: the beginning is that of the parent, the end that of the run or of the last child. */
function times(processes: readonly ReportProcess[], took: number | null) {
  const from: number[] = [];
  for (const { parent, started } of processes) from.push(started ?? (parent === null ? 0 : at(from, parent)));
  const to = processes.map(({ ended }, place) => Math.max(at(from, place), ended ?? at(from, place)));
  const last = to.reduce((latest, end) => Math.max(latest, end), took ?? 0);
  for (const [place, { parent, ended, depth }] of processes.entries())
    if (ended === null && (parent === null || depth === 0)) to[place] = last;
  // From the last: each stands after its parent.
  for (let place = processes.length - 1; place > 0; place -= 1) {
    const { parent } = processes[place] as ReportProcess;
    if (parent !== null && processes[parent]?.ended === null)
      to[parent] = Math.max(at(to, parent), at(to, place));
  }
  return { from, to };
}

/** Without times: each is as wide as all that came of it. */
function places(processes: readonly ReportProcess[]) {
  const from = processes.map((_, place) => place);
  const to = from.map((place) => place + 1);
  for (let place = processes.length - 1; place > 0; place -= 1) {
    const { parent } = processes[place] as ReportProcess;
    if (parent !== null) to[parent] = Math.max(at(to, parent), at(to, place));
  }
  return { from, to };
}

/** The processes of each line, from left to right. */
export function laneMembers({ lane, lanes, order }: Lanes): readonly (readonly number[])[] {
  const members: number[][] = Array.from({ length: lanes }, () => []);
  for (const process of order) members[at(lane, process)]?.push(process);
  return members;
}

/** The process of a line at this place, or the nearest one within `reach`; undefined if there is none. */
export function memberAt(
  members: readonly number[],
  { from, to }: Lanes,
  place: number,
  reach: number,
): number | undefined {
  let low = 0;
  let high = members.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(from, members[middle] as number) <= place) low = middle + 1;
    else high = middle;
  }
  const before = members[low - 1];
  const after = members[low];
  const behind = before === undefined ? Number.POSITIVE_INFINITY : Math.max(0, place - at(to, before));
  const ahead = after === undefined ? Number.POSITIVE_INFINITY : at(from, after) - place;
  if (Math.min(behind, ahead) > reach) return undefined;
  return behind <= ahead ? before : after;
}
