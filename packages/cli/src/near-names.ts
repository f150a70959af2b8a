/** Those of `names` that `wanted` may be a slip of the finger for, nearest first; at most three. */
export function nearNames(wanted: string, names: Iterable<string>): string[] {
  const allowed = Math.max(1, Math.floor(wanted.length / 3));
  return [...names]
    .map((name) => ({ name, distance: isLonger(wanted, name) ? 1 : editDistance(wanted, name) }))
    .filter(({ distance }) => distance <= allowed)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** `build` for `build:all`: what was typed is the first part of the name. */
function isLonger(wanted: string, name: string): boolean {
  return wanted.length > 1 && name.startsWith(wanted) && /^\W/.test(name.slice(wanted.length));
}

/** Characters to insert, drop, replace, or swap with their neighbour. (Optimal string alignment.) */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(cell(row, j - 1) + 1, cell(last, j) + 1, cell(last, j - 1) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, cell(beforeLast, j - 2) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return cell(last, b.length);
}

function cell(row: readonly number[], at: number): number {
  return row[at] as number;
}
