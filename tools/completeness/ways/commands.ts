import type { WayGroup } from '../way.js';

export const commands: WayGroup = {
  title: 'The command itself',
  ways: [
    {
      on: 'the text of the script',
      command: 'echo one > out.txt',
      change: { words: 'another text in package.json', command: 'echo two > out.txt' },
      says: 'the command was `echo one > out.txt`, is `echo two > out.txt`',
    },
    {
      on: 'its arguments',
      files: { 'a.txt': 'a\n', 'b.txt': 'b\n' },
      command: ['cp', 'a.txt', 'out.txt'],
      change: { words: 'cp b.txt out.txt', command: ['cp', 'b.txt', 'out.txt'] },
      says: 'nothing is known of an earlier run',
    },
    {
      on: 'the directory it runs in',
      files: { 'one/in.txt': 'one\n', 'two/in.txt': 'two\n' },
      command: ['cp', 'in.txt', '../out.txt'],
      start: { cwd: 'one' },
      change: { words: 'it is run in two', start: { cwd: 'two' } },
      says: 'nothing is known of an earlier run',
    },
    {
      on: 'a variable that is set',
      command: 'echo $MODE > out.txt',
      change: { words: 'MODE=fast is set', start: { env: { MODE: 'fast' } } },
      says: "the variable MODE was not set, is 'fast'",
    },
    {
      on: 'a variable that gets another value',
      command: 'echo $MODE > out.txt',
      start: { env: { MODE: 'slow' } },
      change: { words: 'MODE=fast instead of slow', start: { env: { MODE: 'fast' } } },
      says: "the variable MODE was 'slow', is 'fast'",
    },
    {
      on: 'a variable that is no longer set',
      command: 'echo $MODE > out.txt',
      start: { env: { MODE: 'slow' } },
      change: { words: 'MODE is not set', start: {} },
      says: "the variable MODE was 'slow', is not set",
    },
    {
      on: 'a variable that looks secret',
      command: 'echo $API_TOKEN > out.txt',
      start: { env: { API_TOKEN: 'a' } },
      change: { words: 'API_TOKEN has another value', start: { env: { API_TOKEN: 'b' } } },
      says: 'the variable API_TOKEN has another value (values hidden)',
    },
    {
      on: 'a variable of the terminal or the caller',
      command: 'echo $COLUMNS > out.txt',
      start: { env: { COLUMNS: '80' } },
      change: { words: 'COLUMNS=132', start: { env: { COLUMNS: '132' } } },
      says: '',
      short: 'it is [not compared](guide/what-counts.md#variables-that-are-not-compared)',
    },
    {
      on: 'the umask',
      command: 'umask > out.txt',
      start: { under: ['sh', '-c', 'umask 022; exec "$@"', 'sh'] },
      change: { words: 'umask 077', start: { under: ['sh', '-c', 'umask 077; exec "$@"', 'sh'] } },
      says: '',
      short: 'umask, limits and the user are not compared',
    },
  ],
};
