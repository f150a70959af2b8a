import { edit, turn } from '../changes.js';
import type { Way, WayGroup } from '../way.js';

function linked(on: string, command: string, link: string, from: string, to: string): Way {
  return {
    on,
    files: { 'one/in.txt': 'same\n', 'two/in.txt': 'same\n' },
    prepare: (space) => space.link(link, from),
    command,
    change: turn(link, to),
    says: `${link} was a link to ${from}, is a link to ${to}`,
  };
}

export const links: WayGroup = {
  title: 'Symbolic links',
  ways: [
    {
      on: 'the text of a link',
      prepare: (space) => space.link('link', 'one'),
      command: 'readlink link > out.txt',
      change: turn('link', 'two'),
      says: 'link was a link to one, is a link to two',
    },
    linked('a file read through a link', 'cat link.txt > out.txt', 'link.txt', 'one/in.txt', 'two/in.txt'),
    linked('a directory on the way that is a link', 'cat link/in.txt > out.txt', 'link', 'one', 'two'),
    {
      ...linked('a link that a link leads to', 'cat first/in.txt > out.txt', 'link', 'one', 'two'),
      prepare(space) {
        space.link('link', 'one');
        space.link('first', 'link');
      },
    },
    {
      on: 'that a file is no link',
      files: { 'in.txt': 'one\n', 'same.txt': 'one\n' },
      command: 'test -f in.txt && realpath in.txt > out.txt',
      change: turn('in.txt', 'same.txt'),
      says: 'in.txt was a file of 4 bytes, is a link to same.txt',
    },
    {
      on: 'that a directory is there which a path leaves again',
      files: { 'way/none.txt': '', 'in.txt': 'one\n' },
      command: 'cat way/../in.txt > out.txt',
      change: {
        words: 'mv way gone',
        make(space) {
          space.rename('way', 'gone');
        },
      },
      says: 'way is gone, was a directory',
    },
    {
      on: 'that a file is no link, by readlink alone',
      files: { 'in.txt': 'one\n', 'same.txt': 'one\n' },
      command: 'realpath in.txt > out.txt',
      change: turn('in.txt', 'same.txt'),
      says: 'in.txt was a file of 4 bytes, is a link to same.txt',
    },
    {
      on: 'that a directory on the way is no link',
      files: { 'p/in.txt': 'one\n' },
      command: 'test -f p/in.txt && realpath p/in.txt > out.txt',
      change: {
        words: 'mv p store; ln -s store p',
        make(space) {
          space.rename('p', 'store');
          space.link('p', 'store');
        },
      },
      says: 'p was a directory, is a link to store',
    },
    {
      on: 'the file that a link leads to',
      files: { 'in.txt': 'one\n' },
      prepare: (space) => space.link('link.txt', 'in.txt'),
      command: 'cat link.txt > out.txt',
      change: edit('in.txt'),
      says: 'link.txt changed (was 4 bytes, is 8)',
    },
  ],
};
