import { expect, test } from '@jest/globals';
import { parseBmakeArguments } from './bmake-arguments.js';

const mode = ['--mode', 'bmake'];

test.each([
  [['--curdirok'], { curdirOk: true }],
  [['--curdirok=yes'], { curdirOk: true }],
  [['--curdirok='], { curdirOk: true }],
  [['--curdirok=No'], { curdirOk: false }],
  [['--missing-meta=0', '--missing-filemon=true'], { missingMeta: false, missingFilemon: true }],
  [['--no-ignore-cmd'], { ignoreCommands: false }],
  [[], {}],
])('the switches %j mean %j', (words, meaning) => {
  expect(parseBmakeArguments(['check', ...mode, ...words, 'x.meta'])?.request.options.mode).toEqual(meaning);
});

test('targets, words for bmake and settings are told apart', () => {
  const words = ['why', '--mode=bmake', 'a', '--ignore-paths', '/x /y', '--command', 'p', '--command', 'q'];
  expect(parseBmakeArguments([...words, '--json', '--', '-k', 'X=1'])).toEqual({
    command: 'why',
    request: {
      names: ['a'],
      rest: ['-k', 'X=1'],
      options: { mode: {}, variables: { ignorePaths: '/x /y' }, commands: ['p', 'q'] },
      format: undefined,
      json: true,
    },
  });
});

test.each([
  [['run', ...mode, 'a']],
  [['check', 'bmake']],
  [['check', '--mode', 'mtime', 'bmake']],
  [['check', ...mode, '--unknown']],
  [['check', ...mode, '--format', 'xml']],
  [['check', ...mode, '--force', 'a']],
  [['check', '--', ...mode]],
])('the arguments %j are left to yargs', (args) => {
  expect(parseBmakeArguments(args)).toBeUndefined();
});
