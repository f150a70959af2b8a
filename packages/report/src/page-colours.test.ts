import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

/*
 * That the colours of the page can be told apart by everybody. (Source: WCAG 2.2, contrast (minimum), level AA.)
 */

const css = readFileSync(new URL('../page/page.css', import.meta.url), 'utf8');
const [light = '', dark = ''] = [...css.matchAll(/^:root[^{]*\{([^}]*)\}/gm)].map(([, text]) => text);

describe.each([
  ['light', light],
  ['dark', dark],
])('in the %s', (_, text) => {
  const colours = new Map(
    [...text.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]),
  );
  const programs = [...colours.keys()].filter((name) => name?.startsWith('program-'));

  test.each([
    ...['panel', 'ground', 'hover', 'chosen'].flatMap((ground) => [
      ['text', ground],
      ['faint', ground],
      ['accent', ground],
      ['failed', ground],
    ]),
    ['good', 'good-ground'],
    ['failed', 'bad-ground'],
    ['good', 'ground'],
    ...programs.map((name) => ['inside', name as string]),
  ] as [string, string][])('%s can be read on %s', (front, ground) => {
    expect(contrast(colours.get(front) as string, colours.get(ground) as string)).toBeGreaterThanOrEqual(4.5);
  });
});

function contrast(one: string, other: string): number {
  const [less = 0, more = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (more + 0.05) / (less + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
