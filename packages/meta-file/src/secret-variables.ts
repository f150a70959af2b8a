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
