// Packs every package that is published, as `pnpm publish` would: tarballs in a folder, which is replaced.
//
//   node tools/pack.mjs [FOLDER]      default: .work/packed

import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runPnpm } from './pnpm.mjs';
import { runTool, ToolError } from './programs.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The files that were made. The checkout has been built. */
export function packPackages(folder) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  rmSync(folder, { recursive: true, force: true });
  const words = ['-r', '--filter', './packages/*', '--filter', '!@oodate/testkit', 'pack'];
  if (!runPnpm(packageManager, [...words, '--pack-destination', folder], { cwd: root }))
    throw new ToolError('NOT_PACKED', 'the packages could not be packed, for the reason above');
  return readdirSync(folder).map((name) => join(folder, name));
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await runTool('pack', () => {
    for (const file of packPackages(resolve(process.argv[2] ?? join(root, '.work/packed'))))
      process.stdout.write(`${file}\n`);
    for (const name of readdirSync(join(root, 'packages')).filter((each) => each.startsWith('probe-')))
      if (!existsSync(join(root, 'packages', name, 'build/oodate-probe-bpf')))
        process.stderr.write(
          `pack: ${name} has no bpf backend: for that machine there is no libbpf, or no clang here\n`,
        );
    return 0;
  });
