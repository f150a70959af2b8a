import { add, remove } from '../changes.js';
import type { Change, Way, WayGroup } from '../way.js';

function listing(on: string, command: string, change: Change, says: string, witness = 'out.txt'): Way {
  return { on, files: { 'src/a': '', 'src/sub/a': '' }, command, witness, change, says };
}

export const directories: WayGroup = {
  title: 'The names in a directory',
  ways: [
    listing('a name that is added', 'ls src > out.txt', add('src/b'), 'the directory src has gained b'),
    listing('a name that is removed', 'ls src > out.txt', remove('src/a'), 'the directory src has lost a'),
    listing(
      'a name that becomes another',
      'ls src > out.txt',
      { words: 'mv src/a src/b', make: (space) => space.rename('src/a', 'src/b') },
      'the directory src has gained b and has lost a',
    ),
    listing(
      'a name listed by system calls alone',
      'reader list src > out.txt',
      add('src/b'),
      'the directory src has gained b',
    ),
    listing(
      'a name that a pattern of the shell fits',
      'echo src/* > out.txt',
      add('src/b'),
      'the directory src has gained b',
    ),
    listing(
      'a name in a directory below',
      'find src > out.txt',
      add('src/sub/b'),
      'the directory src/sub has gained b',
    ),
    listing(
      'what a name is, as the listing alone tells it',
      'find src -type f > out.txt',
      {
        words: 'rm src/a; mkdir src/a',
        make(space) {
          space.remove('src/a');
          space.write({ 'src/a/none': '' });
        },
      },
      'the directory src has gained a/ and has lost a',
    ),
    listing(
      'a listing of the directory it writes to',
      'ls src > src/out.txt',
      add('src/b'),
      'the directory src has gained b',
      'src/out.txt',
    ),
  ],
};
