import { closeSync, openSync, readSync } from 'node:fs';

/** As far as the kernel goes: a script whose interpreter is a script, and so on. */
const deepest = 5;

/**
 * What the kernel opens besides to execute a file, which is no call of its own: the interpreters that `#!`
 * names, and the loader of a program. As records: `E` for what is executed, `R` for what is loaded.
 * Nothing for a file that has gone.
 */
export function interpretersOf(path, depth = 0) {
  const head = beginning(path);
  if (head === undefined || depth === deepest) return [];
  const [, script] = /^#![ \t]*([^ \t\n]+)/.exec(head.toString('latin1', 0, 256)) ?? [];
  if (script !== undefined) return [{ letter: 'E', path: script }, ...interpretersOf(script, depth + 1)];
  const loader = loaderOf(head);
  return loader === undefined ? [] : [{ letter: 'R', path: loader }];
}

function beginning(path) {
  let fd;
  try {
    fd = openSync(path, 'r');
    const bytes = Buffer.alloc(64 * 1024);
    return bytes.subarray(0, readSync(fd, bytes));
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** PT_INTERP of a 64-bit little-endian program. (Source: elf(5).) */
function loaderOf(head) {
  if (head.length < 64 || head.toString('latin1', 0, 5) !== '\x7fELF\x02') return undefined;
  const [table, size, count] = [
    Number(head.readBigUInt64LE(32)),
    head.readUInt16LE(54),
    head.readUInt16LE(56),
  ];
  for (let entry = table; entry < table + count * size; entry += size) {
    if (head.readUInt32LE(entry) !== 3) continue;
    const [offset, length] = [8, 32].map((at) => Number(head.readBigUInt64LE(entry + at)));
    return head.toString('latin1', offset, offset + length - 1);
  }
  return undefined;
}
