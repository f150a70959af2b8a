/** A path for a sentence: of one that is too long for any the beginning. */
export function shortened(path: string): string {
  return path.length > 200 ? `${path.slice(0, 60)}…` : path;
}
