import { isUtf8 } from 'node:buffer';

/**
 * Paths as text, without loss.
 *
 * A path is bytes. Nearly all are UTF-8, and those are ordinary strings. A byte
 * that is not part of UTF-8 becomes one of the lone surrogates U+DC80 to U+DCFF
 * (the byte plus 0xDC00), which no UTF-8 text can contain, so that every path
 * has exactly one text and comes back to the byte. (Source: PEP 383.)
 */

declare const absolute: unique symbol;

/** A path that begins with `/`, lexically normal, symbolic links not resolved. */
export type AbsolutePath = string & { readonly [absolute]: true };

/** The text of a path, or of several in one buffer, given as bytes. */
export function decodePath(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString('utf8');
  let text = '';
  let start = 0;
  for (let at = 0; at < buffer.length; ) {
    const length = sequenceLength(buffer, at);
    if (length > 0) {
      at += length;
      continue;
    }
    text += buffer.toString('utf8', start, at) + String.fromCharCode(0xdc00 + (buffer[at] as number));
    at += 1;
    start = at;
  }
  return text + buffer.toString('utf8', start);
}

/** The bytes of a path's text. A lone surrogate that stands for no byte becomes U+FFFD. */
export function encodePath(text: string): Buffer {
  if (!escapedByte.test(text)) return Buffer.from(text, 'utf8');
  const parts: Buffer[] = [];
  let start = 0;
  for (const match of text.matchAll(escapedBytes)) {
    parts.push(Buffer.from(text.slice(start, match.index), 'utf8'));
    parts.push(Buffer.from(Array.from(match[0], (unit) => unit.charCodeAt(0) - 0xdc00)));
    start = match.index + match[0].length;
  }
  parts.push(Buffer.from(text.slice(start), 'utf8'));
  return Buffer.concat(parts);
}

/** What node:fs needs to find the path: the text itself, or a Buffer if it holds escaped bytes. */
export function fsPath(text: string): string | Buffer {
  return escapedByte.test(text) ? encodePath(text) : text;
}

export function isAbsolutePath(text: string): text is AbsolutePath {
  return text.startsWith('/') && (text === '/' || !irregular.test(text));
}

/**
 * Lexically normal form of a path that begins with `/`: no empty, `.` or `..`
 * component and no `/` at the end. `..` takes off the component before it, also
 * where that is a symbolic link on disk.
 */
export function normalizePath(text: string): AbsolutePath {
  if (isAbsolutePath(text)) return text;
  if (!text.startsWith('/'))
    throw new Error(`normalizePath wants a path that begins with "/", not "${text}"`);
  const kept: string[] = [];
  for (const component of text.split('/')) {
    if (component === '..') kept.pop();
    else if (component !== '' && component !== '.') kept.push(component);
  }
  return `/${kept.join('/')}` as AbsolutePath;
}

/** `name` as seen from the directory `dir`; an absolute name is only made normal. */
export function joinPath(dir: AbsolutePath, name: string): AbsolutePath {
  return normalizePath(name.startsWith('/') ? name : `${dir}/${name}`);
}

/** What the kernel makes up is no file that a change could be seen of. */
export function isKernelPath(path: string): boolean {
  return /^\/(?:proc|sys|dev)(?:\/|$)/.test(path);
}

/**
 * The same text in memory of its own. Text cut out of a block of a log keeps the
 * whole block alive; joining and cutting it makes a copy.
 */
export function copyText<Text extends string>(text: Text): Text {
  return ` ${text}`.slice(1) as Text;
}

// With the u flag a surrogate matches only where it is not half of a pair.
const escapedByte = /[\uDC80-\uDCFF]/u;
const escapedBytes = /[\uDC80-\uDCFF]+/gu;

const irregular = /\/(?:\/|\.\.?(?:\/|$)|$)/;

/** Length of the UTF-8 sequence that begins at `at`, or 0 if none does. (Source: RFC 3629, section 4.) */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] as number;
  if (lead < 0x80) return 1;
  const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  // The second byte has a narrower range after these: no overlong form, no surrogate, nothing above U+10FFFF.
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  for (let next = 1; next < length; next += 1) {
    const byte = bytes[at + next];
    if (byte === undefined) return 0;
    if (next === 1 ? byte < lowest || byte > highest : byte < 0x80 || byte > 0xbf) return 0;
  }
  return length;
}
