import { expect, test } from '@jest/globals';
import { inWorkspace } from '@oodate/testkit';
import { diskBmakeFiles } from './bmake-files.js';

test.each([
  ['1600000000.999999999', 1600000000],
  ['1600000001', 1600000001],
  ['1600000000.000000001', 1600000000],
  ['0', 1],
  ['-0.5', -1],
])(
  'a time of %s is the second %s',
  inWorkspace(async (workspace, time: string, seconds: number) => {
    workspace.write('file');
    await workspace.run(['touch', '-d', `@${time}`, 'file']);
    expect(diskBmakeFiles().stat(workspace.path('file'))).toEqual({ type: 'file', seconds });
  }),
);

test(
  'real paths are those of realpath(3), and where a name is missing end with it',
  inWorkspace((workspace) => {
    workspace.write('dir/sub/file');
    workspace.symlink('to-dir', 'dir');
    workspace.symlink('dir/up', '../dir/./sub');
    workspace.symlink('nowhere', 'gone/below');
    workspace.symlink('loop', 'loop');
    const files = diskBmakeFiles();
    const real = (path: string) => files.realPath(workspace.path('.') + path).slice(workspace.folder.length);
    expect(real('/to-dir/up/file')).toBe('/dir/sub/file');
    expect(real('/to-dir/up/../file')).toBe('/dir/file');
    expect(real('//dir/.//sub/')).toBe('/dir/sub');
    expect(real('/to-dir/missing/deeper')).toBe('/dir/missing');
    expect(real('/nowhere/file')).toBe('/gone');
    expect(files.resolve(workspace.path('to-dir'))).toBe(workspace.path('dir'));
    expect(files.resolve(workspace.path('nowhere'))).toBeUndefined();
    expect(files.stat(workspace.path('loop'))).toEqual({ type: 'none', errno: 'ELOOP' });
  }),
);

test(
  'a state says why there is none, and follows links',
  inWorkspace((workspace) => {
    workspace.write('dir/file');
    workspace.symlink('link', 'dir/file');
    workspace.symlink('broken', 'gone');
    workspace.setTimes('dir/file', 5000);
    const files = diskBmakeFiles();
    const stat = (name: string) => files.stat(`${workspace.folder}/${name}`);
    expect(stat('link')).toEqual({ type: 'file', seconds: 5 });
    expect(stat('dir/../link')).toEqual({ type: 'file', seconds: 5 });
    expect(stat('dir').type).toBe('directory');
    expect(stat('broken')).toEqual({ type: 'none', errno: 'ENOENT' });
    expect(stat('dir/file/below')).toEqual({ type: 'none', errno: 'ENOTDIR' });
    expect(stat('dir/file/')).toEqual({ type: 'none', errno: 'ENOTDIR' });
    expect(files.hasName(workspace.path('broken'))).toBe(true);
    expect(files.hasName(workspace.path('gone'))).toBe(false);
  }),
);
