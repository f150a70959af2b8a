import { expect, test } from '@jest/globals';
import { splitArguments } from './argument-words.js';

test.each([
  { args: ['run', 'build'], own: ['run', 'build'], rest: undefined },
  { args: ['run', 'build', '--'], own: ['run', 'build'], rest: [] },
  { args: ['run', '--force', 'build', '--', '--watch'], own: ['run', '--force', 'build'], rest: ['--watch'] },
  { args: ['run', '--', 'cc', '-c', 'a.c'], own: ['run'], rest: ['cc', '-c', 'a.c'] },
  { args: ['run', '--', 'npm', 'run', 'x', '--', '-y'], own: ['run'], rest: ['npm', 'run', 'x', '--', '-y'] },
  { args: [], own: [], rest: undefined },
])('splits $args at the first --', ({ args, own, rest }) => {
  expect(splitArguments(args)).toEqual({ own, rest });
});
