/** A stretch of time. */
export interface Span {
  readonly from: number;
  /** Not before `from`. */
  readonly to: number;
  /** Place in the list of the span that this is part of, which is before it; undefined if there is none. */
  readonly parent: number | undefined;
}

/**
 * The lane of each span, from 0. In a lane spans nest as calls do in a thread: what is not above or below one another
 * does not overlap. A span is in the lane of its parent if nothing else is there at its time and it does not outlast
 * the parent; else in the first lane that is free.
 */
export function nestedLanes(spans: readonly Span[]): number[] {
  const lanes: number[] = spans.map(() => 0);
  /** Of each lane the places of the spans that are open, from the outermost. */
  const open: number[][] = [];
  const byStart = spans.map((_, place) => place);
  byStart.sort((one, other) => fromOf(spans, one) - fromOf(spans, other) || one - other);
  for (const place of byStart) {
    const { from, to, parent } = spans[place] as Span;
    for (const stack of open) closeEnded(stack, spans, from, parent);
    const beside = parent === undefined ? -1 : (lanes[parent] as number);
    const fits = open[beside]?.at(-1) === parent && to <= (spans[parent as number]?.to ?? -1);
    const free = open.findIndex((stack) => stack.length === 0);
    const lane = fits ? beside : free < 0 ? open.push([]) - 1 : free;
    open[lane]?.push(place);
    lanes[place] = lane;
  }
  return lanes;
}

function fromOf(spans: readonly Span[], place: number): number {
  return (spans[place] as Span).from;
}

/** What ends just now has ended, unless the next one is part of it. */
function closeEnded(stack: number[], spans: readonly Span[], now: number, parent: number | undefined): void {
  for (let last = stack.at(-1); last !== undefined; last = stack.at(-1)) {
    const { to } = spans[last] as Span;
    if (to > now || (to === now && last === parent)) return;
    stack.pop();
  }
}
