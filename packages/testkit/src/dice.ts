/** What is drawn by lot in a test. */
export interface Dice {
  /** For the message of a failure: `dice(seed)` draws the same again. */
  readonly seed: number;
  /** A whole number from 0 up to and without `limit`. */
  below(limit: number): number;
  bytes(length: number): Buffer;
}

/** Every run of a test draws the same; OODATE_TEST_SEED sets another seed for all, and `random` a new one each time. */
export function dice(seed = chosenSeed()): Dice {
  // xorshift, with the first numbers of a small seed thrown away.
  let state = seed >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  for (let i = 0; i < 8; i += 1) next();
  const below = (limit: number): number => next() % limit;
  return { seed, below, bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))) };
}

function chosenSeed(): number {
  const { OODATE_TEST_SEED: given = '23' } = process.env;
  return given === 'random' ? 1 + (Date.now() % 1_000_000) : Number(given);
}

/** How often a test does what it draws by lot; OODATE_TEST_ROUNDS=10 makes it ten times as often. */
export function rounds(usual: number): number {
  return Math.ceil(usual * Number(process.env.OODATE_TEST_ROUNDS ?? 1));
}
