import { quoteWord } from './shell-quoting.js';

const command = 'oodate run -- ';
const shell = `${command}sh -c `;

/** The text of a script that runs this one through oodate. What only a shell understands is given to one. */
export function prefixedScript(text: string): string {
  return /^[\w@%+=:,./ -]+$/.test(text) && !/^\S*=/.test(text) ? command + text : shell + quoteWord(text);
}

/** The text without what `prefixedScript` has added; the same text if it has added nothing. */
export function unprefixedScript(text: string): string {
  const [, quoted] =
    /^'((?:[^']|'\\'')*)'$/s.exec(text.startsWith(shell) ? text.slice(shell.length) : '') ?? [];
  const inner =
    quoted?.replaceAll("'\\''", "'") ?? (text.startsWith(command) ? text.slice(command.length) : undefined);
  return inner !== undefined && prefixedScript(inner) === text ? inner : text;
}
