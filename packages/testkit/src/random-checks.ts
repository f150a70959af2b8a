import fc, { type Arbitrary } from 'fast-check';
import { dice, rounds } from './dice.js';

/** A time limit in milliseconds for a test that may be repeated very often. */
export const timeForRounds = 3_600_000;

export interface RandomCheck<Case> {
  readonly cases: Arbitrary<Case>;
  /** How many, usually: see rounds. */
  readonly runs: number;
  /** Throws if the case is not as it should be. */
  readonly check: (value: Case) => Promise<void>;
  /** A failing case as it can be kept: see fixtures/random-traces. */
  readonly show: (value: Case) => unknown;
}

/**
 * Checks cases drawn at random, and makes a failing one as small as it goes.
 * The error says how to draw the same again: OODATE_TEST_SEED.
 */
export async function checkAtRandom<Case>({ cases, runs, check, show }: RandomCheck<Case>): Promise<void> {
  const { seed } = dice();
  const result = await fc.check(fc.asyncProperty(cases, check), {
    numRuns: rounds(runs),
    seed,
  });
  if (!result.failed) return;
  const [smallest] = result.counterexample ?? [];
  const shown = smallest === undefined ? 'none' : JSON.stringify(show(smallest), undefined, 2);
  const cause = result.errorInstance;
  throw new Error(
    `not as foretold, after ${result.numRuns} cases; the smallest case found:\n${shown}\n` +
      `again with OODATE_TEST_SEED=${seed}\n\n${cause instanceof Error ? cause.message : cause}`,
    { cause },
  );
}
