import { describe, expect, test } from '@jest/globals';
import { dice, rounds } from '@oodate/testkit';
import { nestedLanes, type Span } from './nested-lanes.js';

const span = (from: number, to: number, parent?: number): Span => ({ from, to, parent });

describe('the lane of a span', () => {
  test.each<[string, Span[], number[]]>([
    ['is the first one', [span(0, 9)], [0]],
    ['is that of its parent', [span(0, 9), span(1, 8, 0), span(2, 7, 1)], [0, 0, 0]],
    ['is that of a sibling that has ended', [span(0, 9), span(1, 4, 0), span(4, 8, 0)], [0, 0, 0]],
    ['is another one beside a sibling', [span(0, 9), span(1, 5, 0), span(4, 8, 0)], [0, 0, 1]],
    ['is free again', [span(0, 9), span(1, 9, 0), span(2, 4, 0), span(5, 8, 0)], [0, 0, 1, 1]],
    ['is another one if it outlasts its parent', [span(0, 5), span(1, 9, 0)], [0, 1]],
    [
      'is that of a parent beside others',
      [span(0, 9), span(1, 5, 0), span(2, 8, 0), span(3, 7, 2)],
      [0, 0, 1, 1],
    ],
    ['is free where all has ended', [span(0, 5), span(5, 9)], [0, 0]],
    ['is that of a parent that takes no time', [span(5, 5), span(5, 5, 0), span(5, 5, 1)], [0, 0, 0]],
    [
      'is that of a parent that ends just then, though others are free',
      [span(0, 9), span(1, 9, 0), span(2, 5, 0), span(3, 5, 0), span(5, 5, 3)],
      [0, 0, 1, 2, 2],
    ],
    ['is given by time, not by place', [span(0, 9), span(6, 8, 0), span(2, 4, 0)], [0, 0, 0]],
    ['of none', [], []],
  ])('%s', (_, spans, lanes) => {
    expect(nestedLanes(spans)).toEqual(lanes);
  });

  test('never has two at a time that are not above one another, of whatever spans', () => {
    const { seed, below } = dice();
    for (let round = 0; round < rounds(200); round += 1) {
      const spans: Span[] = [];
      for (let place = below(40); place >= 0; place -= 1) {
        const parent = spans.length > 0 && below(5) > 0 ? below(spans.length) : undefined;
        const from = below(6) + (parent === undefined ? below(30) : (spans[parent] as Span).from);
        spans.push({ from, to: from + below(12), parent });
      }
      const lanes = nestedLanes(spans);
      const isAbove = (above: number, place: number | undefined): boolean =>
        place !== undefined && (place === above || isAbove(above, spans[place]?.parent));
      const isIn = (inner: number, outer: number): boolean => {
        const [one, other] = [spans[inner] as Span, spans[outer] as Span];
        return isAbove(outer, one.parent) && other.from <= one.from && one.to <= other.to;
      };
      for (const [one, first] of spans.entries())
        for (const [other, second] of spans.slice(0, one).entries())
          if (lanes[one] === lanes[other] && first.from < second.to && second.from < first.to)
            if (!isIn(one, other) && !isIn(other, one))
              throw new Error(`seed ${seed}: ${JSON.stringify({ spans, lanes, one, other })}`);
    }
  });
});
