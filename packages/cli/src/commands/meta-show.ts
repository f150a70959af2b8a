import {
  type Access,
  type Accesses,
  decodePath,
  filemonRecords,
  type ProcessLife,
  processTree,
  summarizeAccesses,
} from '@oodate/filemon';
import {
  checkFile,
  logOf,
  type MetaFile,
  parseTracedFile,
  type RunRecord,
  type Use,
} from '@oodate/meta-file';
import { countUses } from '../counts.js';
import { writeOut } from '../output-streams.js';
import { printJson } from '../report.js';
import { coloursFor } from '../terminal.js';
import { directoryOf, fileWords, type NamedFile } from '../traced-files.js';
import {
  accessWords,
  countsWords,
  pathWords,
  problemWords,
  processLifeWords,
  textLineWords,
  textWords,
  useWords,
} from '../words.js';

/** Says on stdout what meta files and filemon logs tell. */
export function showFiles(files: readonly NamedFile[], json: boolean): number {
  for (const [at, file] of files.entries()) {
    const shown = shownFile(file);
    if (json) printJson(jsonOf(shown));
    else writeOut(1, `${at > 0 ? '\n' : ''}${textOf(shown)}`);
  }
  return 0;
}

type Shown = ReturnType<typeof shownFile>;

function shownFile({ path, bytes }: NamedFile) {
  const file = parseTracedFile(bytes);
  const directory = directoryOf(file);
  const log = logOf(file);
  const records = log === undefined ? [] : [...filemonRecords([log])];
  return {
    path,
    meta: file.kind === 'meta' ? file.meta : undefined,
    accesses: log === undefined ? undefined : summarizeAccesses(records, directory),
    processes: processTree(records, directory),
    problems: checkFile(bytes),
  };
}

const accessGroups = [
  'executed',
  'read',
  'looked',
  'missing',
  'listed',
  'kept',
  'written',
  'removed',
] as const;

export type AccessGroup = (typeof accessGroups)[number];

function isIn(group: AccessGroup, access: Access): boolean {
  if (group === 'written' || group === 'removed') return access.change === group;
  return access[group] && !(group === 'read' && access.executed);
}

function grouped({ paths }: Accesses): Record<AccessGroup, Access[]> {
  const all = [...paths.values()];
  const groups = accessGroups.map((group) => [group, all.filter((access) => isIn(group, access))]);
  return Object.fromEntries(groups) as Record<AccessGroup, Access[]>;
}

/** Described in docs/guide/commands.md, and kept stable. */
function jsonOf({ path, meta, accesses, processes, problems }: Shown): object {
  const run = meta?.run;
  return {
    metaFile: path,
    kind: meta === undefined ? 'log' : 'meta',
    target: meta?.target ?? null,
    directory: meta?.cwd ?? null,
    commands: meta?.commands ?? [],
    oodate: meta?.oodate ?? null,
    environment: meta?.env ?? [],
    output: meta === undefined ? null : { bytes: meta.output.length, text: decodePath(meta.output) },
    error: meta?.error ?? null,
    log: accesses === undefined ? null : logJson(accesses),
    processes: processes.map(processJson),
    accesses: accesses === undefined ? null : accessesJson(accesses),
    counts: run === undefined ? null : countUses(run),
    run: run ?? null,
    problems,
  };
}

function processJson(life: ProcessLife) {
  const { parent, exit, started, ended } = life;
  return {
    ...life,
    parent: parent ?? null,
    exit: exit ?? null,
    started: started ?? null,
    ended: ended ?? null,
  };
}

function logJson(accesses: Accesses) {
  const { version, rootPid, exit, started, stopped, ended, incomplete, network, notes, records } = accesses;
  return {
    version: version ?? null,
    rootPid: rootPid ?? null,
    exit: exit ?? null,
    started: started ?? null,
    stopped: stopped ?? null,
    ended,
    incomplete,
    network,
    notes,
    records,
  };
}

function accessesJson(accesses: Accesses): Record<string, { path: string; by: string | null }[]> {
  const groups = Object.entries(grouped(accesses));
  return Object.fromEntries(
    groups.map(([group, found]) => [group, found.map(({ path, by }) => ({ path, by: by ?? null }))]),
  );
}

function textOf({ path, meta, accesses, processes, problems }: Shown): string {
  const { bold } = coloursFor(1);
  const lines: string[] = [];
  const fact = (name: string, text: string) => lines.push(`${bold(name.padEnd(9))}  ${text}`);
  const section = (title: string, items: readonly string[]) => {
    if (items.length > 0) lines.push('', bold(title), ...items.map((item) => `  ${item}`));
  };
  fact(meta === undefined ? 'log' : 'meta file', fileWords(path));
  if (meta !== undefined) headFacts(meta, fact);
  const started = meta?.run?.started ?? accesses?.started;
  if (started !== undefined) fact('started', timeWords(started));
  if (accesses?.stopped !== undefined) fact('ended', timeWords(accesses.stopped));
  const network = meta?.run?.network ?? accesses?.network ?? [];
  if (network.length > 0) fact('network', network.join(', '));
  if (meta?.error !== undefined) fact('failed', `error code ${meta.error}`);
  if (meta?.run !== undefined) fact('seen', countsWords(countUses(meta.run)));
  section(
    'problems',
    problems.map((problem) => problemWords(undefined, problem)),
  );
  section('notes', (accesses?.notes ?? []).map(textLineWords));
  if (meta?.run !== undefined) recordSections(meta.run, section);
  else if (accesses !== undefined) accessSections(accesses, section);
  section(
    'processes',
    processes.map((life) => processLifeWords(life, process.cwd())),
  );
  if (meta !== undefined && meta.output.length > 0)
    section('output', decodePath(meta.output).replace(/\n$/, '').split('\n').map(textLineWords));
  return `${lines.join('\n')}\n`;
}

type Fact = (name: string, text: string) => void;
type Section = (title: string, items: readonly string[]) => void;

function headFacts({ target, commands, cwd, env }: MetaFile, fact: Fact): void {
  if (target !== commands[0]) fact('target', textLineWords(target));
  for (const command of commands)
    fact('command', command.split('\n').map(textLineWords).join('\n           '));
  fact('directory', textWords(cwd));
  for (const variable of env ?? []) fact('variable', textLineWords(variable));
}

const shownUses: readonly Use[] = ['executed', 'read', 'looked', 'missing', 'extra', 'output', 'removed'];

function recordSections({ files, listings }: RunRecord, section: Section): void {
  const cwd = process.cwd();
  for (const use of shownUses)
    section(
      useWords(use),
      files.filter((file) => file.use === use).map(({ path }) => pathWords(path, cwd)),
    );
  section(
    accessWords('listed'),
    listings.map(({ path }) => pathWords(path, cwd)),
  );
}

function accessSections(accesses: Accesses, section: Section): void {
  const groups = grouped(accesses);
  for (const group of accessGroups)
    section(
      accessWords(group),
      groups[group].map(({ path }) => pathWords(path, process.cwd())),
    );
}

function timeWords(microseconds: number): string {
  return new Date(microseconds / 1000).toISOString();
}
