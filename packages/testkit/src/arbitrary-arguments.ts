import fc, { type Arbitrary } from 'fast-check';

/**
 * Words as they may stand behind a command's name: options of these names in all
 * spellings, right and wrong, and these other words, which are values, too.
 */
export function arbitraryArguments(
  names: readonly string[],
  others: readonly string[],
  maxLength: number,
): Arbitrary<string[]> {
  // Few names at a time, so that one often stands there twice.
  return fc
    .subarray([...names], { minLength: 1, maxLength: 2 })
    .chain((few) => fc.array(arbitraryWord(few, others), { maxLength }));
}

function arbitraryWord(names: readonly string[], others: readonly string[]): Arbitrary<string> {
  const name = fc.constantFrom(...names);
  const other = fc.constantFrom(...others);
  return fc.oneof(
    { weight: 3, arbitrary: name.map((name) => `--${name}`) },
    { weight: 3, arbitrary: fc.tuple(name, other).map(([name, value]) => `--${name}=${value}`) },
    { weight: 3, arbitrary: other },
    name.map((name) => `--no-${name}`),
    name.map((name) => `--${name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())}`),
    name.map((name) => `--${name.slice(0, -1)}`),
    name.map((name) => `-${name}`),
  );
}
