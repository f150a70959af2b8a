// The licences of what is bundled.

import { readdirSync, readFileSync } from 'node:fs';
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
      const file = readdirSync(at).find((entry) => /^licen[cs]e/i.test(entry));
      if (file === undefined)
        throw new ToolError('NO_LICENCE', `${name} ${version} has no file with its licence`);
      return `${name} ${version}\n\n${readFileSync(join(at, file), 'utf8').trim()}\n`;
    })
    .join('\n\n');
}
