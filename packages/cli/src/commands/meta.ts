import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ReadRecord, type RunRecord, readMetaFile, type Use } from '@oodate/meta-file';
import { CliError } from '../cli-error.js';
import { countUses } from '../counts.js';
import { writeOut } from '../output-streams.js';
import { printJson } from '../report.js';
import { resolveTarget, type TargetName } from '../target.js';
import { coloursFor } from '../terminal.js';
import { countsWords, pathWords, textWords, useWords } from '../words.js';

/** Says on stdout what a meta file knows: of the file that is named, or of the target. */
export function showMeta(name: TargetName, json: boolean): number {
  const record = readMetaFile(findMetaFile(name));
  if (record.kind !== 'good') throw noGoodRecord(record);
  if (json) printJson({ metaFile: record.metaFile, counts: countUses(record.run), run: record.run });
  else writeOut(1, description(record.metaFile, record.meta.commands, record.run));
  return 0;
}

function findMetaFile(name: TargetName): string {
  const [word] = name.names;
  if (word !== undefined && name.rest === undefined && statSync(word, { throwIfNoEntry: false })?.isFile())
    return resolve(word);
  return resolveTarget(name, process.env).metaFile;
}

function noGoodRecord(record: Exclude<ReadRecord, { kind: 'good' }>): CliError {
  const where = pathWords(record.metaFile, process.cwd());
  switch (record.kind) {
    case 'none':
      return new CliError(
        'NO_META_FILE',
        `there is no meta file ${where}`,
        'run the target once with: oodate run',
      );
    case 'former':
      return new CliError('NO_META_FILE', `${where} no longer holds, since the last run was no success`);
    case 'damaged':
      return new CliError('NO_META_FILE', `${where} is damaged: ${record.message}`);
    case 'foreign':
      return new CliError('NO_META_FILE', `${where} holds no record that this oodate reads`);
  }
}

const shownUses: readonly Use[] = ['executed', 'read', 'looked', 'missing', 'output', 'removed'];

function description(metaFile: string, commands: readonly string[], run: RunRecord): string {
  const cwd = process.cwd();
  const { bold } = coloursFor(1);
  const lines = [
    `${bold('meta file')}  ${pathWords(metaFile, cwd)}`,
    ...commands.map((command) => `${bold('command')}    ${command}`),
    `${bold('directory')}  ${textWords(run.cwd)}`,
    `${bold('started')}    ${new Date(run.started / 1000).toISOString()}`,
    `${bold('seen')}       ${countsWords(countUses(run))}`,
  ];
  for (const use of shownUses) {
    const paths = run.files.filter((file) => file.use === use).map(({ path }) => pathWords(path, cwd));
    if (paths.length > 0) lines.push('', bold(useWords(use)), ...paths.map((path) => `  ${path}`));
  }
  if (run.listings.length > 0)
    lines.push('', bold('listed'), ...run.listings.map(({ path }) => `  ${pathWords(path, cwd)}`));
  return `${lines.join('\n')}\n`;
}
