import { readFileSync } from 'node:fs';

let known: ReadonlyMap<number, string> | undefined;

/** The name of a user, by the machine's own list; the number as text if it is not there. */
export function userName(uid: number): string {
  known ??= new Map(linesOf('/etc/passwd').flatMap((line) => nameIn(line.split(':'))));
  return known.get(uid) ?? String(uid);
}

/** (Source: passwd(5).) */
function nameIn([name, , uid]: readonly string[]): [number, string][] {
  return name !== undefined && uid !== undefined && /^\d+$/.test(uid) ? [[Number(uid), name]] : [];
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}
