/** The two names of an M or L record: `'old' 'new'`. */
export interface NamePair {
  readonly from: string;
  readonly to: string;
  /** There is one way only to tell the names apart. */
  readonly certain: boolean;
}

const separator = "' '";

/**
 * Undefined if the data is not two quoted names. Neither quotes nor spaces
 * inside a name are escaped, so that `' '` may be part of a name. Then the names
 * are cut where the second is absolute if that is one place only, else at the
 * first place, and `certain` is false.
 */
export function parseNamePair(data: string): NamePair | undefined {
  // The shortest is 'a' 'b'.
  if (data.length < 7 || !data.startsWith("'") || !data.endsWith("'")) return undefined;
  const names = data.slice(1, -1);
  const cut = names.indexOf(separator, 1);
  if (cut < 1 || cut + separator.length >= names.length) return undefined;
  if (names.indexOf(separator, cut + 1) < 0) return pairCutAt(names, cut, true);
  const absolute = names.indexOf(`${separator}/`, 1);
  const onlyAbsolute = absolute >= 1 && names.indexOf(`${separator}/`, absolute + 1) < 0;
  return pairCutAt(names, onlyAbsolute ? absolute : cut, false);
}

function pairCutAt(names: string, cut: number, certain: boolean): NamePair {
  return { from: names.slice(0, cut), to: names.slice(cut + separator.length), certain };
}
