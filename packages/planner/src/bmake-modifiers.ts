import { encodePath } from '@oodate/filemon';

/*
 * bmake's words, patterns and the modifiers :M and :N, to the letter. Other
 * modifiers are left to bmake itself.
 */

/** Cuts text into words as bmake does: at white space outside of quotes, which stay in the words. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quote === '' && /[ \t\n]/.test(character)) {
      if (word !== undefined) words.push(word);
      // What follows a newline is lost, unless there is a space before it.
      if (character === '\n' && word !== undefined) return words;
      word = undefined;
      continue;
    }
    word = (word ?? '') + character;
    if (character === '\\' && at + 1 < text.length) word += text.charAt(++at);
    else if (quote === '' && /["']/.test(character)) quote = character;
    else if (character === quote) quote = '';
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** Whether the pattern matches the whole text. `*` crosses `/`; `?`, `[...]`, `[^...]` and `\` are special. */
export function matchesPattern(text: string, pattern: string): boolean {
  return matchesAt(bytesOf(text), 0, bytesOf(pattern), 0);
}

/** One character for each byte, since bmake knows bytes only. */
function bytesOf(text: string): string {
  return encodePath(text).toString('latin1');
}

function matchesAt(text: string, textAt: number, pattern: string, patternAt: number): boolean {
  let at = textAt;
  for (let next = patternAt; ; ) {
    if (next >= pattern.length) return at === text.length;
    const special = pattern.charAt(next);
    if (special === '*') {
      while (pattern.charAt(next) === '*') next += 1;
      if (next >= pattern.length) return true;
      for (; at < text.length; at += 1) if (matchesAt(text, at, pattern, next)) return true;
      return false;
    }
    if (at >= text.length) return false;
    if (special === '[') {
      const end = listEnd(text.charAt(at), pattern, next);
      if (end === undefined) return false;
      if (end === 'all') return true;
      next = end;
    } else if (special !== '?') {
      if (special === '\\') next += 1;
      if (pattern.charAt(next) !== text.charAt(at)) return false;
    }
    next += 1;
    at += 1;
  }
}

/**
 * Where the list that begins at `start` ends, if it takes the character. A list
 * that is not closed ends with the pattern; with a range cut off in a negated
 * list bmake takes all the text for matched.
 */
function listEnd(character: string, pattern: string, start: number): number | 'all' | undefined {
  const negated = pattern.charAt(start + 1) === '^';
  let at = start + (negated ? 2 : 1);
  for (; ; at += 1) {
    const first = pattern.charAt(at);
    if (first === ']' || first === '') {
      if (!negated) return undefined;
      break;
    }
    if (first === character) break;
    if (pattern.charAt(at + 1) !== '-') continue;
    const last = pattern.charAt(at + 2);
    if (last === '') return negated ? 'all' : undefined;
    if ((first <= character && character <= last) || (last <= character && character <= first)) break;
    at += 2;
  }
  if (negated && at < pattern.length && pattern.charAt(at) !== ']') return undefined;
  const close = pattern.indexOf(']', at);
  return close < 0 ? pattern.length - 1 : close;
}

/**
 * What `${text:L:modifiers}` gives, where that can be said without bmake: the
 * modifiers are words of `M` and `N` with plain patterns, and nothing in the
 * text has a meaning in an expression. Undefined otherwise.
 */
export function applyModifiers(text: string, modifiers: string): string | undefined {
  if (/[$:{}\\"'\n]/.test(text) || !/^(?:[MN][^$:{}()\\"'\s]*(?:[ \t]+|$))*$/.test(modifiers))
    return undefined;
  let words = wordsOf(text);
  for (const modifier of wordsOf(modifiers)) {
    const pattern = modifier.slice(1);
    words = words.filter((word) => matchesPattern(word, pattern) === modifier.startsWith('M'));
  }
  return words.join(' ');
}
