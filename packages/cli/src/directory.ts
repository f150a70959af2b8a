import { CliError } from './cli-error.js';

/** Makes the directory the present one, if one is given. Throws a CliError. */
export function enterDirectory(directory: string | undefined): void {
  if (directory === undefined) return;
  try {
    process.chdir(directory);
    process.env.PWD = process.cwd();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT'
        ? 'does not exist'
        : code === 'ENOTDIR'
          ? 'is no directory'
          : `cannot be entered (${code})`;
    throw new CliError('NO_DIRECTORY', `the directory ${directory} ${why}`, undefined, { cause });
  }
}
