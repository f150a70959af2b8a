import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach } from '@jest/globals';

const checkout = fileURLToPath(new URL('../../..', import.meta.url));

/** The program as a user starts it. */
export const oodate = join(checkout, 'packages/cli/bin/oodate');

export interface WorkspaceOptions {
  /**
   * In the checkout and not in the system's temporary directory, which bmake
   * leaves out of its decisions. There is a package.json above it then.
   */
  readonly inCheckout?: boolean;
}

const workspaces: Workspace[] = [];

afterEach(() => {
  for (const workspace of workspaces.splice(0)) workspace.close();
});

/** A folder of its own with these files in it, until the end of the test. */
export function workspace(files: Files = {}, { inCheckout = false }: WorkspaceOptions = {}): Workspace {
  const root = inCheckout ? join(checkout, '.work') : tmpdir();
  mkdirSync(root, { recursive: true });
  const made = new Workspace(realpathSync(mkdtempSync(join(root, 'oodate-test-'))));
  workspaces.push(made);
  made.write(files);
  return made;
}

export type Files = Readonly<Record<string, string | Uint8Array>>;

/** Within the workspace, or absolute. Bytes are for names that are not UTF-8. */
export type FileName = string | Uint8Array;

/** The text of a package.json with these scripts. */
export function scripts(texts: Readonly<Record<string, string>>): string {
  return JSON.stringify({ name: 'p', version: '1.0.0', scripts: texts }, null, 2);
}

/** What a program that has ended did. */
export interface Result {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  /** Within the workspace; default: its top. */
  readonly cwd?: string;
  /** On top of the plain environment: PATH, HOME and LANG, and no store of results. Undefined takes one away. */
  readonly env?: NodeJS.ProcessEnv;
  /** Words before the program's own, as of env(1). */
  readonly under?: readonly string[];
  readonly detached?: boolean;
}

/**
 * A folder, and the programs run in it. What they did is part of the message
 * when one of its own expectations fails.
 */
export class Workspace {
  readonly #transcript: string[] = [];
  readonly #running = new Set<Running>();

  constructor(readonly folder: string) {}

  path(name: string): string;
  path(name: FileName): string | Buffer;
  path(name: FileName): string | Buffer {
    if (typeof name === 'string') return resolve(this.folder, name);
    return Buffer.concat([Buffer.from(`${this.folder}/`), name]);
  }

  /** The directories above the files are made too. */
  write(files: Files): void {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(this.path(name)), { recursive: true });
      writeFileSync(this.path(name), content);
    }
  }

  writeProgram(name: string, text: string): void {
    this.write({ [name]: text });
    chmodSync(this.path(name), 0o755);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  exists(name: FileName): boolean {
    return existsSync(this.path(name));
  }

  remove(name: FileName): void {
    rmSync(this.path(name), { recursive: true, force: true });
  }

  rename(from: string, to: string): void {
    renameSync(this.path(from), this.path(to));
  }

  /** Makes a symbolic link, in the place of what is there. */
  link(name: string, target: string): void {
    this.remove(name);
    mkdirSync(dirname(this.path(name)), { recursive: true });
    symlinkSync(target, this.path(name));
  }

  /** Another modification time, the same content. */
  touch(name: string): void {
    const later = statSync(this.path(name)).mtimeMs / 1000 + 10;
    utimesSync(this.path(name), later, later);
  }

  start(words: readonly string[], options: StartOptions = {}): Running {
    const [program = '', ...args] = [...(options.under ?? []), ...words];
    const child = spawn(program, args, {
      cwd: this.path(options.cwd ?? '.'),
      env: { ...plainEnvironment, HOME: this.folder, ...options.env },
      stdio: 'pipe',
      detached: options.detached === true,
    });
    const running = new Running(child, (result) => {
      this.#running.delete(running);
      const ended = result.signal ?? result.status;
      this.#transcript.push(`$ ${words.join(' ')}\n${result.stdout}${result.stderr}[${ended}]`);
    });
    this.#running.add(running);
    return running;
  }

  /** Runs a program without input, to its end. */
  run(words: readonly string[], options: StartOptions = {}): Promise<Result> {
    return this.start(words, options).end();
  }

  /** Runs oodate with these words and without input, to its end. */
  oodate(...words: string[]): Promise<Result> {
    return this.oodateWith({}, ...words);
  }

  oodateWith(options: StartOptions, ...words: string[]): Promise<Result> {
    return this.run([oodate, ...words], options);
  }

  /** Expects that `oodate run` executes the target with success, for a reason in these words. */
  async ran(
    words: readonly string[],
    reason: string | RegExp = '',
    options: StartOptions = {},
  ): Promise<Result> {
    const result = await this.oodateWith(options, 'run', ...words);
    const [, said] = /^oodate: running .*?: (.*)$/m.exec(result.stderr) ?? [];
    if (said === undefined) this.fail('it did not run');
    if (typeof reason === 'string' ? !said.includes(reason) : !reason.test(said))
      this.fail(`the reason is not ${reason}`);
    if (result.status !== 0) this.fail('it failed');
    return result;
  }

  /** Expects that `oodate run` executes the target, and that what was seen is kept. */
  async kept(
    words: readonly string[],
    reason: string | RegExp = '',
    options: StartOptions = {},
  ): Promise<Result> {
    const result = await this.ran(words, reason, options);
    if (!/^oodate: .* ran in .*; kept: /m.test(result.stderr)) this.fail('nothing was kept');
    return result;
  }

  /** Expects that `oodate run` finds nothing to do. */
  async upToDate(words: readonly string[], options: StartOptions = {}): Promise<Result> {
    const result = await this.oodateWith(options, 'run', ...words);
    if (result.status !== 0 || !/^oodate: .* is up to date \(/m.test(result.stderr))
      this.fail('it is not up to date');
    if (/^oodate: running /m.test(result.stderr)) this.fail('it ran');
    return result;
  }

  /** Expects that `oodate why` gives exactly these reasons, in any order. */
  async because(
    words: readonly string[],
    reasons: readonly (string | RegExp)[],
    options: StartOptions = {},
  ): Promise<void> {
    const { stdout, status } = await this.oodateWith(options, 'why', ...words);
    if (status !== 0) this.fail('why could not tell');
    // What is too long for a line goes on further in.
    const lines = stdout
      .replace(/\n {8,}/g, ' ')
      .split('\n')
      .filter((line) => /^ {4}\S/.test(line));
    const matches = (line: string, reason: string | RegExp) =>
      typeof reason === 'string' ? line.includes(reason) : reason.test(line);
    for (const reason of reasons)
      if (!lines.some((line) => matches(line, reason))) this.fail(`why does not say: ${reason}`);
    for (const line of lines)
      if (!reasons.some((reason) => matches(line, reason))) this.fail(`why should not say: ${line.trim()}`);
  }

  fail(message: string): never {
    throw new Error([message, ...this.#transcript].join('\n\n'));
  }

  /** Ends what still runs, and removes the folder. */
  close(): void {
    for (const running of this.#running) running.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const plainEnvironment = {
  // What a test runs is to run, unless it is about the store.
  OODATE_STORE_ENABLED: 'false',
  LANG: 'C.UTF-8',
  PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
};

/** A program that has been started. Everything it writes is kept. */
export class Running {
  readonly #child: ChildProcess;
  readonly #ended: Promise<Result>;
  readonly #waiting = new Set<() => void>();
  #stdout = '';
  #stderr = '';

  constructor(child: ChildProcess, report: (result: Result) => void) {
    this.#child = child;
    const heard = () => {
      for (const check of this.#waiting) check();
    };
    child.stdout?.on('data', (bytes: Buffer) => {
      this.#stdout += bytes.toString('latin1');
      heard();
    });
    child.stderr?.on('data', (bytes: Buffer) => {
      this.#stderr += bytes.toString('latin1');
      heard();
    });
    child.stdin?.on('error', () => {});
    this.#ended = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status, signal) => {
        const result = { status, signal, stdout: utf8(this.#stdout), stderr: utf8(this.#stderr) };
        report(result);
        resolve(result);
      });
    });
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Waits until it has written this text to stdout or stderr, `times` times in all. */
  async says(text: string, times = 1): Promise<void> {
    const said = () => timesIn(this.#stdout, text) >= times || timesIn(this.#stderr, text) >= times;
    const heard = new Promise<void>((resolve) => {
      const check = () => {
        if (!said()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
    const ended = this.#ended.then(({ stdout, stderr }) => {
      if (!said()) throw new Error(`it ended without "${text}", ${times} times:\n${stdout}${stderr}`);
    });
    await Promise.race([heard, ended]);
  }

  /** Whether it has written this text by now. */
  hasSaid(text: string): boolean {
    return this.#stdout.includes(text) || this.#stderr.includes(text);
  }

  /** What it reads from stdin next. */
  tell(text: string): void {
    this.#child.stdin?.write(text);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Closes its stdin and waits for its end. */
  end(): Promise<Result> {
    this.#child.stdin?.end();
    return this.#ended;
  }

  /** Waits for its end. */
  ended(): Promise<Result> {
    return this.#ended;
  }
}

function timesIn(whole: string, part: string): number {
  return whole.split(part).length - 1;
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}
