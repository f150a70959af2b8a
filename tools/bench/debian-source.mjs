import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { runQuietly, ToolError } from '../programs.mjs';

const sources = '/etc/apt/sources.list.d';

/**
 * Fetches and unpacks the upstream source of a Debian package below `folder` and
 * gives the directory. Uses the machine's own package sources, asked for source
 * packages through lists of our own, so that nothing of the system changes.
 */
export function debianSource(name, folder) {
  const place = join(folder, name);
  mkdirSync(join(place, 'lists/partial'), { recursive: true });
  const unpacked = join(place, 'source');
  if (!existsSync(unpacked)) {
    const list = join(place, 'debian.sources');
    writeFileSync(
      list,
      readFileSync(join(sources, 'debian.sources'), 'utf8').replace(/^Types:.*$/gm, 'Types: deb-src'),
    );
    const apt = [
      '-o',
      `Dir::Etc::sourcelist=${list}`,
      '-o',
      'Dir::Etc::sourceparts=-',
      '-o',
      `Dir::State::lists=${join(place, 'lists')}`,
    ];
    const options = { cwd: place };
    if (
      !runQuietly('apt-get', [...apt, 'update', '-q'], options) ||
      !runQuietly('apt-get', [...apt, 'source', '-q', '--download-only', name], options)
    )
      throw new ToolError(
        'NO_SOURCE',
        `the source of Debian's ${name} could not be fetched`,
        'it takes Debian and its package sources',
      );
    const archive = readdirSync(place).find((file) => file.includes('.orig.tar.') && !file.endsWith('.asc'));
    if (
      archive === undefined ||
      !runQuietly('tar', ['xf', archive, '--one-top-level=source', '--strip-components=1'], options)
    )
      throw new ToolError('NO_SOURCE', `the source of Debian's ${name} could not be unpacked in ${place}`);
  }
  return unpacked;
}
