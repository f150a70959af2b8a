/** Colours of a terminal for text, or none. */
export interface Colours {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

/** `isColoured`: else the text stays as it is. (Source: ECMA-48, SGR.) */
export function colours(isColoured: boolean): Colours {
  const between = (on: number, off: number) => (text: string) =>
    isColoured ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  return {
    bold: between(1, 22),
    dim: between(2, 22),
    red: between(31, 39),
    green: between(32, 39),
    yellow: between(33, 39),
  };
}
