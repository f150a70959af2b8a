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
      on: 'the file that a link leads to',
      files: { 'in.txt': 'one\n' },
      prepare: (space) => space.link('link.txt', 'in.txt'),
      command: 'cat link.txt > out.txt',
      change: edit('in.txt'),
      says: 'link.txt changed (was 4 bytes, is 8)',
    },
  ],
};
