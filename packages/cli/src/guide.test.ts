import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { filemonProblems, logProblems } from '@oodate/filemon';
import { metaFileProblems } from '@oodate/meta-file';
import { contentReasons, eventKinds, fileSystemKinds, interestKinds } from '@oodate/monitor';
import { volatileVariables } from '@oodate/planner';
import { monitorOptions, runOptions, watchOptions, whyOptions } from './options.js';

function guide(name: string): string {
  return readFileSync(new URL(`../../../docs/guide/${name}`, import.meta.url), 'utf8');
}

function source(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}

test('the guide lists every variable that is not compared, and why', () => {
  const rows = volatileVariables.map(
    ({ names, why }) => `| ${names.map((name) => `\`${name}\``).join(', ')} | ${why} |`,
  );
  const listed = guide('what-counts.md')
    .split('\n')
    .filter((line) => rows.includes(line));
  expect(listed).toEqual(rows);
});

test('the guide lists every kind of reason', () => {
  const kinds = [...source('words.ts').matchAll(/case '([a-z]+(?:-[a-z]+)+|forced)':/g)].map(
    (match) => match[1],
  );
  expect(kinds.length).toBeGreaterThan(20);
  const listed = guide('commands.md') + guide('bmake.md') + guide('store.md');
  for (const kind of kinds) expect(listed).toContain(`\`${kind}\``);
});

test('the guide lists every option', () => {
  const others = [...source('command-line.ts').matchAll(/\.option\('([a-z-]+)'/g)].map((match) => match[1]);
  expect(others.length).toBeGreaterThan(3);
  const names = [...Object.keys({ ...runOptions, ...watchOptions, ...whyOptions }), ...others];
  for (const name of names) expect(guide('commands.md')).toMatch(new RegExp(`\`--${name}[ \`]`));
});

test('the formats list every problem that can be found', () => {
  const described = ['filemon-log.md', 'meta-file.md'].map((name) => guide(`../formats/${name}`)).join('');
  const codes = Object.keys({ ...filemonProblems, ...logProblems, ...metaFileProblems });
  expect(codes.length).toBeGreaterThan(25);
  for (const code of codes) expect(described).toContain(`\`${code}\``);
});

test('the guide lists every option of monitor, and every event, reason and kind of interest', () => {
  const text = guide('monitor.md');
  const ofRecord = [...source('record-commands.ts').matchAll(/\.option\('([a-z-]+)'/g)].map(
    (match) => match[1],
  );
  expect(ofRecord).toHaveLength(3);
  for (const name of [...Object.keys(monitorOptions), ...ofRecord])
    expect(text).toMatch(new RegExp(`\`--${name}[ \`]`));
  const kinds = [...interestKinds, ...fileSystemKinds, ...eventKinds, ...contentReasons];
  for (const kind of kinds) expect(text).toContain(`\`${kind}\``);
});
