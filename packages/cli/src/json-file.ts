import { CliError, type CliErrorCode } from './cli-error.js';

/** The value of a JSON file. Throws a CliError that tells the place of what is wrong. */
export function parseJsonFile(file: string, text: string, code: CliErrorCode): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    const { message } = cause as Error;
    throw new CliError(code, `${file}${placeIn(text, message)} is not valid JSON: ${message}`, undefined, {
      cause,
    });
  }
}

/** `:LINE:COLUMN` from the position that V8 gives in characters, if it gives one. */
function placeIn(text: string, message: string): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position === undefined) return '';
  const lines = text.slice(0, Number(position)).split('\n');
  return `:${lines.length}:${(lines.at(-1) ?? '').length + 1}`;
}
