import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Stops a tool: one clear sentence, and what to do. */
export class ToolError extends Error {
  constructor(code, message, hint) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** Runs `main` and ends the process with the exit status it gives. */
export async function runTool(name, main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    process.stderr.write(`${name}: ${error.message}${error.hint ? `; ${error.hint}` : ''}\n`);
    process.exitCode = 1;
  }
}

/** The program's path, found as the shell finds it; undefined if it is not there. */
export function findProgram(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** Runs a program with the caller's terminal and gives its exit status. */
export function runProgram(program, args, options = {}) {
  const { status, error } = spawnSync(program, args, { stdio: 'inherit', ...options });
  if (error) throw new ToolError('NOT_STARTED', `${program} cannot be started (${error.code})`);
  return status ?? 1;
}

/** Runs a program whose output matters only if it fails, and says whether it was successful. */
export function runQuietly(program, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: Number.POSITIVE_INFINITY,
    ...options,
  });
  if (error) throw new ToolError('NOT_STARTED', `${program} cannot be started (${error.code})`);
  if (status === 0) return true;
  process.stderr.write(stdout);
  process.stderr.write(stderr);
  return false;
}

/** Runs a program for its answer alone: its stdout, or undefined if it fails. */
export function ask(program, args, options = {}) {
  const { status, stdout } = spawnSync(program, args, {
    stdio: ['pipe', 'pipe', 'ignore'],
    encoding: 'utf8',
    ...options,
  });
  return status === 0 ? stdout : undefined;
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
