import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

/** What each package may import of the others: only what lies below it. Tests may use testkit besides. */
const below: Readonly<Record<string, readonly string[]>> = {
  filemon: [],
  'meta-file': ['filemon'],
  planner: ['filemon', 'meta-file'],
  explain: ['filemon', 'meta-file', 'planner'],
  store: ['filemon', 'meta-file', 'planner'],
  report: ['explain', 'filemon'],
  tracer: ['filemon'],
  monitor: ['filemon', 'tracer'],
  testkit: [],
  cli: ['explain', 'filemon', 'meta-file', 'monitor', 'planner', 'report', 'store', 'tracer'],
};

/** These start no process and print nothing. */
const pure = ['explain', 'filemon', 'meta-file', 'planner', 'report', 'store'];

const packages = fileURLToPath(new URL('../packages', import.meta.url));
// The packages of platforms hold programs alone.
const names = readdirSync(packages)
  .filter((name) => !name.startsWith('probe-'))
  .sort();

interface Source {
  readonly file: string;
  readonly text: string;
  readonly isTest: boolean;
}

test('every package has its place in the layers', () => {
  expect(Object.keys(below).sort()).toEqual(names);
});

test.each(names)('the sources of %s import only what lies below', (name) => {
  const faults = sources(name).flatMap((source) =>
    imports(source)
      .filter((imported) => !isAllowed(name, source, imported))
      .map((imported) => `${source.file} imports ${imported}`),
  );
  expect(faults).toEqual([]);
});

test.each(names)(
  'the manifest and the references of %s name what it imports of the workspace, and no more',
  (name) => {
    const imported = new Set(
      sources(name)
        .filter(({ isTest }) => !isTest)
        .flatMap(imports)
        .flatMap((specifier) => packageOf(specifier) ?? []),
    );
    const { dependencies = {}, devDependencies = {} } = readJson(join(packages, name, 'package.json'));
    const { references = [] } = readJson(join(packages, name, 'tsconfig.json'));
    // What is bundled into the program need not be installed with it.
    const declared = Object.keys({ ...dependencies, ...(name === 'cli' && devDependencies) }).flatMap(
      (dependency) => packageOf(dependency) ?? [],
    );
    const referenced = references.map(({ path }) => path.replace('../', ''));
    expect({ declared: declared.sort(), referenced: referenced.sort() }).toEqual({
      declared: [...imported].sort(),
      referenced: [...imported].sort(),
    });
  },
);

test.each(pure)('%s starts no process and prints nothing', (name) => {
  expect(uses(name, /node:child_process|\bexeca\b|\bprocess\.std(out|err)\b|\bconsole\b/)).toEqual([]);
});

test.each(names.filter((name) => name !== 'cli'))(
  '%s does not touch the terminal or set the exit status',
  (name) => {
    expect(
      uses(
        name,
        /\bprocess\.(exit|exitCode|reallyExit|abort)\b|\bprocess\.std(out|err)\.write\b|\bconsole\b/,
      ),
    ).toEqual([]);
  },
);

test.each(names)('index.ts of %s only lists what the package offers', (name) => {
  const index = join(packages, name, 'src/index.ts');
  if (!existsSync(index)) {
    // The command is no library: nothing can be imported from it.
    expect(name).toBe('cli');
    return;
  }
  const rest = readFileSync(index, 'utf8').replace(/export (type )?(\{[^}]*\}|\*) from '[^']+';/g, '');
  expect(withoutComments(rest).trim()).toBe('');
});

function isAllowed(name: string, { isTest }: Source, specifier: string): boolean {
  // Another package is imported by its name, so that its index.ts says what it offers.
  if (/^(\.\.\/)+packages\/|^\.\.\/.*\/src\//.test(specifier)) return false;
  const imported = packageOf(specifier);
  if (imported === undefined) return !/^@oodate\/|^oodate$/.test(specifier);
  return below[name]?.includes(imported) === true || (isTest && imported === 'testkit');
}

/** The folder of a package of this workspace; undefined for a package from elsewhere. */
function packageOf(specifier: string): string | undefined {
  const [, name] = /^@oodate\/([a-z-]+)$/.exec(specifier) ?? [];
  return name !== undefined && names.includes(name) ? name : undefined;
}

function imports({ text }: Source): string[] {
  const found = withoutComments(text).matchAll(/\b(?:from|import)\s*\(?\s*(['"])(.+?)\1/g);
  return [...found].map(([, , specifier = '']) => specifier);
}

/** The lines of the package's own sources, without its tests, where the pattern stands. */
function uses(name: string, pattern: RegExp): string[] {
  return sources(name)
    .filter(({ isTest }) => !isTest)
    .flatMap(({ file, text }) =>
      withoutComments(text)
        .split('\n')
        .filter((line) => pattern.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    );
}

/** Comments and documentation show what a caller does, which is not what the package does. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

function sources(name: string): Source[] {
  const src = join(packages, name, 'src');
  const found = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({
      file: relative(packages, join(src, file)),
      text: readFileSync(join(src, file), 'utf8'),
      isTest: file.endsWith('.test.ts') || file.startsWith('e2e/'),
    }));
  // A pattern that finds nothing must not pass for a package without faults.
  if (found.length === 0) throw new Error(`there are no sources in ${src}`);
  return found;
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly references?: readonly { readonly path: string }[];
}

function readJson(file: string): Manifest {
  return JSON.parse(readFileSync(file, 'utf8'));
}
