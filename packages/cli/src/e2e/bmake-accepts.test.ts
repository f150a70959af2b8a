import { mkdirSync, readFileSync, realpathSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { decodePath, encodePath } from '@oodate/filemon';
import { type MetaFile, parseMetaFile, type RunRecord } from '@oodate/meta-file';
import { requireTool, type Workspace, workspace } from '@oodate/testkit';

const bmakeTest = requireTool('bmake') ? test : test.skip;

// bmake leaves files below /tmp out of its decisions.
const outsideTmp = { inCheckout: true };

/** Lines of a makefile: the target `out` is made in this directory by the command. */
function makefile(command: string, ...more: string[]): string {
  return ['.MAKE.MODE=meta curdirok=yes missing-filemon=yes', ...more, 'out:', `\t${command}`, ''].join('\n');
}

/** What bmake has against the target, as it says it; empty if nothing. */
async function complaints(space: Workspace, settings: readonly string[] = []): Promise<string> {
  const { status, stdout, stderr } = await space.run(['bmake', '-n', '-dM', ...settings, 'out'], {
    cwd: 'obj',
  });
  if (status !== 0) throw new Error('bmake failed');
  const upToDate = stdout.includes("`out' is up to date");
  if (upToDate !== (stderr === '')) throw new Error('bmake says one thing and does another');
  return stderr;
}

async function keep(space: Workspace, words: readonly string[]): Promise<MetaFile & { run: RunRecord }> {
  await space.kept(['--meta', 'out.meta', '--', ...words], '', { cwd: 'obj' });
  const { meta } = parseMetaFile(readFileSync(space.path('obj/out.meta')));
  if (meta.run === undefined) throw new Error('no record was kept');
  return { ...meta, run: meta.run };
}

/** The files that the run read, of the sort that bmake compares. */
function readFiles(run: RunRecord): string[] {
  return run.files
    .filter(({ use, state }) => (use === 'read' || use === 'executed') && state.type === 'file')
    .map(({ path }) => path);
}

/** bmake never compares these, whatever links lead there. */
function isBuiltinIgnored(path: string): boolean {
  return /^\/(?:dev|etc|proc|tmp|run|var\/(?:run|tmp))(?:\/|$)/.test(path);
}

/** As bmake has it in a makefile. */
const newline = '$' + '{.newline}';

describe('the meta file of a run', () => {
  bmakeTest(
    'of a compiler is up to date for bmake, and out of date for each file that it read and that is newer',
    async () => {
      const space = workspace(
        {
          'obj/Makefile': makefile("cc -I../inc -c '../my src/main.c' -o out"),
          'my src/main.c':
            '#include "it\'s.h"\n#include <a b.h>\n#include <plain.h>\nint main(void) { return A; }\n',
          "my src/it's.h": '#define A B\n',
          'inc/a b.h': '#define B C\n',
          'inc/plain.h': '#define C 0\n',
        },
        outsideTmp,
      );
      const { run } = await keep(space, ['cc', '-I../inc', '-c', '../my src/main.c', '-o', 'out']);
      expect(await complaints(space)).toBe('');

      const inputs = readFiles(run);
      const own = inputs.filter((path) => path.startsWith(`${space.folder}/`));
      expect(own.map((path) => path.slice(space.folder.length + 1)).sort()).toEqual(
        ['inc/a b.h', 'inc/plain.h', "my src/it's.h", 'my src/main.c'].sort(),
      );
      const out = space.path('obj/out');
      const { mtime } = statSync(out);
      for (const path of own) {
        const before = statSync(path);
        utimesSync(path, before.atime, new Date(mtime.getTime() + 5000));
        expect(await complaints(space)).toContain(`file '${path}' is newer than the target`);
        utimesSync(path, before.atime, before.mtime);
        expect(await complaints(space)).toBe('');
      }

      // The system's files stay as they are: the target is made older than one, and the others are ignored.
      const system = inputs.filter((path) => !own.includes(path));
      expect(system.length).toBeGreaterThan(10);
      let compared = 0;
      for (const path of system) {
        const before = new Date(statSync(path).mtime.getTime() - 2000);
        utimesSync(out, before, before);
        const others = system.filter((other) => other !== path);
        const ignored = `.MAKE.META.IGNORE_PATTERNS=${space.folder}* ${others.join(' ')}`;
        const said = await complaints(space, [ignored]);
        if (isBuiltinIgnored(realpathSync(path))) expect(said).toBe('');
        else {
          expect(said).toContain(`file '${path}' is newer than the target`);
          compared += 1;
        }
      }
      expect(compared).toBeGreaterThan(10);
    },
  );

  bmakeTest.each([
    { name: 'spaces', file: 'two  words .txt' },
    { name: 'a space at the beginning', file: ' x' },
    { name: 'a space at the end', file: 'x ' },
    { name: 'a tab', file: 'a\tb' },
    { name: 'a single quote', file: "it's" },
    { name: 'quotes and a space between', file: "a' 'b" },
    { name: 'double quotes', file: '"q"' },
    { name: 'a dollar sign and a brace', file: '$' + '{x}$$' },
    { name: 'a backslash', file: 'a\\nb\\' },
    { name: 'a hash sign and a colon', file: '#a:b' },
    { name: 'wildcards', file: '[a]*?' },
    { name: 'a line of the layout', file: 'CMD -- filemon' },
    { name: 'UTF-8', file: 'größe-日本-🎉' },
    { name: 'bytes that are not UTF-8', file: decodePath(Buffer.from('caf\xe9\xff', 'latin1')) },
  ])('holds for bmake where a name has $name: read, renamed, linked, made and removed', async ({ file }) => {
    const text = [
      'cat ../in/* > made/x',
      'n=$(ls ../in)',
      'mkdir "../t $n"; cat made/x > "../t $n/$n"; mv "../t $n/$n" "../t $n/1$n"',
      'ln "../t $n/1$n" "../t $n/2$n"; ln -s "$n" "../t $n/3$n"; mv "../t $n" "../u $n"',
      'cat "../u $n/2$n" > out; rm -r "../u $n" made',
    ].join('\n');
    const space = workspace({ 'obj/build.sh': text }, outsideTmp);
    mkdirSync(space.path('obj/made'));
    mkdirSync(space.path('in'));
    const path = `${space.folder}/in/${file}`;
    const input = encodePath(path);
    writeFileSync(input, 'content');
    space.write({ 'obj/Makefile': makefile('sh -e build.sh', `.MAKE.META.BAILIWICK=${space.folder}`) });
    const { run } = await keep(space, ['sh', '-e', 'build.sh']);
    expect(readFiles(run)).toContain(path);
    expect(await complaints(space)).toBe('');
    const later = statSync(space.path('obj/out')).mtimeMs / 1000 + 5;
    utimesSync(input, later, later);
    expect(await complaints(space)).toContain(`file '${encodePath(path)}' is newer than the target`);
  });

  bmakeTest(
    'of a command that changes what was there is up to date for bmake, but for what it read',
    async () => {
      const command = 'cat ../in >> log; touch seen; cat seen > out';
      const space = workspace(
        { in: 'content', 'obj/log': 'one', 'obj/seen': '', 'obj/Makefile': makefile(`sh -c '${command}'`) },
        outsideTmp,
      );
      const { filemon } = await keep(space, ['sh', '-c', command]);
      expect(decodePath(filemon ?? Buffer.alloc(0)).match(/^K \d+ .*\/(?:log|seen)$/gm)).toHaveLength(3);
      expect(await complaints(space)).toBe('');
      const later = Date.now() / 1000 + 1000;
      utimesSync(space.path('obj/log'), later, later);
      expect(await complaints(space)).toBe('');
      utimesSync(space.path('in'), later, later);
      expect(await complaints(space)).toMatch(/file '.*\/in' is newer than the target/);
    },
  );

  bmakeTest('of odd words, and with times, is up to date for bmake, but for what they read', async () => {
    const script = `env true "it's" 'a  b' '' '\n\t' 'R 1 /nosuch' ${'x'.repeat(2000)}\nenv cat ../in > out\n`;
    const files = { in: '', 'obj/script': script, 'obj/Makefile': makefile('sh script') };
    const space = workspace(files, outsideTmp);
    const { filemon } = await keep(space, ['sh', 'script']);
    expect(decodePath(filemon ?? Buffer.alloc(0))).toMatch(
      /^P \d+ env true 'it'\\''s' 'a {2}b' '' \$'\\n\\t' 'R 1 \/nosuch' x{900,} \\$/m,
    );
    for (const letter of 'FEX')
      expect(`${filemon}`).toMatch(new RegExp(`^T (\\d+) \\d+\n${letter} \\1 `, 'm'));
    expect(await complaints(space)).toBe('');
    const later = Date.now() / 1000 + 1000;
    utimesSync(space.path('in'), later, later);
    expect(await complaints(space)).toMatch(/file '.*\/in' is newer than the target/);
  });

  bmakeTest(
    'of a command of several lines that leaves links which lead nowhere is up to date for bmake',
    async () => {
      const lines = ['ln -s /nowhere/at/all ../a', 'ln -s later ../b', 'ln ../in ../c', 'cat ../c > out'];
      const command = `sh -c '${lines.join(newline)}'`;
      const space = workspace(
        { in: 'content', 'obj/later': '', 'obj/Makefile': makefile(command) },
        outsideTmp,
      );
      const later = Date.now() / 1000 + 1000;
      utimesSync(space.path('obj/later'), later, later);
      const { run } = await keep(space, ['sh', '-c', lines.join('\n')]);
      expect(readFiles(run)).toContain(space.path('in'));
      expect(await complaints(space)).toBe('');
      utimesSync(space.path('in'), later, later);
      expect(await complaints(space)).toMatch(/file '.*\/in' is newer than the target/);
    },
  );
});
