import { decodePath } from '../../packages/filemon/dist/index.js';

/**
 * What `strace -f -y -o FILE` writes, as calls:
 *
 *     4711 openat(AT_FDCWD</tmp>, "a b", O_RDONLY) = 3</tmp/a b>
 *     4711 vfork( <unfinished ...>
 *     4712 execve("/bin/ls", ["ls"], 0x7ffc...) = 0
 *     4711 <... vfork resumed>)              = 4712
 *     4712 +++ exited with 0 +++
 *
 * Names are escaped as in C; what -y puts between < and > has these two escaped as well.
 *
 * @typedef {object} Call
 * @property {number} pid      of the thread
 * @property {string} name
 * @property {string[]} args   as they are written
 * @property {string} result   the number as it is written; "?" if the call did not come back
 * @property {string} [error]  its name, such as ENOENT
 * @property {Descriptor} [file]  what the result is a descriptor of
 *
 * @typedef {object} Descriptor
 * @property {string} path     or "pipe:[1]" and the like
 * @property {boolean} deleted
 */

/**
 * The calls in the order in which they began, and the lines that were not understood.
 *
 * @param {string} text  the bytes of the file, each as a character ('latin1')
 * @returns {{calls: Call[], unreadable: string[]}}
 */
export function parseStrace(text) {
  const begun = [];
  const unfinished = new Map();
  const unreadable = [];
  for (const line of linesOf(text)) {
    const [, pid, rest] = /^(\d+) +(.*)$/s.exec(line) ?? [];
    if (rest === undefined) {
      unreadable.push(line);
      continue;
    }
    if (rest.startsWith('---')) continue;
    if (rest.startsWith('+++')) {
      // The thread that executes a program takes the number of the first thread.
      const [, by] = /^\+\+\+ superseded by execve in pid (\d+) /.exec(rest) ?? [];
      if (by !== undefined && unfinished.has(by)) unfinished.set(pid, unfinished.get(by));
      continue;
    }
    const [, resumed] = /^<\.\.\. [\w?]+ resumed>(.*)$/s.exec(rest) ?? [];
    const call = resumed === undefined ? { pid: Number(pid), text: rest } : unfinished.get(pid);
    if (call === undefined) {
      unreadable.push(line);
      continue;
    }
    if (resumed === undefined) begun.push(call);
    else call.text += resumed;
    if (call.text.endsWith(cut)) {
      call.text = call.text.slice(0, -cut.length);
      unfinished.set(pid, call);
    } else unfinished.delete(pid);
  }
  const calls = [];
  for (const { pid, text } of begun) {
    // A thread that had ended before strace could ask which call it was about to make.
    if (text.startsWith('???(')) continue;
    const call = parseCall(text);
    if (call === undefined) unreadable.push(`${pid} ${text}`);
    else calls.push({ pid, ...call });
  }
  return { calls, unreadable };
}

/** The text of a string argument; undefined for NULL or a pointer. */
export function stringOf(arg) {
  return arg?.startsWith('"') && arg.endsWith('"') ? plainText(arg.slice(1, -1)) : undefined;
}

/** What a descriptor argument leads to; undefined if -y did not say. @returns {Descriptor | undefined} */
export function descriptorOf(arg) {
  const [, path, deleted] = /^(?:AT_FDCWD|-?\d+)<([^>]*)>(\(deleted\))?/.exec(arg ?? '') ?? [];
  return path === undefined ? undefined : { path: plainText(path), deleted: deleted !== undefined };
}

/** The member of a struct argument, as it is written: `{flags=O_RDONLY, mode=0}`. */
export function memberOf(arg, name) {
  const start = arg.indexOf(`${name}=`);
  if (!/[{ ]/.test(arg[start - 1] ?? '')) return undefined;
  const from = start + name.length + 1;
  return arg.slice(from, argumentsEnd(arg, from, ',}'));
}

const cut = ' <unfinished ...>';

function* linesOf(text) {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start);
    yield text.slice(start, end < 0 ? text.length : end);
    start = end < 0 ? text.length : end + 1;
  }
}

function parseCall(text) {
  const [head, name] = /^(\w+)\(/.exec(text) ?? [];
  if (head === undefined) return undefined;
  const args = [];
  let at = head.length;
  for (;;) {
    const end = argumentsEnd(text, at, ',)');
    if (at !== end || args.length > 0) args.push(text.slice(at, end).trim());
    at = end + 1;
    if (text[end] !== ',') break;
  }
  // A thread that was ended within a call has no result, and perhaps no closing bracket.
  const outcome = text.slice(at);
  const [, result, error] = /^ *= (\?|-?\w+)(?: (E[A-Z0-9]+))?/.exec(outcome) ?? [];
  if (result === undefined && outcome.trim() !== '') return undefined;
  const file = descriptorOf(/^ *= (\d+<.*)$/.exec(outcome)?.[1]);
  return {
    name,
    args,
    result: result ?? '?',
    ...(error !== undefined && { error }),
    ...(file !== undefined && { file }),
  };
}

/** Where the argument that begins at `at` ends: at one of `ends`, outside of strings, brackets and paths. */
function argumentsEnd(text, at, ends) {
  let depth = 0;
  for (let here = at; here < text.length; here += 1) {
    const character = text[here];
    if (depth === 0 && ends.includes(character)) return here;
    if (character === '"') here = stringEnd(text, here);
    else if (character === '<' && /[0-9D]/.test(text[here - 1]) && text[here + 1] !== '<')
      here = endOf(text, '>', here);
    else if (character === '/' && text[here + 1] === '*') here = endOf(text, '*/', here);
    else if ('([{'.includes(character)) depth += 1;
    else if (')]}'.includes(character)) depth -= 1;
  }
  return text.length;
}

function stringEnd(text, start) {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

function endOf(text, mark, start) {
  const end = text.indexOf(mark, start);
  return end < 0 ? text.length : end;
}

const letters = { n: 10, t: 9, r: 13, v: 11, f: 12 };

function plainText(text) {
  if (!text.includes('\\')) return text;
  const bytes = text.replace(/\\([0-7]{1,3}|.)/gs, (_, escaped) =>
    /[0-7]/.test(escaped[0])
      ? String.fromCharCode(Number.parseInt(escaped, 8))
      : letters[escaped] === undefined
        ? escaped
        : String.fromCharCode(letters[escaped]),
  );
  return decodePath(Buffer.from(bytes, 'latin1'));
}
