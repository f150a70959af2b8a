import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type AbsolutePath, fsPath } from '@oodate/filemon';
import { proofFile } from '@oodate/meta-file';
import { FileWitness, formatProof, identityOf, ignoredVariables, settledClock } from '@oodate/planner';
import { isTraced, type Judgement } from './judgement.js';
import type { NamedTarget } from './target.js';
import type { Terminal } from './terminal.js';
import { upToDateWords } from './words.js';

/** A decision whose every look is noted, so that what it rests on can be written down. */
export interface ProofAttempt {
  /** To decide by. */
  readonly files: FileWitness;
  /**
   * To be called if the decision was that the target is up to date. Gives the file; undefined if nothing was written, since
   * the same call could be answered otherwise.
   */
  write(judgement: Judgement, terminal: Terminal): Promise<AbsolutePath | undefined>;
}

/** What the words of this call mean. `look` is told of each file that this depends on, before it is read. */
export type Resolve = (look: (path: string) => void) => Promise<NamedTarget>;

/** To be called before the meta file is read. Undefined where no proof is to be. */
export function beginProof(target: NamedTarget, resolve: Resolve): ProofAttempt | undefined {
  const words = process.argv.slice(2);
  return orNone(() => {
    const file = proofFile(target.metaFile, words, process.cwd());
    if (file === undefined || isTraced() || !canProve(target)) return undefined;
    const { ctimeNs } = statSync(fsPath(target.metaFile), { bigint: true });
    const clock = settledClock(dirname(target.metaFile), ctimeNs);
    const files = new FileWitness();
    files.linkState(target.metaFile);
    return {
      files,
      write: async (judgement, terminal) => {
        const bytes = await orNone(async () => {
          // The words must still mean the same, after all that this depends on has been looked at.
          lookAround(target, files);
          const again = await resolve((path) => files.state(path as AbsolutePath));
          return proofOf(words, judgement, again, files, clock, terminal);
        })?.catch(() => undefined);
        return bytes !== undefined && replaceFile(file, bytes) ? file : undefined;
      },
    };
  });
}

/** The reader does not look for proofs elsewhere; and where patterns lead is for the planner to see. */
function canProve({ settings }: NamedTarget): boolean {
  return settings.cache === undefined && settings.findExtraInputs === undefined;
}

/** A proof only saves time, so what keeps one from being made (the command may have removed anything) is no trouble. */
function orNone<Made>(make: () => Made): Made | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

/** As it was when it was read. */
const program = orNone(() => identityOf(statSync(process.argv[1] ?? '', { bigint: true })));

function proofOf(
  words: readonly string[],
  { target, record, counts, took }: Judgement,
  again: NamedTarget,
  files: FileWitness,
  clock: bigint,
  terminal: Terminal,
): Buffer | undefined {
  if (record.kind !== 'good' || counts === undefined || took === undefined || program === undefined)
    return undefined;
  const { meta, run } = record;
  if (run.stdin !== undefined && run.stdin !== 'null') return undefined;
  if (!isDeepStrictEqual(comparable(again), comparable(target))) return undefined;
  if (target.kind === 'script' && !lookForNode(files)) return undefined;
  const looks = files.looks(clock);
  if (looks === undefined) return undefined;
  const line = terminal.remarkLines(upToDateWords(target.title, counts, took));
  return formatProof({
    program,
    user: process.geteuid?.() ?? 0,
    words,
    cwd: process.cwd(),
    // A script gets one of its own.
    pwd: target.kind === 'script' ? 'any' : { value: process.env.PWD },
    needsNullStdin: run.stdin === 'null',
    environment: process.env,
    ignoredVariables: [
      ...ignoredVariables(target.settings.decision.variables ?? {}),
      ...launchVariables,
      ...target.ownVariables,
    ],
    looks,
    output: run.output && { ...run.output, bytes: meta.output },
    line: line.plain,
    colouredLine: line.coloured,
  });
}

/** Of oodate's own those that only its parts tell each other. */
const launchVariables = [
  'OODATE_FRONT',
  'OODATE_DROPPED',
  // The front keeps it from Node.
  'NODE_CHANNEL_FD',
];

/** What the meaning of the words depends on, beside the files that are read for it. */
function lookAround(target: NamedTarget, files: FileWitness): void {
  const cwd = process.cwd() as AbsolutePath;
  if (target.kind === 'command') {
    lookAtDirectories(cwd, files);
    lookForPackage(cwd, files);
  } else files.state(join(target.cwd, 'node_modules') as AbsolutePath);
}

/** What settings mean follows from what they are. */
function comparable(target: NamedTarget): object {
  return { ...target, stdin: undefined, settings: target.settings.settings };
}

/** By which it is known whether PWD is another name of `cwd`. */
function lookAtDirectories(cwd: AbsolutePath, files: FileWitness): void {
  const { PWD } = process.env;
  if (PWD === undefined || PWD === cwd || !PWD.startsWith('/')) return;
  files.place(cwd);
  files.place(PWD as AbsolutePath);
}

/** Where the meta file of a command lies depends on it. */
function lookForPackage(cwd: AbsolutePath, files: FileWitness): void {
  let folder: string = cwd;
  while (files.state(join(folder, 'package.json') as AbsolutePath).type === 'absent' && folder !== '/')
    folder = dirname(folder);
  const found = files.state(join(folder, 'package.json') as AbsolutePath).type !== 'absent';
  files.state(join(found ? folder : cwd, 'node_modules') as AbsolutePath);
}

/** Scripts are told which Node runs oodate. False if it is not the one that the launcher finds by PATH. */
function lookForNode(files: FileWitness): boolean {
  for (const folder of process.env.PATH?.split(delimiter) ?? []) {
    const node = resolve(folder, 'node') as AbsolutePath;
    const found = files.state(node);
    if (found.type === 'absent') continue;
    files.state(process.execPath as AbsolutePath);
    return found.type === 'file' && (found.mode & 0o111) !== 0 && realpathSync(node) === process.execPath;
  }
  return false;
}

/** As a whole. */
function replaceFile(file: AbsolutePath, bytes: Uint8Array): boolean {
  const temporary = fsPath(join(dirname(file), `.${process.pid}.proof.tmp`));
  const isThere = orNone(() => {
    writeFileSync(temporary, bytes);
    renameSync(temporary, fsPath(file));
    return true;
  });
  if (isThere !== true) orNone(() => rmSync(temporary, { force: true }));
  return isThere === true;
}
