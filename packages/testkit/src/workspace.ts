import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** Within the workspace. Bytes are for names that are not UTF-8. */
export type FileName = string | Uint8Array;

export interface WorkspaceOptions {
  /**
   * In the checkout and not in the system's temporary directory, which bmake
   * leaves out of its decisions. There is a package.json above it then.
   */
  readonly inCheckout?: boolean;
}

export interface RunOptions {
  /** Within the workspace; default: its top. */
  readonly cwd?: string;
  /** On top of the plain environment: PATH, HOME and LANG alone. Undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What it reads from stdin; default: nothing. */
  readonly input?: string | Uint8Array;
}

/** What a program that has ended did. */
export interface Result {
  /** Undefined if a signal ended it. */
  readonly status: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that was started. */
export interface Running {
  readonly pid: number;
  readonly ended: Promise<Result>;
  kill(signal: NodeJS.Signals): void;
}

const checkout = fileURLToPath(new URL('../../..', import.meta.url));
const oodate = join(checkout, 'packages/cli/bin/oodate');

/**
 * A test in a folder of its own, which is removed afterwards. What was run there
 * is part of the message when the test fails:
 *
 *     test('a changed input is a reason', inWorkspace(async (workspace) => { ... }));
 *     test.each(rows)('%s', inWorkspace(async (workspace, row) => { ... }));
 */
export function inWorkspace<Row extends unknown[]>(
  body: (workspace: Workspace, ...row: Row) => void | Promise<void>,
  options: WorkspaceOptions = {},
): (...row: Row) => Promise<void> {
  return async (...row) => {
    const workspace = new Workspace(makeFolder(options));
    try {
      await body(workspace, ...row);
    } catch (error) {
      if (error instanceof Error) error.message += workspace.transcript();
      throw error;
    } finally {
      workspace.close();
    }
  };
}

/** A temporary folder with the programs run in it. Made by `inWorkspace`. */
export class Workspace {
  readonly #commands: Command[] = [];

  constructor(readonly folder: string) {}

  path(name: string): string;
  path(name: FileName): string | Buffer;
  path(name: FileName): string | Buffer {
    if (typeof name === 'string') return join(this.folder, name);
    return Buffer.concat([Buffer.from(`${this.folder}/`), name]);
  }

  /** The directories above the file are made too. */
  write(name: FileName, content: string | Uint8Array = '', mode?: number): void {
    const path = this.path(name);
    mkdirSync(parentOf(path), { recursive: true });
    writeFileSync(path, content);
    if (mode !== undefined) chmodSync(path, mode);
  }

  writeAll(files: Readonly<Record<string, string | Uint8Array>>): void {
    for (const [name, content] of Object.entries(files)) this.write(name, content);
  }

  mkdir(name: FileName): void {
    mkdirSync(this.path(name), { recursive: true });
  }

  symlink(name: FileName, target: FileName): void {
    const path = this.path(name);
    mkdirSync(parentOf(path), { recursive: true });
    symlinkSync(typeof target === 'string' ? target : Buffer.from(target), path);
  }

  read(name: FileName): string {
    return readFileSync(this.path(name), 'utf8');
  }

  exists(name: FileName): boolean {
    return existsSync(this.path(name));
  }

  remove(name: FileName): void {
    rmSync(this.path(name), { recursive: true, force: true });
  }

  rename(from: FileName, to: FileName): void {
    renameSync(this.path(from), this.path(to));
  }

  /** Sets both times; in milliseconds since 1970. */
  setTimes(name: FileName, milliseconds: number): void {
    utimesSync(this.path(name), milliseconds / 1000, milliseconds / 1000);
  }

  /** Another modification time, the same content. */
  touch(name: FileName): void {
    this.setTimes(name, lstatSync(this.path(name)).mtimeMs + 10_000);
  }

  /** Runs oodate from the checkout with these words, to its end. */
  oodate(words: readonly string[], options: RunOptions = {}): Promise<Result> {
    return this.run([oodate, ...words], options);
  }

  run(words: readonly string[], options: RunOptions = {}): Promise<Result> {
    return this.start(words, options).ended;
  }

  startOodate(words: readonly string[], options: RunOptions = {}): Running {
    return this.start([oodate, ...words], options);
  }

  start(words: readonly string[], { cwd = '.', env = {}, input = '' }: RunOptions = {}): Running {
    const [program = '', ...args] = words;
    const child = execa(program, args, {
      cwd: this.path(cwd),
      env: { ...plainEnvironment, HOME: this.folder, ...env },
      extendEnv: false,
      input,
      reject: false,
      stripFinalNewline: false,
    });
    const kill = (signal: NodeJS.Signals) => void child.kill(signal);
    const command: Command = { words, kill };
    this.#commands.push(command);
    const ended = child.then((ended) => {
      if (ended.exitCode === undefined && ended.signal === undefined) throw ended;
      command.result = {
        status: ended.exitCode,
        signal: ended.signal,
        stdout: ended.stdout,
        stderr: ended.stderr,
      };
      return command.result;
    });
    return { pid: child.pid ?? 0, ended, kill };
  }

  /** Every command run here, with its output. */
  transcript(): string {
    return this.#commands
      .map(({ words, result }) => {
        const command = `\n\n$ ${words.join(' ')}`;
        if (result === undefined) return `${command}\n[still running]`;
        return `${command}\n${result.stdout}${result.stderr}[${result.signal ?? result.status}]`;
      })
      .join('');
  }

  close(): void {
    for (const { kill, result } of this.#commands) if (result === undefined) kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface Command {
  readonly words: readonly string[];
  readonly kill: (signal: NodeJS.Signals) => void;
  result?: Result;
}

const plainEnvironment = {
  LANG: 'C.UTF-8',
  PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
};

function makeFolder({ inCheckout = false }: WorkspaceOptions): string {
  const root = inCheckout ? join(checkout, '.work') : tmpdir();
  mkdirSync(root, { recursive: true });
  return realpathSync(mkdtempSync(join(root, 'oodate-test-')));
}

function parentOf(path: string | Buffer): string | Buffer {
  if (typeof path === 'string') return dirname(path);
  return path.subarray(0, path.lastIndexOf('/'));
}
