import type { BmakeFiles } from './bmake-files.js';
import { wordsOf } from './bmake-modifiers.js';

/** What bmake's decision depends on besides the target and the disk. */
export interface BmakeSettings {
  /** Keywords of .MAKE.MODE. */
  readonly mode: BmakeMode;
  /** .MAKE.META.IGNORE_PATHS with bmake's own additions, real paths: what begins with one of them is ignored. */
  readonly ignorePaths: readonly string[];
  /** Words of .MAKE.META.IGNORE_PATTERNS; undefined if the variable is not set. */
  readonly ignorePatterns: readonly string[] | undefined;
  /** .MAKE.META.IGNORE_FILTER, words of modifiers; undefined if it is not set. */
  readonly ignoreFilter: string | undefined;
  /** .MAKE.META.CMP_FILTER likewise. */
  readonly cmpFilter: string | undefined;
  /** .MAKE.META.BAILIWICK, real paths. */
  readonly bailiwick: readonly string[];
  /** The directory for temporary files, with a `/` at its end. */
  readonly temporary: string;
  /** ${.MAKE}: the word that makes a command a sub-make. */
  readonly make: string;
}

export interface BmakeMode {
  /** Without it bmake reads no meta file at all. */
  readonly meta: boolean;
  readonly curdirOk: boolean;
  readonly missingMeta: boolean;
  readonly missingFilemon: boolean;
  readonly ignoreCommands: boolean;
  /** Meta files are used and none is written: `read`. */
  readonly readOnly: boolean;
}

/** Reads .MAKE.MODE as bmake does: in lower case, every keyword anywhere in it. */
export function parseBmakeMode(text: string): BmakeMode {
  const mode = text.toLowerCase();
  const isTrue = (keyword: string): boolean => {
    const at = mode.indexOf(`${keyword}=`);
    return at >= 0 && !/^[0nf]/.test(mode.slice(at + keyword.length + 1));
  };
  return {
    meta: mode.includes('meta'),
    curdirOk: isTrue('curdirok'),
    missingMeta: isTrue('missing-meta'),
    missingFilemon: !mode.includes('nofilemon') && isTrue('missing-filemon'),
    ignoreCommands: mode.includes('ignore-cmd'),
    readOnly: mode.includes('read'),
  };
}

/** What a makefile would set, as words; undefined is not set. */
export interface BmakeVariables {
  readonly ignorePaths?: string | undefined;
  readonly ignorePatterns?: string | undefined;
  readonly ignoreFilter?: string | undefined;
  readonly cmpFilter?: string | undefined;
  readonly bailiwick?: string | undefined;
  /** TMPDIR of the environment. */
  readonly temporary?: string | undefined;
}

/** The settings that bmake would make of these variables. */
export function resolveBmakeSettings(
  mode: BmakeMode,
  variables: BmakeVariables,
  files: BmakeFiles,
): BmakeSettings {
  const { ignorePaths = '', ignorePatterns, bailiwick = '', temporary } = variables;
  const resolved = (text: string): string[] => wordsOf(text).map((word) => files.resolve(word) ?? word);
  return {
    mode,
    ignorePaths: resolved(`${ignorePaths} ${ignoredAlways} ${temporary ?? ''}`),
    ignorePatterns: ignorePatterns === undefined ? undefined : wordsOf(ignorePatterns),
    ignoreFilter: variables.ignoreFilter,
    cmpFilter: variables.cmpFilter,
    bailiwick: resolved(bailiwick),
    temporary: temporaryDirectory(temporary, files),
    make: 'bmake',
  };
}

const ignoredAlways = '/dev /etc /proc /tmp /var/run /var/tmp';

function temporaryDirectory(given: string | undefined, files: BmakeFiles): string {
  const directory = given === undefined ? '/tmp' : (files.resolve(given) ?? given);
  return files.stat(directory).type === 'directory' ? `${directory}/` : '/tmp/';
}
