/** A time in nanoseconds since the epoch, as records have it: ISO 8601, cut to milliseconds. */
export function isoTime(time: bigint): string {
  return new Date(Number(time / 1_000_000n)).toISOString();
}
