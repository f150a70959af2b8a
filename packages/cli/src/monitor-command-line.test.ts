import { expect, test } from '@jest/globals';
import type { CliError } from './cli-error.js';
import { runCommandLine } from './command-line.js';
import { errorWords } from './words.js';

test.each<[string, readonly string[], RegExp]>([
  ['no path', [], /^there is nothing to monitor; name files or directories, as in: oodate monitor src$/],
  [
    'a kind that is near to one',
    ['a.ts', '--mask', 'content,atribute'],
    /^--mask has no kind "atribute"; did you mean attribute\?$/,
  ],
  [
    'a kind that is none',
    ['a.ts', '--mask', 'x'],
    /^--mask has no kind "x"; it is a list of content, attribute, delete, exec, exit$/,
  ],
  [
    '--mask without a path',
    ['--mount', '/', '--mask', 'content'],
    /^--mask is about paths, and none is named; a mount takes --events$/,
  ],
  ['--events without a mount', ['a.ts', '--events', 'open'], /^--events is about a whole file system; .*$/],
  ['--level without ahafs', ['a.ts', '--level', '2'], /^--level has no meaning without --format ahafs; .*$/],
  ['a level that is none', ['a.ts', '--format', 'ahafs', '--level', '4'], /^.*level.*$/],
  ['two formats', ['a.ts', '--json', '--format', 'ahafs'], /^--json and --format ahafs are two formats; .*$/],
  ['a count that is none', ['a.ts', '--count', 'x'], /^--count takes a number, and "x" is none; .*$/],
  ['details in another format', ['a.ts', '--json', '-v'], /^--verbose is about text; .*$/],
  [
    'a slip in an option',
    ['a.ts', '--backed', 'bpf'],
    /^there is no option --backed; did you mean --backend\?$/,
  ],
])('%s is refused before anything begins, in one sentence with what to do', async (_, words, sentence) => {
  const refused = await runCommandLine(['monitor', ...words]).then(
    () => undefined,
    (error: CliError) => error,
  );
  expect(refused).toMatchObject({ name: 'CliError', code: 'USAGE' });
  expect(errorWords(refused?.message ?? '', refused?.hint)).toMatch(sentence);
});
