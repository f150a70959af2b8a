import { createHash } from 'node:crypto';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { type AbsolutePath, decodePath, encodePath, fsPath, joinPath } from '@oodate/filemon';

/*
 * Where meta files lie. A package's are in node_modules/.cache/oodate, the place
 * for what tools may lose, or in .oodate where there is no node_modules. Those of
 * a user who names a directory for them are in .oodate of that: a folder of a name
 * of its own, so that it is known for what it is, and nothing else is in it.
 */

/** The meta file of a script of package.json. `cache` is the directory that the user has named for all meta files. */
export function scriptMetaFile(packageDir: AbsolutePath, script: string, cache?: AbsolutePath): AbsolutePath {
  const name = fileName(script);
  // Packages share that directory, and scripts of one name are many.
  if (cache !== undefined)
    return joinPath(metaFolder(packageDir, cache), `${name}~${shortDigest(packageDir)}.meta`);
  return joinPath(metaFolder(packageDir), `${name}.meta`);
}

/** The meta file of a command given as words, in the folder of the nearest package above `cwd` or of `cwd` itself. */
export function commandMetaFile(
  cwd: AbsolutePath,
  words: readonly string[],
  cache?: AbsolutePath,
): AbsolutePath {
  const folder = metaFolder(packageAbove(cwd) ?? cwd, cache);
  const [program = '', ...rest] = words;
  const readable = [program.slice(program.lastIndexOf('/') + 1), ...rest]
    .join('_')
    .replace(/[^A-Za-z0-9._-]+/g, '_');
  const start = readable.slice(0, readableLength).replace(/^\./, '_');
  return joinPath(folder, `${start}~${shortDigest(JSON.stringify([cwd, words]))}.meta`);
}

/** The meta file of one part, of those before, itself and after it, of a script that has several, as a package manager runs it. */
export function scriptPartMetaFile(
  packageDir: AbsolutePath,
  script: string,
  cache?: AbsolutePath,
): AbsolutePath {
  const digest = shortDigest(JSON.stringify([packageDir, script]));
  return joinPath(metaFolder(packageDir, cache), `${fileName(script)}~part~${digest}.meta`);
}

/**
 * The meta file of a target of bmake's, by bmake's own rule. `objdir` is the real
 * path of .OBJDIR. Two targets can share a name, as they do in bmake.
 */
export function bmakeMetaFile(objdir: AbsolutePath, target: string): AbsolutePath {
  const absolute = target.includes('/') ? resolvedTarget(objdir, target) : joinPath(objdir, target);
  const below = objdir === '/' ? '/' : `${objdir}/`;
  const name = absolute.startsWith(below) ? absolute.slice(below.length) : absolute;
  return joinPath(objdir, `./${name.replaceAll('/', '_')}.meta`);
}

/**
 * The proof of a call of oodate with these words from `cwd`, beside the meta file of its
 * target; undefined for words that there is no proof for: any with options, which only the parser of the command line
 * understands. The native program that reads it has the same rule.
 */
export function proofFile(
  metaFile: AbsolutePath,
  words: readonly string[],
  cwd: string,
): AbsolutePath | undefined {
  const name = proofName(words, cwd);
  return name === undefined ? undefined : joinPath(metaFile, `../${name}.proof`);
}

function proofName(words: readonly string[], cwd: string): string | undefined {
  const [command, name = '', next] = words;
  const isShell = command === 'sh' && name === '-c' && words.length === 3;
  if (isShell || (command === 'run' && name === '--'))
    return `~${shortDigest([cwd, ...words].map((text) => `${text}\0`).join(''))}`;
  if (command !== 'run' || name === '' || name.startsWith('-') || (next !== undefined && next !== '--'))
    return undefined;
  const file = fileName(name);
  return file.includes('~') ? undefined : file;
}

/** The folder of meta files that the path is or lies in; undefined if there is none. */
export function metaFolderOf(path: AbsolutePath): AbsolutePath | undefined {
  return /^.*?\/(?:node_modules\/\.cache\/oodate|\.oodate)(?=\/|$)/.exec(path)?.[0] as
    | AbsolutePath
    | undefined;
}

/** Characters of a name that are kept before it is cut and told apart by a digest. */
const longestName = 150;
const readableLength = 40;

/** Where the meta files of a package, or of a directory that belongs to none, lie. */
export function metaFolder(dir: AbsolutePath, cache?: AbsolutePath): AbsolutePath {
  if (cache !== undefined) return joinPath(cache, '.oodate');
  const modules = joinPath(dir, 'node_modules');
  const hasModules = statSync(fsPath(modules), { throwIfNoEntry: false })?.isDirectory() === true;
  return joinPath(dir, hasModules ? 'node_modules/.cache/oodate' : '.oodate');
}

function packageAbove(dir: AbsolutePath): AbsolutePath | undefined {
  if (existsSync(fsPath(joinPath(dir, 'package.json')))) return dir;
  return dir === '/' ? undefined : packageAbove(joinPath(dir, '..'));
}

/** Different names stay different: all but plain characters become %XX, and a cut name has a ~, which no other has. */
function fileName(name: string): string {
  let safe = '';
  for (const byte of encodePath(name)) {
    const character = String.fromCharCode(byte);
    const plain = /[A-Za-z0-9_-]/.test(character) || (character === '.' && safe !== '');
    safe += plain ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return safe.length <= longestName ? safe : `${safe.slice(0, longestName)}~${shortDigest(name)}`;
}

function shortDigest(text: string): string {
  return createHash('sha256').update(encodePath(text)).digest('hex').slice(0, 16);
}

/** As realpath(3), but the last component keeps its own name; lexically if the target is not there. */
function resolvedTarget(objdir: AbsolutePath, target: string): AbsolutePath {
  const given = target.startsWith('/') ? target : `${objdir}/${target}`;
  let real: string;
  try {
    real = decodePath(realpathSync.native(fsPath(given), 'buffer'));
  } catch {
    return joinPath(objdir, target);
  }
  return joinPath(
    real.slice(0, real.lastIndexOf('/') + 1) as AbsolutePath,
    target.slice(target.lastIndexOf('/') + 1),
  );
}
