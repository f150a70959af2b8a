import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { forgetPlainScript, isPlainScript, notePlainScript } from './plain-script.js';

describe('a script that is to run plainly', () => {
  let folder: string;
  let metaFile: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'oodate-plain-'));
    metaFile = join(folder, 'build.meta');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test.each(['curl x > y', '', 'two\nlines', ' ends in space ', 'caf\udce9'])(
    'is known by its text to the byte: %j',
    (text) => {
      expect(isPlainScript(metaFile, text)).toBe(false);
      expect(notePlainScript(metaFile, text)).toBe(true);
      expect(isPlainScript(metaFile, text)).toBe(true);
      expect(isPlainScript(metaFile, `${text} more`)).toBe(false);
      expect(isPlainScript(join(folder, 'other.meta'), text)).toBe(false);
      forgetPlainScript(metaFile);
      expect(isPlainScript(metaFile, text)).toBe(false);
    },
  );

  test('is none where that could not be noted', () => {
    mkdirSync(`${metaFile}.plain`);
    expect(notePlainScript(metaFile, 'x')).toBe(false);
    expect(isPlainScript(metaFile, 'x')).toBe(false);
    forgetPlainScript(metaFile);
    expect(notePlainScript(join(folder, 'none/build.meta'), 'x')).toBe(false);
  });
});
