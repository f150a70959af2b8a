import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { workspace } from '@oodate/testkit';

const checkout = fileURLToPath(new URL('../../../..', import.meta.url));

/*
 * The shop has a generator, tsc -b with its build information, and esbuild, which lists every directory above. So it lies
 * where no other test makes anything, and finds the compilers of the checkout.
 */
let folder: string;
beforeEach(() => {
  const quiet = join(checkout, 'packages/cli/build');
  mkdirSync(quiet, { recursive: true });
  folder = mkdtempSync(join(quiet, 'shop-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const app = (...names: string[]) => join(folder, 'shop/app', ...names);

function git(...words: string[]): void {
  const who = ['-c', 'user.name=ann', '-c', 'user.email=ann@example.org', '-c', 'init.defaultBranch=main'];
  execFileSync('git', [...who, ...words], { cwd: join(folder, 'shop'), stdio: 'pipe' });
}

/** What the build has made, but for what tsc keeps for itself. */
function made(): Record<string, string> {
  const files: Record<string, string> = {};
  for (const place of ['dist', 'bundle'])
    for (const name of readdirSync(app(place), { recursive: true, encoding: 'utf8' }))
      if (/\.(?:js|json|map|d\.ts)$/.test(name))
        files[`${place}/${name}`] = readFileSync(app(place, name), 'utf8');
  return files;
}

test('git switch back and forth brings back what tsc and esbuild have built, and it works', async () => {
  const space = workspace();
  cpSync(join(checkout, 'fixtures/projects/shop'), join(folder, 'shop'), { recursive: true });
  writeFileSync(
    join(folder, 'shop/.gitignore'),
    'node_modules\ngenerated\ndist\nbundle\n.oodate\n*.tsbuildinfo\n',
  );
  git('init', '--quiet');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'A shop');

  const env = { OODATE_STORE_ENABLED: undefined, OODATE_STORE: space.path('store') };
  const build = async () => {
    const { status, stderr } = await space.oodateWith({ env, cwd: app() }, 'run', 'build');
    if (status !== 0) space.fail('it failed');
    return stderr.includes('is restored from') ? 'restored' : stderr.includes('; kept: ') ? 'ran' : 'neither';
  };
  expect(await build()).toBe('ran');
  const first = made();

  git('switch', '--quiet', '--create', 'dear');
  const receipt = readFileSync(app('src/receipt.ts'), 'utf8');
  writeFileSync(app('src/receipt.ts'), receipt.replace('Total', 'In all'));
  cpSync(app('src/icons/apple.svg'), app('src/icons/cheese.svg'));
  git('add', '--all');
  git('commit', '--quiet', '--message', 'Dearer');
  expect(await build()).toBe('ran');
  const second = made();
  expect(second).not.toEqual(first);

  for (let round = 0; round < 2; round += 1) {
    git('switch', '--quiet', 'main');
    expect(await build()).toBe('restored');
    expect(made()).toEqual(first);
    git('switch', '--quiet', 'dear');
    expect(await build()).toBe('restored');
    expect(made()).toEqual(second);
  }
  const { stdout } = await space.run([process.execPath, app('bundle/shop.js')]);
  expect(stdout).toContain('In all');

  git('switch', '--quiet', 'main');
  for (const name of ['dist', 'bundle', 'tsconfig.tsbuildinfo', 'src/generated', '.oodate'])
    rmSync(app(name), { recursive: true });
  expect(await build()).toBe('restored');
  expect(made()).toEqual(first);
});
