import { type AbsolutePath, joinPath } from '@oodate/filemon';
import picomatch from 'picomatch';
import type { Setting } from './settings.js';

/** Whether a path, or a directory above it, matches one of the patterns and none of those that take back. */
export function pathMatcher({ value, from }: Setting<readonly string[]>): (path: AbsolutePath) => boolean {
  const matching = (patterns: readonly string[]) => {
    const whole = patterns.map((pattern) => absolutePattern(from.directory, pattern));
    return picomatch([...whole, ...whole.map((pattern) => `${pattern}/**`)], { dot: true, nonegate: true });
  };
  const { positive, negative } = bySign(value);
  const isMatched = matching(positive);
  const isTakenBack = negative.length === 0 ? () => false : matching(negative);
  return (path) => isMatched(path) && !isTakenBack(path);
}

/** Whether a path itself matches one of the patterns and none of those that take back, as fast-glob would find a file there. */
export function fileMatcher({ value, from }: Setting<readonly string[]>): (path: AbsolutePath) => boolean {
  const { positive, negative } = bySign(value);
  const whole = (patterns: readonly string[]) =>
    patterns.map((pattern) => absolutePattern(from.directory, pattern));
  return picomatch(whole(positive), { dot: true, nonegate: true, ignore: whole(negative) });
}

/** The first of the patterns by which `pathMatcher` matches the path. */
export function matchingPattern(
  { value, from }: Setting<readonly string[]>,
  path: AbsolutePath,
): string | undefined {
  if (!pathMatcher({ value, from })(path)) return undefined;
  return bySign(value).positive.find((pattern) => pathMatcher({ value: [pattern], from })(path));
}

/** Those that take back begin with a `!`, which is left out. */
export function bySign(patterns: readonly string[]): { positive: string[]; negative: string[] } {
  return {
    positive: patterns.filter((pattern) => !pattern.startsWith('!')),
    negative: patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1)),
  };
}

/** The characters of the directory that mean something in a pattern are taken as they are. */
function absolutePattern(directory: AbsolutePath, pattern: string): string {
  if (pattern.startsWith('/')) return withoutEndSlash(pattern);
  let base: string = directory;
  let rest = pattern;
  for (let step = /^(\.\.?)(?:\/|$)/.exec(rest); step !== null; step = /^(\.\.?)(?:\/|$)/.exec(rest)) {
    if (step[1] === '..') base = joinPath(base as AbsolutePath, '..');
    rest = rest.slice(step[0].length);
  }
  const literal = base.replace(/[\\*?[\](){}!+@|]/g, '\\$&');
  return withoutEndSlash(rest === '' ? literal : `${literal === '/' ? '' : literal}/${rest}`);
}

function withoutEndSlash(pattern: string): string {
  return pattern.length > 1 ? pattern.replace(/\/+$/, '') : pattern;
}
