import type { Dice } from './dice.js';

/** The bytes with one damage drawn by lot, as disks, editors and programs do it; now and then none. */
export function damaged(bytes: Buffer, { below, bytes: random }: Dice): Buffer {
  const at = below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + below(below(8) === 0 ? bytes.length + 1 : 40));
  const before = bytes.subarray(0, at);
  const part = bytes.subarray(at, end);
  const after = bytes.subarray(end);
  switch (below(9)) {
    case 0: // cut
      return before;
    case 1: // a bit
      return Buffer.concat([before, part.map((byte, i) => (i === 0 ? byte ^ (1 << below(8)) : byte)), after]);
    case 2: // a hole
      return Buffer.concat([before, after]);
    case 3: // pages that were never written
      return Buffer.concat([before, Buffer.alloc(part.length), after]);
    case 4: // others
      return Buffer.concat([before, random(part.length), after]);
    case 5: // more
      return Buffer.concat([before, random(1 + below(20)), part, after]);
    case 6: // twice
      return Buffer.concat([before, part, part, after]);
    case 7: // elsewhere
      return Buffer.concat([part, before, after]);
    default: // lines in another order
      return inLines(bytes, (lines) => {
        const [from, to] = [below(lines.length), below(lines.length)];
        lines.splice(to, 0, ...lines.splice(from, 1 + below(3)));
      });
  }
}

/** The beginning of one and the end of the other. */
export function spliced(one: Buffer, other: Buffer, { below }: Dice): Buffer {
  return Buffer.concat([one.subarray(0, below(one.length + 1)), other.subarray(below(other.length + 1))]);
}

function inLines(bytes: Buffer, change: (lines: string[]) => void): Buffer {
  const lines = bytes.toString('latin1').split('\n');
  change(lines);
  return Buffer.from(lines.join('\n'), 'latin1');
}
