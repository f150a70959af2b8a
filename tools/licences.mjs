// The licences of what is bundled.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ToolError } from './programs.mjs';

/** Those of all packages from elsewhere that these files are of: their terms ask that they go with every copy. */
export function licenceTexts(root, files) {
  const packages = new Set(
    files.flatMap((file) => /^(?:later:)?(.*node_modules\/(?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []),
  );
  return [...packages]
    .sort()
    .map((folder) => {
      const at = resolve(root, folder);
      const { name, version } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8'));
      const own = readdirSync(at).find((entry) => /^licen[cs]e/i.test(entry));
      const file = own === undefined ? ourCopy(root, name) : join(at, own);
      if (!existsSync(file))
        throw new ToolError('NO_LICENCE', `${name} ${version} has no file with its licence`);
      return `${name} ${version}\n\n${readFileSync(file, 'utf8').trim()}\n`;
    })
    .join('\n\n');
}

/** For a package that comes without that file. */
function ourCopy(root, name) {
  return join(root, 'tools/licences', `${name.replace('@', '').replaceAll('/', '-')}.txt`);
}
