/** For the end of an exhaustive switch: does not compile while a kind is left. */
export function unreachable(value: never): never {
  throw new Error(`a value of no known kind: ${JSON.stringify(value)}`);
}
