import { structuredPatch } from 'diff';

/** What differs between two texts, as a person wants to see it at a glance. */
export interface TextDifference {
  readonly hunks: readonly TextHunk[];
  /** How many lines more were removed or added. */
  readonly more: number;
}

export interface TextHunk {
  /** Number of its first line in the former text, from 1. */
  readonly was: number;
  /** And in the present one. */
  readonly is: number;
  /** Each with a mark before it, as in a unified diff: `-` removed, `+` added, a space for one that is in both, `\` a remark. */
  readonly lines: readonly string[];
}

/** What is longer is no small text. Bytes. */
export const longestText = 32 * 1024;

const mostLines = 20;
const longestLine = 200;
/** Where more lines than this differ there is nothing to see at a glance. */
const mostDifferences = 300;

/**
 * undefined if one is no text in UTF-8 or longer than `longestText`, if they are equal, or if nearly all differs.
 * `cover` takes out of a text what is not to be shown.
 */
export function textDifference(
  was: Uint8Array,
  is: Uint8Array,
  cover: (text: string) => string = (text) => text,
): TextDifference | undefined {
  const [former, present] = [textOf(was), textOf(is)];
  if (former === undefined || present === undefined) return undefined;
  const options = { context: 1, maxEditLength: mostDifferences };
  const patch = structuredPatch('', '', cover(former), cover(present), '', '', options);
  if (patch === undefined || patch.hunks.length === 0) return undefined;
  const hunks: TextHunk[] = [];
  let room = mostLines;
  let more = 0;
  for (const { oldStart, newStart, lines } of patch.hunks) {
    const shown = lines.slice(0, room);
    room -= shown.length;
    more += lines.slice(shown.length).filter(isChange).length;
    if (shown.some(isChange)) hunks.push({ was: oldStart, is: newStart, lines: shown.map(cutLine) });
  }
  return { hunks, more };
}

function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.length > longestText || bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function isChange(line: string): boolean {
  return line.startsWith('-') || line.startsWith('+');
}

function cutLine(line: string): string {
  return line.length <= longestLine ? line : `${line.slice(0, longestLine - 1)}…`;
}
