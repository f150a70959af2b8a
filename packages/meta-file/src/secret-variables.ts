import { createHash, randomBytes } from 'node:crypto';
import type { RecordedVariable } from './run-record.js';

/**
 * Variables whose values must not lie about in a meta file. A name with one of
 * these words in it, in any case, is taken for a secret: rather one digest too
 * many than one password in a cache folder.
 */
const secretWords = /TOKEN|SECRET|PASSWORD|PASSWD|KEY|AUTH|CREDENTIAL|COOKIE/i;

/**
 * How the variable is written down. For a name that looks secret the value is
 * `SALT:DIGEST`: 16 random bytes, and the SHA-256 of these and the value, in hex.
 * That keeps a value from being read, not a short one from being guessed.
 */
export function recordedVariable(name: string, value: string): RecordedVariable {
  if (!secretWords.test(name)) return { name, value, hidden: false };
  const salt = randomBytes(16).toString('hex');
  return { name, value: `${salt}:${saltedDigest(salt, value)}`, hidden: true };
}

/** True if `value` is the one that was written down. */
export function isRecordedValue(variable: RecordedVariable, value: string): boolean {
  if (!variable.hidden) return variable.value === value;
  const [salt = '', digest] = variable.value.split(':');
  return saltedDigest(salt, value) === digest;
}

function saltedDigest(salt: string, value: string): string {
  return createHash('sha256').update(Buffer.from(salt, 'hex')).update(value).digest('hex');
}

/** Shorter values are in all sorts of text. */
const shortestSecret = 8;

/** Puts `***` in the place of what variables that look secret hold, in a text such as the command line of a P record. */
export class SecretsCover {
  readonly #texts: readonly string[];

  constructor(environment: Readonly<NodeJS.ProcessEnv>) {
    const values = Object.entries(environment).flatMap(([name, value]) =>
      value !== undefined && value.length >= shortestSecret && secretWords.test(name) ? [value] : [],
    );
    this.#texts = [...new Set(values.flatMap(writtenForms))].sort((a, b) => b.length - a.length);
  }

  cover(text: string): string {
    let covered = text;
    for (const secret of this.#texts) covered = withoutBeginning(covered.replaceAll(secret, '***'), secret);
    return covered;
  }
}

/** As a word of sh is written: as it is, within '...', within $'...'. */
function writtenForms(value: string): string[] {
  const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };
  return [
    value,
    value.replaceAll("'", "'\\''"),
    value.replace(/[\\']/g, '\\$&').replace(/[\n\t\r]/g, (character) => escapes[character] ?? character),
  ];
}

/** A line that was cut may end within the value. */
function withoutBeginning(line: string, text: string): string {
  const [, body = '', end = ''] = /^(.*?)('? \\)$/s.exec(line) ?? [];
  const at = body.lastIndexOf(text.slice(0, shortestSecret));
  return at >= 0 && text.startsWith(body.slice(at)) ? `${body.slice(0, at)}***${end}` : line;
}
