import { decodePath, encodePath } from '@oodate/filemon';

/** A name in a list of changes, and what is said of it. */
export interface ChangedName {
  /** Path text, as it stands there. */
  readonly name: string;
  /** undefined: only that it changes. */
  readonly change: 'content' | 'presence' | undefined;
}

/**
 * A list of names, or what `git diff --name-status` writes. Each ends in a newline, or all in a NUL, as with `-z`. Git quotes odd
 * names in lines, and so may anybody.
 */
export function parseChangedPaths(bytes: Uint8Array): ChangedName[] {
  const text = decodePath(bytes);
  if (text.includes('\0')) {
    const fields = text.split('\0');
    if (fields.at(-1) === '') fields.pop();
    return statusList(fields) ?? fields.map(plain);
  }
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  if (lines.every((line) => statusLine.test(line)))
    return lines.flatMap((line) => {
      const [status = '', ...names] = line.split('\t');
      return withStatus(status, names.map(unquoted));
    });
  return lines.map((line) => plain(unquoted(line)));
}

const statusLine = /^(?:[ADMTUX]\t[^\t]+|[RC]\d{1,3}\t[^\t]+\t[^\t]+)$/;

/** undefined if they are no such list. */
function statusList(fields: readonly string[]): ChangedName[] | undefined {
  const changes: ChangedName[] = [];
  const rest = [...fields];
  for (let status = rest.shift(); status !== undefined; status = rest.shift()) {
    const names = rest.splice(0, /^[RC]\d{1,3}$/.test(status) ? 2 : 1);
    if (!statusLine.test([status, ...names.map(() => 'x')].join('\t'))) return undefined;
    changes.push(...withStatus(status, names));
  }
  return changes;
}

/** (Source: git-diff(1), "--name-status" and "--diff-filter".) */
function withStatus(status: string, names: readonly string[]): ChangedName[] {
  const [first = '', second = ''] = names;
  const there = (name: string) => ({ name, change: 'presence' }) as const;
  switch (status.slice(0, 1)) {
    case 'A':
    case 'D':
      return [there(first)];
    case 'R':
      return [there(first), there(second)];
    case 'C':
      return [there(second)];
    default:
      return [{ name: first, change: 'content' }];
  }
}

function plain(name: string): ChangedName {
  return { name, change: undefined };
}

const escapes: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };

/** As git quotes names in C style; all else as it is. */
function unquoted(text: string): string {
  const [, inner] = /^"((?:[^"\\]|\\(?:[abtnvfr"\\]|[0-3][0-7]{2}))*)"$/.exec(text) ?? [];
  if (inner === undefined) return text;
  const parts = inner.split(/\\([abtnvfr"\\]|[0-3][0-7]{2})/);
  const bytes = parts.map((part, at) =>
    at % 2 === 0
      ? encodePath(part)
      : Buffer.from([/^\d/.test(part) ? Number.parseInt(part, 8) : (escapes[part] ?? part.charCodeAt(0))]),
  );
  return decodePath(Buffer.concat(bytes));
}
