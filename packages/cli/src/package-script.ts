import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { CliError } from './cli-error.js';
import { parseJsonFile } from './json-file.js';
import { nearNames } from './near-names.js';
import { quoteWords } from './shell-quoting.js';

/** A package.json that was found, as far as running its scripts needs it. */
export interface Package {
  readonly file: string;
  readonly directory: string;
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly scripts: ReadonlyMap<string, string>;
}

/** One script of package.json with its arguments: `text` is what sh gets. */
export interface Script {
  readonly name: string;
  readonly text: string;
}

/**
 * The package of the nearest package.json in `directory` or above. `look` is told of each
 * file before it is read, also where there is none. Throws a CliError.
 */
export function findPackage(directory: string, look: (file: string) => void = () => {}): Package {
  for (let folder = directory; ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    look(file);
    const text = readManifest(file);
    if (text !== undefined) return parsePackage(file, text);
    if (folder === dirname(folder))
      throw new CliError(
        'NO_PACKAGE_JSON',
        `there is no package.json in ${directory} or above`,
        'go to a package, or give a command after --',
      );
  }
}

/** The directory of that package, or `directory` itself if there is none. */
export function packageDirectory(directory: string): string {
  try {
    return findPackage(directory).directory;
  } catch (error) {
    if (error instanceof CliError) return directory;
    throw error;
  }
}

/** The scripts that npm would run for `name`, in order: pre, itself with the arguments, post. Throws a CliError. */
export function scriptsToRun(found: Package, name: string, args: readonly string[]): Script[] {
  const text = found.scripts.get(name);
  if (text === undefined) throw noSuchScript(found, name);
  const scripts = [{ name, text: args.length === 0 ? text : `${text} ${quoteWords(args)}` }];
  const pre = found.scripts.get(`pre${name}`);
  if (pre !== undefined) scripts.unshift({ name: `pre${name}`, text: pre });
  const post = found.scripts.get(`post${name}`);
  if (post !== undefined) scripts.push({ name: `post${name}`, text: post });
  return scripts;
}

/** The words to execute for the scripts: the first that fails ends it, with its exit status. */
export function scriptWords(scripts: readonly Script[]): string[] {
  const [first, ...more] = scripts;
  if (first !== undefined && more.length === 0) return ['sh', '-c', first.text];
  return ['sh', '-c', inTurn, 'sh', ...scripts.flatMap(({ name, text }) => [name, text])];
}

const inTurn = `while [ $# -gt 2 ]; do
  npm_lifecycle_event=$1 npm_lifecycle_script=$2 sh -c "$2" || exit
  shift 2
done
npm_lifecycle_event=$1 npm_lifecycle_script=$2 exec sh -c "$2"`;

/** The environment that npm gives the script `name`, on top of `own`. `invokedFrom` is where the user is. */
export function scriptEnvironment(
  found: Package,
  name: string,
  own: NodeJS.ProcessEnv,
  invokedFrom: string,
): NodeJS.ProcessEnv {
  const { bin, config, engines, name: packageName, version } = found.manifest;
  return {
    ...own,
    ...packageVariables('npm_package', { name: packageName, version, config, engines, bin }),
    PATH: scriptPath(found.directory, own.PATH ?? ''),
    PWD: found.directory,
    INIT_CWD: invokedFrom,
    NODE: process.execPath,
    npm_command: 'run-script',
    npm_lifecycle_event: name,
    npm_lifecycle_script: found.scripts.get(name) ?? '',
    npm_node_execpath: process.execPath,
    npm_package_json: found.file,
  };
}

/** `node_modules/.bin` of the directory and of each above it, then what PATH had besides. */
function scriptPath(directory: string, path: string): string {
  const folders: string[] = [];
  for (let folder = directory; ; folder = dirname(folder)) {
    folders.push(join(folder, 'node_modules', '.bin'));
    if (folder === dirname(folder)) break;
  }
  // Under npm they are there already. Once is enough, and keeps PATH the same in both cases.
  const others = path.split(delimiter).filter((folder) => !folders.includes(folder));
  return [...folders, ...others].join(delimiter);
}

/** `npm_package_config_port` and the like. (Source: npm's RFC 21, package-envs in @npmcli/run-script.) */
function packageVariables(prefix: string, value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (value === null || value === false) return { [prefix]: '' };
  if (typeof value !== 'object') return { [prefix]: String(value) };
  return Object.assign(
    {},
    ...Object.entries(value).map(([key, item]) => packageVariables(`${prefix}_${key}`, item)),
  );
}

function readManifest(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new CliError('PACKAGE_JSON_UNREADABLE', `${file} cannot be read (${code})`, undefined, { cause });
  }
}

function parsePackage(file: string, text: string): Package {
  const manifest = parseJsonFile(file, text, 'PACKAGE_JSON_INVALID');
  if (!isObject(manifest)) throw new CliError('PACKAGE_JSON_INVALID', `${file} does not hold a JSON object`);
  const { scripts = {} } = manifest;
  if (!isObject(scripts)) throw new CliError('PACKAGE_JSON_INVALID', `"scripts" in ${file} is not an object`);
  const texts = Object.entries(scripts).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return { file, directory: dirname(file), manifest, scripts: new Map(texts) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function noSuchScript(found: Package, name: string): CliError {
  const near = nearNames(name, found.scripts.keys());
  const all = [...found.scripts.keys()];
  const hint =
    near.length > 0
      ? `did you mean ${near.join(' or ')}?`
      : all.length > 0
        ? `it has ${all.slice(0, 10).join(', ')}${all.length > 10 ? ' and others' : ''}`
        : 'it has no scripts';
  return new CliError('NO_SUCH_SCRIPT', `there is no script "${name}" in ${found.file}`, hint);
}
