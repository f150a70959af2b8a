/**
 * What records (see Prediction) tell of each path in sum, as docs/formats/filemon-log.md
 * says it, in the plainest way: words for what was done with the path, sorted by path.
 * Undefined if a directory is moved below itself, which no trace can have.
 */
export function sumUp(records: readonly string[]): Record<string, string> | undefined {
  const paths = new Map<string, Path>();
  const of = (path: string): Path => {
    const known = paths.get(path) ?? { uses: new Set(), wasThere: false, touched: false, change: 'none' };
    paths.set(path, known);
    return known;
  };
  const isBelow = (path: string, directory: string) => path.startsWith(`${directory}/`);
  const move = (from: string, to: string): void => {
    for (const [path, there] of [...paths]) {
      if (!isBelow(path, from) || !isThere(there)) continue;
      see(there, 'kept');
      remove(there);
      write(of(to + path.slice(from.length)));
    }
    see(of(from), 'kept');
    remove(of(from));
    write(of(to));
  };
  for (const [at, record] of records.entries()) {
    const { letter, pid, data } = parse(record);
    switch (letter) {
      case 'R':
        see(of(data), 'read');
        break;
      case 'S':
      case 'C':
        see(of(data), 'looked');
        break;
      case 'G':
        see(of(data), 'listed');
        of(data).uses.add('listed');
        break;
      case 'N':
        if (!of(data).touched) of(data).uses.add('missing');
        break;
      case 'K':
        see(of(data), 'kept');
        break;
      case 'W':
        write(of(data));
        break;
      case 'D': {
        const next = parse(records[at + 1] ?? '');
        const isFull = [...paths].some(([path, there]) => isBelow(path, data) && isThere(there));
        if (isFull && next.letter === 'W' && next.pid === pid) move(data, next.data);
        else remove(of(data));
        break;
      }
      case 'L':
        write(of(pair(data)[1]));
        break;
      case 'M': {
        const [from, to] = pair(data);
        if (to.startsWith(`${from}/`)) return undefined;
        move(from, to);
      }
    }
  }
  const words = [...paths].map(([path, { uses, change }]): [string, string] => [
    path,
    [...[...uses].sort(), ...(change === 'none' ? [] : [change])].join(', '),
  ]);
  return Object.fromEntries(words.filter(([, word]) => word !== '').sort());
}

interface Path {
  readonly uses: Set<string>;
  /** There when the trace first came to it. */
  wasThere: boolean;
  /** Written, made, moved or removed by the trace: what follows is no input. */
  touched: boolean;
  change: 'none' | 'written' | 'removed';
}

function see(path: Path, use: string): void {
  if (path.touched) return;
  path.wasThere = true;
  path.uses.add(use);
}

function write(path: Path): void {
  path.touched = true;
  path.change = 'written';
}

/** What the trace itself had made, and removes again, is nothing. */
function remove(path: Path): void {
  if (!path.touched) path.wasThere = true;
  path.touched = true;
  path.change = path.wasThere ? 'removed' : 'none';
  if (!path.wasThere) path.uses.delete('listed');
}

function isThere({ touched, change, wasThere }: Path): boolean {
  return touched ? change === 'written' : wasThere;
}

function parse(record: string): { letter: string; pid: string; data: string } {
  const [, letter = '', pid = '', data = ''] = /^(.) (\S+) (.*)$/.exec(record) ?? [];
  return { letter, pid, data };
}

function pair(data: string): [string, string] {
  const [, from = '', to = ''] = /^'(.*)' '(.*)'$/.exec(data) ?? [];
  return [from, to];
}
