import { type AbsolutePath, isAbsolutePath, type NetworkUse, type ProcessExit } from '@oodate/filemon';
import {
  mostOfCause,
  type RecordedContent,
  type RecordedState,
  type RunCause,
  type StoredReason,
} from '@oodate/meta-file';
import type { Reason, VariableValue } from './reason.js';

/** The reasons as a record keeps them. Of one that is long only its beginning is kept; see `isShortened`. */
export function storedReasons(reasons: readonly Reason[]): Pick<RunCause, 'reasons' | 'more'> {
  const kept: StoredReason[] = [];
  for (const reason of reasons) {
    if (kept.length === mostOfCause.reasons) break;
    const stored = fitting(reason);
    if (stored !== undefined) kept.push(stored);
  }
  return { reasons: kept, more: reasons.length - kept.length };
}

/** Of a list or a text in it only the beginning is kept. */
export function isShortened(stored: StoredReason): boolean {
  return stored.shortened === true;
}

function fitting(reason: Reason): StoredReason | undefined {
  const whole = JSON.stringify(reason, bigintsAsText);
  if (whole.length <= mostOfCause.reasonLength) return JSON.parse(whole);
  const beginning = JSON.stringify({ ...reason, shortened: true }, (key, value) =>
    key === 'path' ? value : beginningOf(bigintsAsText(key, value)),
  );
  return beginning.length <= mostOfCause.reasonLength ? JSON.parse(beginning) : undefined;
}

function bigintsAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function beginningOf(value: unknown): unknown {
  if (typeof value === 'string' && value.length > 200) return `${value.slice(0, 199)}…`;
  return Array.isArray(value) ? value.slice(0, 5) : value;
}

/**
 * The reason that was stored; undefined if it is none that this version knows. A record may come from anywhere, so
 * that nothing is taken for granted.
 */
export function reasonOfStored(stored: StoredReason): Reason | undefined {
  try {
    return readerOf(stored.kind)?.(stored);
  } catch (error) {
    if (error instanceof Unexpected) return undefined;
    throw error;
  }
}

class Unexpected extends Error {}

type Reader<Value> = (value: unknown) => Value;

const text: Reader<string> = (value) => checked(value, typeof value === 'string');
const texts: Reader<readonly string[]> = (value) => list(value).map(text);
const path: Reader<AbsolutePath> = (value) =>
  checked(value, typeof value === 'string' && isAbsolutePath(value));
const commands: Reader<readonly (readonly string[])[]> = (value) => list(value).map(texts);
const integer: Reader<number> = (value) => checked(value, Number.isSafeInteger(value));
const bigInteger: Reader<bigint> = (value) =>
  BigInt(checked<string>(value, typeof value === 'string' && /^-?\d{1,20}$/.test(value)));
const by: Reader<string | undefined> = (value) => optional(value, text);
const streams: Reader<readonly (1 | 2)[]> = (value) => list(value).map((stream) => oneOf(stream, [1, 2]));
const uses: Reader<readonly NetworkUse[]> = (value) =>
  list(value).map((use) => oneOf(use, ['used', 'served']));
const exit: Reader<ProcessExit> = (value) => {
  const { status, signal } = fields(value);
  return { status: integer(status), signal: integer(signal) };
};
const variable: Reader<VariableValue> = (value) => {
  if (value === undefined) return undefined;
  const given = fields(value);
  return { value: text(given.value), hidden: checked(given.hidden, typeof given.hidden === 'boolean') };
};

const state: Reader<RecordedState> = (value) => {
  const given = fields(value);
  switch (given.type) {
    case 'absent':
    case 'directory':
    case 'special':
      return { type: given.type };
    case 'link':
      return { type: 'link', target: text(given.target) };
    case 'unreadable':
      return { type: 'unreadable', errno: text(given.errno) };
    case 'file':
      return content(given);
    default:
      throw new Unexpected();
  }
};

function content({ size, mtime, ctime, inode, mode, digest }: StoredFields): RecordedContent {
  return {
    type: 'file',
    size: bigInteger(size),
    mtime: bigInteger(mtime),
    ctime: bigInteger(ctime),
    inode: bigInteger(inode),
    mode: integer(mode),
    digest: optional(digest, text),
  };
}

type KindReaders = {
  readonly [Kind in Reason['kind']]: (stored: StoredFields) => Extract<Reason, { kind: Kind }>;
};

const readers: KindReaders = {
  'no-record': ({ metaFile }) => ({ kind: 'no-record', metaFile: text(metaFile) }),
  'record-damaged': ({ metaFile, message }) => ({
    kind: 'record-damaged',
    metaFile: text(metaFile),
    message: text(message),
  }),
  'record-foreign': ({ metaFile, version }) => ({
    kind: 'record-foreign',
    metaFile: text(metaFile),
    version: optional(version, integer),
  }),
  'last-run-failed': (stored) => ({ kind: 'last-run-failed', exit: exit(stored.exit) }),
  'last-run-unfinished': () => ({ kind: 'last-run-unfinished' }),
  'last-run-incomplete': ({ causes }) => ({ kind: 'last-run-incomplete', causes: texts(causes) }),
  forced: () => ({ kind: 'forced' }),
  'command-changed': ({ was, is }) => ({ kind: 'command-changed', was: commands(was), is: commands(is) }),
  'directory-changed': ({ was, is }) => ({ kind: 'directory-changed', was: path(was), is: path(is) }),
  'variable-changed': ({ name, was, is }) => ({
    kind: 'variable-changed',
    name: text(name),
    was: variable(was),
    is: variable(is),
  }),
  'standard-input-changed': ({ was, is }) => ({
    kind: 'standard-input-changed',
    was: text(was),
    is: text(is),
  }),
  'network-used': (stored) => ({ kind: 'network-used', uses: uses(stored.uses) }),
  'output-not-recorded': (stored) => ({ kind: 'output-not-recorded', streams: streams(stored.streams) }),
  'input-changed': (stored) => ({ kind: 'input-changed', ...used(stored), ...change(stored) }),
  'input-newer': (stored) => ({ kind: 'input-newer', ...used(stored) }),
  'input-gone': (stored) => ({
    kind: 'input-gone',
    ...used(stored),
    ...(stored.was !== undefined && { was: state(stored.was) }),
  }),
  'input-appeared': (stored) => ({ kind: 'input-appeared', ...used(stored), is: state(stored.is) }),
  'extra-input-new': (stored) => ({ kind: 'extra-input-new', ...used(stored) }),
  'looked-at-changed': (stored) => ({ kind: 'looked-at-changed', ...used(stored), ...change(stored) }),
  'link-changed': (stored) => ({
    kind: 'link-changed',
    ...used(stored),
    was: text(stored.was),
    is: state(stored.is),
  }),
  'listing-changed': (stored) => ({
    kind: 'listing-changed',
    ...used(stored),
    gained: texts(stored.gained),
    lost: texts(stored.lost),
  }),
  'changed-while-running': (stored) => ({ kind: 'changed-while-running', ...used(stored) }),
  'output-gone': (stored) => ({ kind: 'output-gone', ...used(stored) }),
  'output-changed': (stored) => ({ kind: 'output-changed', ...used(stored), ...change(stored) }),
  'removed-came-back': (stored) => ({ kind: 'removed-came-back', ...used(stored), is: state(stored.is) }),
  'input-unreadable': (stored) => ({ kind: 'input-unreadable', ...used(stored), errno: text(stored.errno) }),
};

function readerOf(kind: string): ((stored: StoredFields) => Reason) | undefined {
  return Object.hasOwn(readers, kind) ? readers[kind as Reason['kind']] : undefined;
}

function used(stored: StoredFields): { readonly path: AbsolutePath; readonly by: string | undefined } {
  return { path: path(stored.path), by: by(stored.by) };
}

function change({ was, is }: StoredFields): { readonly was: RecordedState; readonly is: RecordedState } {
  return { was: state(was), is: state(is) };
}

interface StoredFields {
  readonly [field: string]: unknown;
}

function fields(value: unknown): StoredFields {
  return checked(value, typeof value === 'object' && value !== null && !Array.isArray(value));
}

function list(value: unknown): readonly unknown[] {
  return checked(value, Array.isArray(value));
}

function oneOf<Value>(value: unknown, values: readonly Value[]): Value {
  return checked(value, values.includes(value as Value));
}

function optional<Value>(value: unknown, read: Reader<Value>): Value | undefined {
  return value === undefined ? undefined : read(value);
}

function checked<Value>(value: unknown, isAsExpected: boolean): Value {
  if (!isAsExpected) throw new Unexpected();
  return value as Value;
}
