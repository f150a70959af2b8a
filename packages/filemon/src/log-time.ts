/** `seconds.microseconds`, as `# Start` and `# Stop` have it, in microseconds since the epoch. */
export function parseClock(text: string): number | undefined {
  const match = /^(\d{1,10})\.(\d{6})$/.exec(text);
  return match === null ? undefined : Number(match[1]) * 1e6 + Number(match[2]);
}

/** Data of a T record: microseconds since `# Start`. Undefined if it is damaged. */
export function parseElapsed(data: string): number | undefined {
  return /^(?:0|[1-9]\d{0,14})$/.test(data) ? Number(data) : undefined;
}
