/*
 * Names and command lines as one can read them. They go into the page as text nodes, so that nothing in them is HTML;
 * but they may hold characters that cannot be seen, or that turn the order of the others about.
 */

/** On one line. A byte that is not UTF-8 is `\xff`, as are control characters; others that do not show are `\u{202e}`. */
export function shownText(text: string): string {
  return text.replace(unseen, escaped);
}

/** The same of what may have several lines. */
export function shownLines(text: string): string {
  return text.replace(unseen, (character) => (character === '\n' ? character : escaped(character)));
}

// Cf: those that set the direction of writing are among them.
const unseen = /[\p{Cc}\p{Cs}\p{Cf}\p{Zl}\p{Zp}]/gu;

function escaped(character: string): string {
  const code = character.codePointAt(0) as number;
  const short = { 9: '\\t', 10: '\\n', 13: '\\r' }[code];
  if (short !== undefined) return short;
  // Lone surrogates that stand for a byte: see path-text.ts of filemon.
  const byte = code >= 0xdc80 && code <= 0xdcff ? code - 0xdc00 : code;
  return byte <= 0xff ? `\\x${hex(byte).padStart(2, '0')}` : `\\u{${hex(code)}}`;
}

function hex(number: number): string {
  return number.toString(16);
}

/** A path below the directory is shown relative to it. */
export function shownPath(path: string, directory: string): string {
  if (path === directory) return '.';
  const below = directory === '/' ? '/' : `${directory}/`;
  return shownText(path.startsWith(below) ? path.slice(below.length) : path);
}

export function shownDuration(microseconds: number): string {
  if (microseconds < 1000) return `${Math.round(microseconds)} µs`;
  const milliseconds = microseconds / 1000;
  if (milliseconds < 1000) return `${rounded(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${rounded(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function rounded(number: number): string {
  return number.toFixed(number < 10 ? 1 : 0);
}

export function counted(number: number, noun: string): string {
  const plural = /(?:s|sh|ch|x)$/.test(noun) ? 'es' : 's';
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : plural}`;
}
