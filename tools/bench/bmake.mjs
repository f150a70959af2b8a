import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compare } from './pairs.mjs';

/** bmake's verdict over the meta files of a tree where nothing is to be made, against bmake's own run there. */
export function benchBmake({ root, work, runs }) {
  const oodate = join(root, 'packages/cli/bin/oodate');
  const rows = [];
  for (const count of [1, 100, 5_000])
    for (const [shape, perDirectory] of shapes) {
      const tree = makeTree(join(work, `bmake-${count}`), count, Math.min(count, perDirectory));
      const measure = (words) => compare(words, ['bmake'], { runs, cwd: tree.folder });
      const byFiles = measure([oodate, 'check', '--mode', 'bmake', ...tree.metaFiles]);
      const byMakefile =
        shape === oneMakefile ? measure([oodate, 'check', '--mode', 'bmake', 'all']) : undefined;
      rows.push([
        count.toLocaleString('en'),
        shape,
        `${(byFiles.second * 1000).toFixed(0)} ms`,
        `${(byFiles.first * 1000).toFixed(0)} ms`,
        ratio(byFiles),
        byMakefile === undefined ? '' : ratio(byMakefile),
      ]);
      rmSync(tree.folder, { recursive: true });
    }
  return {
    head: [
      'meta files',
      'makefiles',
      'bmake, nothing to do',
      'check by meta files',
      'by meta files / bmake',
      'by makefile / bmake',
    ],
    rows,
  };
}

const oneMakefile = 'one';
const shapes = [
  [oneMakefile, Number.POSITIVE_INFINITY],
  ['one for ten targets, and a run of bmake for each', 10],
];

const headers = 600;
const headersOfEach = 200;

function ratio({ ratio: middle, lowest, highest }) {
  return `${middle.toFixed(2)} (${lowest.toFixed(2)}–${highest.toFixed(2)})`;
}

/** Objects, each made from a source that reads many headers; all are newer than what they were made from. */
function makeTree(folder, count, perDirectory) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'include'), { recursive: true });
  for (let index = 0; index < headers; index += 1) writeOld(join(folder, `include/h${index}.h`));
  const metaFiles = [];
  const directories = [];
  for (let first = 0; first < count; first += perDirectory) {
    const directory = perDirectory === count ? folder : join(folder, `part${first}`);
    const names = Array.from({ length: Math.min(perDirectory, count - first) }, (_, at) => `o${first + at}`);
    directories.push(directory);
    mkdirSync(directory, { recursive: true });
    for (const name of names) metaFiles.push(makeObject(directory, name, join(folder, 'include')));
    const command = commandOf('$(.ALLSRC)', '$(.TARGET)');
    const rules = names.flatMap((name) => [`${name}.o: ${name}.c`, `\t${command}`]);
    writeMakefile(directory, [`all: ${names.map((name) => `${name}.o`).join(' ')}`, ...rules]);
  }
  if (directories[0] !== folder)
    writeMakefile(folder, [
      'all: .PHONY',
      ...directories.map((directory) => `\t@cd ${directory} && \${.MAKE} all`),
    ]);
  return { folder, metaFiles };
}

function writeMakefile(directory, rules) {
  const text = ['.MAKE.MODE = meta curdirok=yes', ...rules, ''].join('\n');
  writeFileSync(join(directory, 'Makefile'), text);
}

function writeOld(file) {
  writeFileSync(file, 'x\n');
  utimesSync(file, 1_500_000_000, 1_500_000_000);
}

function commandOf(source, object) {
  return `cc -O2 -I../include -c ${source} -o ${object}`;
}

function makeObject(directory, name, include) {
  const number = Number(name.slice(1));
  const source = join(directory, `${name}.c`);
  const object = join(directory, `${name}.o`);
  writeOld(source);
  writeFileSync(object, 'x\n');
  const [shell, compiler] = [1000 + 2 * number, 1001 + 2 * number];
  const read = Array.from(
    { length: headersOfEach },
    (_, at) => `R ${compiler} ${include}/h${(number * 7 + at * 3) % headers}.h`,
  );
  const lines = [
    `# Meta data file ${object}.meta`,
    `CMD ${commandOf(`${name}.c`, `${name}.o`)}`,
    `CWD ${directory}`,
    `TARGET ${name}.o`,
    '-- command output --',
    '',
    '-- filemon acquired metadata --',
    '# filemon version 5',
    `# Target pid ${shell}`,
    'V 5',
    `E ${shell} /bin/sh`,
    `R ${shell} /etc/ld.so.cache`,
    `F ${shell} ${compiler}`,
    `E ${compiler} /usr/bin/env`,
    `R ${compiler} ${source}`,
    ...read,
    `W ${compiler} /tmp/${name}.s`,
    `D ${compiler} /tmp/${name}.s`,
    `W ${compiler} ${object}`,
    `X ${compiler} 0 0`,
    `X ${shell} 0 0`,
    '# Bye bye',
    '',
  ];
  writeFileSync(`${object}.meta`, lines.join('\n'));
  return `${object}.meta`;
}
