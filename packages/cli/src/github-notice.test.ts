import { expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { workspace } from '@oodate/testkit';
import { formatNotice, repositoryPath } from './github-notice.js';

test.each([
  ['a plain one', { file: 'src/a.ts', title: 'b', message: 'c' }, '::notice file=src/a.ts,title=b::c\n'],
  ['one without a file', { title: 'b', message: 'c' }, '::notice title=b::c\n'],
  [
    'what would end the line, the property or the list',
    { file: 'a,b:c%\n', title: '50%, or: 1\r', message: '1,2:3\n100%\r::' },
    '::notice file=a%2Cb%3Ac%25%0A,title=50%25%2C or%3A 1%0D::1,2:3%0A100%25%0D::\n',
  ],
])('a notice holds %s', (_, notice, expected) => {
  expect(formatNotice(notice)).toBe(expected);
});

test('a file has the name that it has in its repository', () => {
  const space = workspace({ 'repo/.git': 'gitdir: elsewhere\n', 'repo/sub/a': '', 'other/a': '' });
  const named = (name: string, top?: string) =>
    repositoryPath(
      space.path(name) as AbsolutePath,
      top === undefined ? {} : { GITHUB_WORKSPACE: space.path(top) },
    );
  expect(named('repo/sub/a')).toBe('sub/a');
  expect(named('repo/sub/gone/b')).toBe('sub/gone/b');
  expect(named('repo/sub/a', 'repo/sub')).toBe('a');
  expect(named('repo/sub/a', 'other')).toBe('sub/a');
  expect(named('other/a')).toBeUndefined();
  expect(named('other', 'other')).toBeUndefined();
  expect(named('repo/\udcff')).toBeUndefined();
});
