import {
  type AbsolutePath,
  filemonRecords,
  type ProcessAccess,
  type ProcessLife,
  processAccesses,
  summarizeAccesses,
} from '@oodate/filemon';
import { nestedLanes } from './nested-lanes.js';

/** The run that is shown. */
export interface TracedRun {
  /** Name of the target as users see it. */
  readonly target: string;
  /** The filemon log, and the directory in which the run began. */
  readonly log: Uint8Array;
  readonly cwd: AbsolutePath;
}

/**
 * The processes of a run as Perfetto, chrome://tracing and others read them. (Source: Trace Event Format, in its form as
 * a JSON object.)
 */
export interface TraceView {
  readonly displayTimeUnit: 'ms';
  /** About the whole. */
  readonly otherData: { readonly target: string; readonly directory: string; readonly started?: string };
  readonly traceEvents: readonly (LaneName | ProcessSpan)[];
}

/** What the viewer writes before a lane, which it takes for a thread. */
export interface LaneName {
  readonly ph: 'M';
  readonly name: 'process_name' | 'thread_name' | 'thread_sort_index';
  readonly pid: number;
  readonly tid: number;
  readonly args: { readonly name: string } | { readonly sort_index: number };
}

/** A process from its start to its end. In the viewer all are one process, and its threads are lanes in which they nest. */
export interface ProcessSpan {
  readonly ph: 'X';
  readonly cat: 'process';
  /** The command line of the program that ran longest in it, without directories, and cut. */
  readonly name: string;
  /** Microseconds since the start of the run, and those that it lasted. */
  readonly ts: number;
  readonly dur: number;
  readonly pid: number;
  readonly tid: number;
  readonly args: ProcessFacts;
}

export interface ProcessFacts {
  readonly pid: number;
  /** The process that made it. */
  readonly parent?: number;
  /** Whole, as far as the log has it; of the program that gave the name. */
  readonly command?: string;
  readonly executable?: string;
  /** If `executable` is a script. */
  readonly interpreter?: string;
  /** All that it executed, if that was more than one: command lines, each with the microseconds since the start of the run. */
  readonly programs?: readonly { readonly at?: number; readonly command: string }[];
  /** One of three. */
  readonly exitStatus?: number;
  /** Its number. */
  readonly signal?: number;
  readonly end?: 'not known';
  /** How many different paths. */
  readonly filesRead: number;
  readonly filesWritten: number;
}

/** Undefined if the log has no times. Processes without a time are left out. */
export function traceView({ target, log, cwd }: TracedRun): TraceView | undefined {
  const records = [...filemonRecords([log])];
  const { processes, accesses } = processAccesses(records, cwd);
  const timed = timedProcesses(processes);
  if (timed.length === 0) return undefined;
  const lanes = nestedLanes(timed);
  const names = namesOf(processes);
  const spans = timed.map(
    ({ life, place, from, to }, at): ProcessSpan => ({
      ph: 'X',
      cat: 'process',
      name: names[place] as string,
      ts: from,
      dur: to - from,
      pid: shownPid,
      tid: (lanes[at] as number) + 1,
      args: factsOf(life, processes, accesses[place] ?? []),
    }),
  );
  const { started } = summarizeAccesses(records, cwd);
  return {
    displayTimeUnit: 'ms',
    otherData: {
      target: shown(target),
      directory: shown(cwd),
      ...(started !== undefined && { started: new Date(started / 1000).toISOString() }),
    },
    // A viewer takes the order of what begins at the same time for that from the outside in.
    traceEvents: [
      ...laneNames(
        shown(target),
        lanes.reduce((most, lane) => Math.max(most, lane + 1), 0),
      ),
      ...spans.sort((one, other) => one.ts - other.ts),
    ],
  };
}

const shownPid = 1;

interface TimedProcess {
  readonly life: ProcessLife;
  /** Among all processes. */
  readonly place: number;
  readonly from: number;
  readonly to: number;
  /** Among those that have a time. */
  readonly parent: number | undefined;
}

/** What was left running, or whose end is not known, lasts to the last time of the log. */
function timedProcesses(processes: readonly ProcessLife[]): TimedProcess[] {
  const last = processes.reduce(
    (latest, { started, executedAt, ended }) =>
      [started, ...executedAt, ended].reduce<number>((time, at) => Math.max(time, at ?? 0), latest),
    0,
  );
  const timed: TimedProcess[] = [];
  const places = new Map<number, number>();
  for (const [place, life] of processes.entries()) {
    const from = life.started;
    if (from === undefined) continue;
    const parent = life.parent === undefined ? undefined : places.get(life.parent);
    places.set(place, timed.push({ life, place, from, to: Math.max(from, life.ended ?? last), parent }) - 1);
  }
  return timed;
}

/** A program that was executed, with the interpreters of a script. */
interface Program {
  readonly executables: readonly string[];
  readonly command: string | undefined;
  readonly at: number | undefined;
}

function programsOf({ executables, commandLines, executedAt }: ProcessLife): Program[] {
  const programs: { executables: string[]; command: string | undefined; at: number | undefined }[] = [];
  for (const [place, executable] of executables.entries()) {
    const [command, at] = [commandLines[place], executedAt[place]];
    const last = programs.at(-1);
    if (last !== undefined && last.command === undefined && last.at === at) {
      last.executables.push(executable);
      last.command = command;
    } else programs.push({ executables: [executable], command, at });
  }
  return programs;
}

/** That which ran longest; the last of several whose times are not known. */
function mainProgram(life: ProcessLife): Program | undefined {
  const programs = programsOf(life);
  let main = programs.at(-1);
  let longest = -1;
  for (const [place, program] of programs.entries()) {
    const until = programs[place + 1]?.at ?? life.ended ?? Number.POSITIVE_INFINITY;
    const ran = program.at === undefined ? -1 : until - program.at;
    if (ran > longest) [main, longest] = [program, ran];
  }
  return main;
}

function namesOf(processes: readonly ProcessLife[]): string[] {
  const names: string[] = [];
  for (const life of processes) {
    const program = mainProgram(life);
    const parent = life.parent === undefined ? undefined : names[life.parent];
    names.push(program === undefined ? forkName(parent) : shortName(commandOf(program)));
  }
  return names;
}

/** It goes on with the program of its parent. */
function forkName(parent: string | undefined): string {
  if (parent === undefined) return 'process';
  return parent.endsWith(forkMark) ? parent : `${parent}${forkMark}`;
}

const forkMark = ' (fork)';

function commandOf({ command, executables }: Program): string {
  return command ?? executables[0] ?? '';
}

const longestName = 60;

/** Without the directory of the program; a first word in quotes stays as it is. */
function shortName(command: string): string {
  const characters = [...shown(command.replace(/^[^ '$]*\//, ''))];
  return characters.length <= longestName
    ? characters.join('')
    : `${characters.slice(0, longestName - 1).join('')}…`;
}

/** No viewer knows bytes that are not UTF-8: lone surrogates, see path-text.ts of filemon. */
function shown(text: string): string {
  return text.replace(/\p{Cs}/gu, '\ufffd');
}

function factsOf(
  life: ProcessLife,
  processes: readonly ProcessLife[],
  accesses: readonly ProcessAccess[],
): ProcessFacts {
  const { pid, exit } = life;
  const parent = life.parent === undefined ? undefined : processes[life.parent];
  const main = mainProgram(life);
  const programs = programsOf(life);
  const interpreter = main !== undefined && main.executables.length > 1 ? main.executables.at(-1) : undefined;
  return {
    pid,
    ...(parent !== undefined && { parent: parent.pid }),
    ...(main?.command !== undefined && { command: shown(main.command) }),
    ...(main?.executables[0] !== undefined && { executable: shown(main.executables[0]) }),
    ...(interpreter !== undefined && { interpreter: shown(interpreter) }),
    ...(programs.length > 1 && {
      programs: programs.map((program) => ({
        ...(program.at !== undefined && { at: program.at }),
        command: shown(commandOf(program)),
      })),
    }),
    ...(exit === undefined
      ? { end: 'not known' }
      : exit.signal === 0
        ? { exitStatus: exit.status }
        : { signal: exit.signal }),
    filesRead: countOf(accesses, ['read', 'executed']),
    filesWritten: countOf(accesses, ['written']),
  };
}

function countOf(accesses: readonly ProcessAccess[], uses: readonly ProcessAccess['uses'][number][]): number {
  return accesses.filter((access) => uses.some((use) => access.uses.includes(use))).length;
}

function laneNames(target: string, lanes: number): LaneName[] {
  const names: LaneName[] = [
    { ph: 'M', name: 'process_name', pid: shownPid, tid: 1, args: { name: target } },
  ];
  for (let tid = 1; tid <= lanes; tid += 1) {
    const name = tid === 1 ? target : `at the same time (${tid})`;
    names.push({ ph: 'M', name: 'thread_name', pid: shownPid, tid, args: { name } });
    names.push({ ph: 'M', name: 'thread_sort_index', pid: shownPid, tid, args: { sort_index: tid } });
  }
  return names;
}
