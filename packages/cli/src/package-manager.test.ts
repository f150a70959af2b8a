import { describe, expect, test } from '@jest/globals';
import { type Files, workspace } from '@oodate/testkit';
import { findPackageManager } from './package-manager.js';

const manifest = (packageManager?: string) => JSON.stringify({ name: 'p', packageManager });

describe('the package manager in use', () => {
  test.each<[string, Files, string | undefined, string, string | undefined]>([
    ['nothing else', {}, undefined, 'npm', '.npmrc'],
    ['its lock file', { 'package-lock.json': '{}' }, undefined, 'npm', '.npmrc'],
    [
      '"packageManager"',
      { 'package.json': manifest('pnpm@12.21.0') },
      undefined,
      'pnpm 12',
      'pnpm-workspace.yaml',
    ],
    ['"packageManager"', { 'package.json': manifest('pnpm@10.1.0') }, undefined, 'pnpm 10', '.npmrc'],
    ['its lock file', { 'pnpm-lock.yaml': '' }, undefined, 'pnpm', 'pnpm-workspace.yaml'],
    ['its lock file and call', { 'pnpm-lock.yaml': '' }, 'pnpm/10.2.0 npm/?', 'pnpm 10', '.npmrc'],
    ['its lock file', { 'yarn.lock': '# yarn lockfile v1\n' }, undefined, 'yarn 1', '.yarnrc'],
    ['its lock file', { 'yarn.lock': '__metadata:\n' }, undefined, 'yarn 4', undefined],
    ['its lock file', { 'bun.lock': '{}' }, undefined, 'bun', undefined],
    ['its call', {}, 'yarn/1.22.22 npm/? node/v20', 'yarn 1', '.yarnrc'],
    ['its call', {}, 'bun/1.2.0 npm/?', 'bun 1', undefined],
  ])('is known by %s: %j, called by %s, it is %s', (_, files, agent, name, file) => {
    const space = workspace({ 'package.json': manifest(), ...files, 'packages/a/package.json': '{}' });
    for (const directory of ['.', 'packages/a']) {
      const found = findPackageManager(space.path(directory), agent);
      expect(found.name).toBe(name);
      expect(found.shell.kind === 'line' ? found.shell.file : undefined).toBe(file);
      if (Object.keys(files).length > 0) expect(found.root).toBe(space.folder);
    }
  });
});
