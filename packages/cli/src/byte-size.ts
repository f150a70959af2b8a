/** Bytes by the names of their units, the smallest first. */
const units = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
} as const;

const binaryUnits = {
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
} as const;

/** What people write: `10 GB`, `500mb`, `1.5 GiB`, `0 B`. Without flags, which a JSON schema cannot have. */
export const sizePattern = /^(\d{1,15}(?:\.\d{1,3})?) ?((?:[KMGTkmgt][Ii]?)?[Bb])$/;

/** Bytes; undefined if the text is no size. */
export function parseSize(text: string): number | undefined {
  const [, number, unit = ''] = sizePattern.exec(text) ?? [];
  const bytes = { ...units, ...binaryUnits }[unit.toUpperCase() as keyof typeof units];
  return number === undefined || bytes === undefined ? undefined : Math.round(Number(number) * bytes);
}

/** `1.2 GB`: three digits at least. */
export function sizeWords(bytes: number): string {
  const [unit, size] = Object.entries(units).findLast(([, least]) => bytes >= least) ?? ['B', 1];
  const number = bytes / size;
  return `${number < 10 && size > 1 ? Number(number.toFixed(1)) : Math.round(number)} ${unit}`;
}
