import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type AbsolutePath, encodePath, nameOf, parentOf } from '@oodate/filemon';
import type { RecordedOutput } from '@oodate/meta-file';
import type { Identity, Look, Sight } from './file-witness.js';
import { keptStreams } from './kept-streams.js';

/** What must be the same for a call to have the same answer as this time: that the target is up to date. */
export interface Proof {
  /** Of this oodate: another may decide in another way. */
  readonly program: Identity;
  readonly user: number;
  /** After the program's name. */
  readonly words: readonly string[];
  readonly cwd: string;
  /** The variable PWD, if that matters. */
  readonly pwd: 'any' | { readonly value: string | undefined };
  /** Standard input must hold nothing. */
  readonly needsNullStdin: boolean;
  /** Of the caller. */
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  /** Names of variables that do not matter; one that ends in `*` stands for all that begin so. */
  readonly ignoredVariables: readonly string[];
  readonly looks: readonly Look[];
  /** What the command wrote, to be written again. */
  readonly output: (RecordedOutput & { readonly bytes: Uint8Array }) | undefined;
  /** What is said on stderr, there being a terminal or not. */
  readonly line: string;
  readonly colouredLine: string;
}

/*
 * The layout is that of the structures in proof.h of the probe, described in
 * docs/formats/proof.md. It is made to be used where it lies in memory.
 */

const magic = 'oodate proof 1\n\0';
const headSize = 208;
const lookSize = 56;
/** Looks in one directory are taken in groups, so that several threads have a part each. */
const longestGroup = 256;
const kinds = { absent: 0, directory: 1, special: 2, same: 3, place: 4, unreadable: 5 } as const;

/** The bytes of the file; undefined if it would be too long for its layout. */
export function formatProof(proof: Proof): Buffer | undefined {
  const strings = new Strings();
  const looks = formatLooks(proof.looks, strings);
  const words = numbers(proof.words.map((word) => strings.place(word)));
  const ignored = numbers(proof.ignoredVariables.map((name) => strings.place(name)));
  const chunks = numbers((proof.output?.chunks ?? []).flatMap(({ stream, length }) => [stream, length]));
  const output = proof.output?.bytes ?? new Uint8Array();
  const places = [
    proof.cwd,
    proof.pwd === 'any' ? '' : (proof.pwd.value ?? ''),
    proof.line,
    proof.colouredLine,
  ].map((text) => strings.place(text));
  const head = Buffer.alloc(headSize);
  head.write(magic, 'latin1');
  head.writeUInt32LE(proof.user, 24);
  head.writeUInt32LE(proof.pwd === 'any' ? 0 : proof.pwd.value === undefined ? 1 : 2, 28);
  head.writeUInt32LE(proof.needsNullStdin ? 1 : 0, 32);
  head.writeUInt32LE(
    keptStreams(proof.output).reduce((bits, stream) => bits | (1 << (stream - 1)), 0),
    36,
  );
  const salt = randomBytes(16);
  head.set(salt, 40);
  head.set(environmentDigest(salt, proof.environment, proof.ignoredVariables), 56);
  writeIdentity(viewOf(head), 88, proof.program);
  places.forEach((place, index) => {
    head.writeUInt32LE(place, 136 + 4 * index);
  });

  const parts = [
    [strings.bytes(), 1],
    [words, 4],
    [ignored, 4],
    [looks.looks, lookSize],
    [looks.groups, 12],
    [chunks, 8],
    [output, 1],
  ] as const;
  const pieces: Uint8Array[] = [head];
  let length = headSize;
  parts.forEach(([bytes, size], index) => {
    const padding = -length & 7;
    pieces.push(Buffer.alloc(padding), bytes);
    length += padding;
    if (length + bytes.length > longestFile) return;
    head.writeUInt32LE(length, 152 + 8 * index);
    head.writeUInt32LE(bytes.length / size, 156 + 8 * index);
    length += bytes.length;
  });
  if (length + lookSize > longestFile) return undefined;
  head.writeUInt32LE(length, 16);
  const bytes = Buffer.concat(pieces);
  bytes.writeUInt32LE(crc32(bytes.subarray(24)), 20);
  return bytes;
}

const longestFile = 2 ** 31;

/** Each text once, as bytes with a NUL; a text is known by its place. */
class Strings {
  readonly #places = new Map<string, number>([['', 0]]);
  readonly #pieces: Buffer[] = [Buffer.alloc(1)];
  #length = 1;

  place(text: string): number {
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    const place = this.#length;
    const bytes = encodePath(`${text}\0`);
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    this.#places.set(text, place);
    return place;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}

function numbers(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => {
    bytes.writeUInt32LE(value, 4 * index);
  });
  return bytes;
}

/** By directory, so that the way to each is walked once. */
function formatLooks(
  all: readonly Look[],
  strings: Strings,
): { readonly looks: Buffer; readonly groups: Buffer } {
  const byDirectory = new Map<AbsolutePath, Look[]>();
  for (const look of all) {
    const dir = parentOf(look.path);
    const known = byDirectory.get(dir);
    if (known === undefined) byDirectory.set(dir, [look]);
    else known.push(look);
  }
  const looks = Buffer.alloc(all.length * lookSize);
  const view = viewOf(looks);
  const groups: number[] = [];
  let count = 0;
  for (const [dir, inDir] of byDirectory) {
    const path = strings.place(dir);
    for (let start = 0; start < inDir.length; start += longestGroup) {
      const group = inDir.slice(start, start + longestGroup);
      groups.push(path, count, group.length);
      for (const look of group) {
        // The top has no name in itself.
        writeLook(view, count * lookSize, strings.place(nameOf(look.path) || '.'), look);
        count += 1;
      }
    }
  }
  return { looks, groups: numbers(groups) };
}

function writeLook(view: DataView, at: number, name: number, { follows, sight }: Look): void {
  view.setUint32(at, name, true);
  view.setUint16(at + 4, kinds[sight.kind], true);
  view.setUint16(at + 6, follows ? 1 : 0, true);
  writeIdentity(view, at + 8, identityIn(sight));
}

function identityIn(sight: Sight): Identity {
  switch (sight.kind) {
    case 'same':
      return sight.identity;
    case 'place':
      return { ...nothing, device: sight.device, inode: sight.inode };
    case 'unreadable':
      return { ...nothing, size: BigInt(sight.errno) };
    default:
      return nothing;
  }
}

const nothing: Identity = { device: 0n, inode: 0n, size: 0n, mtime: 0n, ctime: 0n, mode: 0 };

/** By a DataView: at the start of a program a Buffer takes five times as long for a 64-bit number. */
function writeIdentity(view: DataView, at: number, identity: Identity): void {
  view.setBigUint64(at, identity.device, true);
  view.setBigUint64(at + 8, identity.inode, true);
  view.setBigUint64(at + 16, identity.size, true);
  view.setBigInt64(at + 24, identity.mtime, true);
  view.setBigInt64(at + 32, identity.ctime, true);
  view.setUint32(at + 40, identity.mode, true);
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Of all variables that matter, `NAME=VALUE` with a NUL, in byte order: so that no value can be read. */
function environmentDigest(
  salt: Uint8Array,
  environment: Readonly<NodeJS.ProcessEnv>,
  ignored: readonly string[],
): Buffer {
  const names = new Set(ignored);
  const starts = ignored.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1));
  const entries = Object.entries(environment)
    .filter(
      ([name, value]) =>
        value !== undefined && !names.has(name) && !starts.some((start) => name.startsWith(start)),
    )
    .map(([name, value]) => Buffer.from(`${name}=${value}\0`));
  const hash = createHash('sha256').update(salt);
  for (const entry of entries.sort(Buffer.compare)) hash.update(entry);
  return hash.digest();
}
