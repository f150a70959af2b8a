import { read, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { promisify } from 'node:util';
import type { ProgramEnd, ProgramStart } from '@oodate/tracer';
import { CliError } from './cli-error.js';
import { ignoringSignals } from './signals.js';

const readAsync = promisify(read);

/**
 * Asks the front, the native program that started this one, to run a command: it
 * has what the user's shell gave (signals, descriptors, limits), and this
 * process has lost it. The protocol is described in front.h of the probe.
 * undefined where there is no front.
 */
export const startByFront: ProgramStart | undefined = openFront(takeVariable('OODATE_FRONT'));

const nodeOptions = takeVariable('OODATE_NODE_OPTIONS');
// It is for commands, and they are compared with it.
if (nodeOptions !== undefined) process.env.NODE_OPTIONS = nodeOptions;

function takeVariable(name: string): string | undefined {
  const value = process.env[name];
  delete process.env[name];
  return value;
}

function openFront(descriptors: string | undefined): ProgramStart | undefined {
  const [, request, answer] = /^(\d+),(\d+)$/.exec(descriptors ?? '') ?? [];
  if (request === undefined || answer === undefined) return undefined;
  return async (words, { cwd, env, stdoutToStderr }) => {
    const variables = changedVariables(env);
    const strings = Buffer.from([cwd, ...words, ...variables].map((text) => `${text}\0`).join(''));
    const head = Uint32Array.of(strings.length, words.length, variables.length, stdoutToStderr ? 1 : 0);
    return ignoringSignals(async () => {
      writeAll(Number(request), Buffer.concat([Buffer.from(head.buffer), strings]));
      return readEnd(Number(answer));
    });
  };
}

/** Those that differ from this process's, which are the front's. A value that is not UTF-8 stays there as it is. */
function changedVariables(env: NodeJS.ProcessEnv): string[] {
  const set = Object.entries(env).filter(
    ([name, value]) => value !== undefined && process.env[name] !== value,
  );
  // Node lists a variable named by a number, and gives no value for it.
  const own = Object.keys(process.env).filter((name) => process.env[name] !== undefined);
  const unset = own.filter((name) => env[name] === undefined);
  return [...unset, ...set.map(([name, value]) => `${name}=${value}`)];
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}

const ends = { exited: 0, killed: 1, notStarted: 2 };

async function readEnd(descriptor: number): Promise<ProgramEnd> {
  const answer = new Uint32Array(2);
  const { bytesRead } = await readAsync(
    descriptor,
    new Uint8Array(answer.buffer),
    0,
    answer.byteLength,
    null,
  );
  const [end, value = 0] = answer;
  if (bytesRead !== answer.byteLength)
    throw new CliError('FRONT_ENDED', 'the program that started oodate has ended', 'run the command again');
  if (end === ends.exited) return { kind: 'exited', status: value };
  if (end === ends.killed) return { kind: 'killed', signal: value };
  return { kind: 'not-started', code: nameOf(value) };
}

function nameOf(errno: number): string {
  const known = Object.entries(constants.errno).find(([, number]) => number === errno);
  return known?.[0] ?? `errno ${errno}`;
}
