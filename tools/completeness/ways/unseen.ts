import type { WayGroup } from '../way.js';

export const unseen: WayGroup = {
  title: 'What cannot be seen, or is no file',
  ways: [
    {
      on: 'a pipe that it reads as standard input',
      command: ['cp', '/dev/stdin', 'out.txt'],
      start: { under: ['sh', '-c', 'echo one | "$@"', 'sh'] },
      change: { words: 'none' },
      says: 'not all that the last run did could be seen: a pipe that the command was given was read',
      short: 'nothing is kept',
    },
    {
      on: 'what comes over the network',
      command: ['bash', '-c', 'exec 3<> /dev/udp/127.0.0.1/9; date +%N > out.txt'],
      change: { words: 'none' },
      says: 'the last run used the network, and what came over it cannot be compared',
      short: 'it is not trusted',
    },
    {
      on: 'a file with a newline in its name',
      files: { 'a\nb.txt': 'one\n' },
      command: ['cp', 'a\nb.txt', 'out.txt'],
      change: { words: 'none' },
      says: 'not all that the last run did could be seen: a path has a newline in it or is too long for a record',
      short: 'nothing is kept',
    },
    {
      on: 'a program that it leaves behind',
      command: 'echo > out.txt; timeout 2 tail -f /dev/null > /dev/null 2>&1 &',
      change: { words: 'none' },
      says: 'not all that the last run did could be seen: …was still running when the command ended',
      short: 'nothing is kept',
    },
    {
      on: 'the time of day',
      command: 'date +%s%N > out.txt',
      change: { words: 'time goes by' },
      says: '',
      short: 'it is no file; use `--force`',
    },
    {
      on: 'the state of the kernel under /proc',
      command: 'cat /proc/uptime > out.txt',
      change: { words: 'time goes by' },
      says: '',
      short: 'it is no file that a change could be seen of',
    },
  ],
};
