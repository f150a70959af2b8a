import { isUtf8 } from 'node:buffer';
import { decodePath, encodePath } from '@oodate/filemon';
import protobuf, { type Reader, type Writer } from 'protobufjs/minimal.js';
import { type Digest, digestOf, isHash } from './digest.js';
import { damagedEntry, StoreError } from './store-error.js';

/*
 * The few messages of build.bazel.remote.execution.v2 that are stored or that make a key, as
 * https://github.com/bazelbuild/remote-apis has them:
 *
 *   Digest                  hash = 1, size_bytes = 2
 *   ActionResult            output_files = 2, output_directories = 3, stdout_digest = 6,
 *                           execution_metadata = 9, output_symlinks = 12
 *   OutputFile              path = 1, digest = 2, is_executable = 4, node_properties = 7
 *   NodeProperties          unix_mode = 3, a UInt32Value with value = 1
 *   OutputSymlink           path = 1, target = 2
 *   OutputDirectory         path = 1, tree_digest = 3
 *   ExecutedActionMetadata  auxiliary_metadata = 11, an Any with type_url = 1, value = 2
 *   Command                 arguments = 1, environment_variables = 2 (name = 1, value = 2), working_directory = 6
 *   Action                  command_digest = 1, input_root_digest = 2, salt = 9
 *
 * and one of ours, as auxiliary metadata:
 *
 *   oodate.Entry            check = 1, meta = 2 (Digest), root = 3
 *
 * The check is the SHA-256 of the entry's message with 32 zero bytes as oodate.Entry.check, as it is written here: what an
 * entry says has no digest of its own, and a changed bit would not show. It is made of what was read, so that
 * it holds where a server has written the message anew.
 *
 * These messages hold UTF-8. A byte of a name that is none is written as NUL and two hex digits, as no name
 * has a NUL.
 */

/** What an entry of the action cache says. Whether a path may be written is for others to judge. */
export interface ActionResult {
  /** `mode`: permission bits. */
  readonly outputFiles: readonly { readonly path: string; readonly digest: Digest; readonly mode: number }[];
  readonly outputSymlinks: readonly { readonly path: string; readonly target: string }[];
  readonly outputDirectories: readonly { readonly path: string; readonly treeDigest: Digest }[];
  readonly stdout?: Digest;
  readonly result?: {
    /** The whole meta file of the run. */
    readonly meta: Digest;
    /** The one place where the result may be used; '' for any. */
    readonly root: string;
  };
}

export interface Action {
  readonly arguments: readonly string[];
  readonly environment: readonly (readonly [name: string, value: string])[];
  /** Relative to the root of the inputs. */
  readonly directory: string;
  readonly inputRoot: Digest;
  /** Tells apart what is otherwise the same. */
  readonly salt: string;
}

/** Of one entry, in all lists together. More than any command makes, and less than memory holds. */
const maxOutputs = 500_000;

export function encodeActionResult(result: ActionResult): Uint8Array {
  return writeResult(result, checkOf(writeResult(result, noCheck)));
}

/** Throws a StoreError if the bytes are no entry, or not the one that was written. */
export function decodeActionResult(bytes: Uint8Array): ActionResult {
  return orDamaged(() => {
    const { check, ...result } = readResult(bytes);
    if (!isAsWritten(bytes, check) && !checkOf(writeResult(result, noCheck)).equals(check))
      throw damagedEntry('its check does not fit');
    return result;
  });
}

/** As `decodeActionResult`; but the outputs, of which there may be many, are not decoded where the check holds without. */
export function decodeOwnPart(bytes: Uint8Array): Pick<ActionResult, 'result'> {
  return orDamaged(() => {
    const own = readOwnPart(bytes);
    return isAsWritten(bytes, own.check) ? resultOf(own) : decodeActionResult(bytes);
  });
}

function orDamaged<Decoded>(decode: () => Decoded): Decoded {
  try {
    return decode();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw damagedEntry('it cannot be decoded', error);
  }
}

/** The digest of an Action message; neither it nor its Command is stored, as environments hold secrets. */
export function actionKey(action: Action): string {
  const command = protobuf.Writer.create();
  for (const word of action.arguments) command.uint32(tag(1, lengthFirst)).string(escaped(word));
  for (const [name, value] of [...action.environment].sort(byName))
    writeMessage(command, 2, () => {
      writeText(command, 1, name);
      writeText(command, 2, value);
    });
  writeText(command, 6, action.directory);
  const message = protobuf.Writer.create();
  writeDigest(message, 1, digestOf(command.finish()));
  writeDigest(message, 2, action.inputRoot);
  if (action.salt !== '') message.uint32(tag(9, lengthFirst)).bytes(encodePath(action.salt));
  return digestOf(message.finish()).hash;
}

function byName([one]: readonly [string, string], [other]: readonly [string, string]): number {
  return Buffer.compare(encodePath(one), encodePath(other));
}

const noCheck = Buffer.alloc(32);

function checkOf(bytes: Uint8Array): Buffer {
  return Buffer.from(digestOf(bytes).hash, 'hex');
}

/** Whether it is the check of these very bytes, in which it lies. A server may have written the message anew. */
function isAsWritten(bytes: Uint8Array, check: Uint8Array): boolean {
  if (check.length !== noCheck.length) return false;
  const without = Buffer.from(bytes);
  without.set(noCheck, check.byteOffset - bytes.byteOffset);
  return checkOf(without).equals(check);
}

/** In the order of the field numbers, as a digest of a message wants it. */
function writeResult(result: ActionResult, check: Uint8Array): Uint8Array {
  const { outputFiles, outputDirectories, outputSymlinks, stdout } = result;
  const writer = protobuf.Writer.create();
  for (const { path, digest, mode } of outputFiles)
    writeMessage(writer, 2, () => {
      writeText(writer, 1, path);
      writeDigest(writer, 2, digest);
      if ((mode & 0o111) !== 0) writer.uint32(tag(4, varint)).bool(true);
      writeMessage(writer, 7, () => writeMessage(writer, 3, () => writeNumber(writer, 1, mode)));
    });
  for (const { path, treeDigest } of outputDirectories)
    writeMessage(writer, 3, () => {
      writeText(writer, 1, path);
      writeDigest(writer, 3, treeDigest);
    });
  if (stdout !== undefined) writeDigest(writer, 6, stdout);
  writeMessage(writer, 9, () =>
    writeMessage(writer, 11, () => {
      writeText(writer, 1, entryType);
      writeMessage(writer, 2, () => writeOwnPart(writer, result, check));
    }),
  );
  for (const { path, target } of outputSymlinks)
    writeMessage(writer, 12, () => {
      writeText(writer, 1, path);
      writeText(writer, 2, target);
    });
  return writer.finish();
}

const entryType = 'oodate/oodate.Entry';

function writeOwnPart(writer: Writer, { result }: ActionResult, check: Uint8Array): void {
  writer.uint32(tag(1, lengthFirst)).bytes(check);
  if (result === undefined) return;
  writeDigest(writer, 2, result.meta);
  writeText(writer, 3, result.root);
}

type ReadResult = ActionResult & { readonly check: Uint8Array };

function readResult(bytes: Uint8Array): ReadResult {
  const outputFiles: ActionResult['outputFiles'][number][] = [];
  const outputSymlinks: ActionResult['outputSymlinks'][number][] = [];
  const outputDirectories: ActionResult['outputDirectories'][number][] = [];
  let stdout: Digest | undefined;
  let outputs = 0;
  const counted = (message: Uint8Array): Uint8Array => {
    outputs += 1;
    if (outputs > maxOutputs) throw damagedEntry(`it has more than ${maxOutputs} outputs`);
    return message;
  };
  readMessage(bytes, {
    [tag(2, lengthFirst)]: (reader) => outputFiles.push(readFile(counted(reader.bytes()))),
    [tag(3, lengthFirst)]: (reader) => outputDirectories.push(readDirectory(counted(reader.bytes()))),
    [tag(6, lengthFirst)]: (reader) => {
      stdout = readDigest(reader.bytes());
    },
    [tag(12, lengthFirst)]: (reader) => outputSymlinks.push(readSymlink(counted(reader.bytes()))),
  });
  const own = readOwnPart(bytes);
  return {
    outputFiles,
    outputSymlinks,
    outputDirectories,
    ...(stdout !== undefined && { stdout }),
    ...resultOf(own),
    check: own.check,
  };
}

function readOwnPart(bytes: Uint8Array): OwnPart {
  let own: OwnPart | undefined;
  readMessage(bytes, {
    [tag(9, lengthFirst)]: (metadata) =>
      readMessage(metadata.bytes(), {
        [tag(11, lengthFirst)]: (reader) => {
          own = readAny(reader.bytes()) ?? own;
        },
      }),
  });
  if (own === undefined) throw damagedEntry('it is not one of oodate');
  return own;
}

function resultOf({ meta, root }: OwnPart): Pick<ActionResult, 'result'> {
  return meta === undefined ? {} : { result: { meta, root } };
}

function readFile(bytes: Uint8Array): ActionResult['outputFiles'][number] {
  let path = '';
  let digest: Digest | undefined;
  let isExecutable = false;
  let mode: number | undefined;
  readMessage(bytes, {
    [tag(1, lengthFirst)]: (reader) => {
      path = readText(reader);
    },
    [tag(2, lengthFirst)]: (reader) => {
      digest = readDigest(reader.bytes());
    },
    [tag(4, varint)]: (reader) => {
      isExecutable = reader.bool();
    },
    [tag(7, lengthFirst)]: (reader) => {
      mode = readMode(reader.bytes()) ?? mode;
    },
  });
  if (digest === undefined) throw damagedEntry('an output has no digest');
  return { path, digest, mode: mode ?? (isExecutable ? 0o755 : 0o644) };
}

function readMode(bytes: Uint8Array): number | undefined {
  let mode: number | undefined;
  readMessage(bytes, {
    [tag(3, lengthFirst)]: (reader) => {
      mode = 0;
      readMessage(reader.bytes(), {
        [tag(1, varint)]: (value) => {
          mode = value.uint32();
        },
      });
    },
  });
  if (mode !== undefined && mode > 0o7777) throw damagedEntry('an output has no possible mode');
  return mode;
}

function readSymlink(bytes: Uint8Array): ActionResult['outputSymlinks'][number] {
  let path = '';
  let target = '';
  readMessage(bytes, {
    [tag(1, lengthFirst)]: (reader) => {
      path = readText(reader);
    },
    [tag(2, lengthFirst)]: (reader) => {
      target = readText(reader);
    },
  });
  return { path, target };
}

function readDirectory(bytes: Uint8Array): ActionResult['outputDirectories'][number] {
  let path = '';
  let treeDigest: Digest | undefined;
  readMessage(bytes, {
    [tag(1, lengthFirst)]: (reader) => {
      path = readText(reader);
    },
    [tag(3, lengthFirst)]: (reader) => {
      treeDigest = readDigest(reader.bytes());
    },
  });
  if (treeDigest === undefined) throw damagedEntry('an output has no digest');
  return { path, treeDigest };
}

interface OwnPart {
  readonly check: Uint8Array;
  readonly meta: Digest | undefined;
  readonly root: string;
}

/** undefined if it is something else. */
function readAny(bytes: Uint8Array): OwnPart | undefined {
  let type = '';
  let value: Uint8Array = new Uint8Array();
  readMessage(bytes, {
    [tag(1, lengthFirst)]: (reader) => {
      type = readText(reader);
    },
    [tag(2, lengthFirst)]: (reader) => {
      value = reader.bytes();
    },
  });
  if (type !== entryType) return undefined;
  let check: Uint8Array = new Uint8Array();
  let meta: Digest | undefined;
  let root = '';
  readMessage(value, {
    [tag(1, lengthFirst)]: (reader) => {
      check = reader.bytes();
    },
    [tag(2, lengthFirst)]: (reader) => {
      meta = readDigest(reader.bytes());
    },
    [tag(3, lengthFirst)]: (reader) => {
      root = readText(reader);
    },
  });
  return { check, meta, root };
}

function readDigest(bytes: Uint8Array): Digest {
  let hash = '';
  let size = 0;
  readMessage(bytes, {
    [tag(1, lengthFirst)]: (reader) => {
      hash = reader.string();
    },
    [tag(2, varint)]: (reader) => {
      // A number, or an object whose text is one.
      size = Number(reader.int64());
    },
  });
  if (!isHash(hash) || !Number.isSafeInteger(size) || size < 0)
    throw damagedEntry('it has no digest where one is due');
  return { hash, size };
}

/** How a value is written: the lower bits of a field's tag. */
const varint = 0;
const lengthFirst = 2;

function tag(field: number, wireType: number): number {
  return (field << 3) | wireType;
}

/** Gives each value to the reader for its tag, and leaves out those that have none. */
function readMessage(bytes: Uint8Array, fields: Readonly<Record<number, (reader: Reader) => unknown>>): void {
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    const found = reader.uint32();
    const read = fields[found];
    if (read === undefined) reader.skipType(found & 7);
    else read(reader);
  }
}

function readText(reader: Reader): string {
  const bytes = reader.bytes();
  if (!isUtf8(bytes)) throw damagedEntry('it has a name that is not UTF-8');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  if (!text.includes('\0')) return text;
  const names = text.replace(/\0([89a-f][0-9a-f])/g, (_, byte: string) =>
    String.fromCharCode(0xdc00 + Number.parseInt(byte, 16)),
  );
  if (names.includes('\0')) throw damagedEntry('it has a name with a NUL');
  // Bytes that are UTF-8 together have another text.
  return decodePath(encodePath(names));
}

function escaped(text: string): string {
  return text.replace(/[\uDC80-\uDCFF]/gu, (unit) => `\0${(unit.charCodeAt(0) - 0xdc00).toString(16)}`);
}

function writeMessage(writer: Writer, field: number, write: () => void): void {
  writer.uint32(tag(field, lengthFirst)).fork();
  write();
  writer.ldelim();
}

function writeText(writer: Writer, field: number, text: string): void {
  if (text !== '') writer.uint32(tag(field, lengthFirst)).string(escaped(text));
}

function writeNumber(writer: Writer, field: number, value: number): void {
  if (value !== 0) writer.uint32(tag(field, varint)).uint32(value);
}

function writeDigest(writer: Writer, field: number, { hash, size }: Digest): void {
  writeMessage(writer, field, () => {
    writeText(writer, 1, hash);
    if (size !== 0) writer.uint32(tag(2, varint)).int64(size);
  });
}
