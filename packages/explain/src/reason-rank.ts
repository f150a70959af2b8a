import { type AbsolutePath, isWithin } from '@oodate/filemon';
import type { Reason } from '@oodate/planner';
import { groupOf, reasonGroups } from './reason-group.js';

export interface Surroundings {
  /** Directory of the project. */
  readonly root: AbsolutePath;
  /** Whether a target of the project writes this path; none is taken to if it is left out. */
  readonly isMade?: (path: AbsolutePath) => boolean;
}

/**
 * The reasons with those first that tell a person most: by group, and among inputs the files of the project, then
 * what other targets make, then tools and all that lies outside. Otherwise they stay in their order.
 */
export function rankReasons(reasons: readonly Reason[], surroundings: Surroundings): Reason[] {
  const rank = (reason: Reason) => 3 * reasonGroups.indexOf(groupOf(reason)) + distance(reason, surroundings);
  return reasons.toSorted((one, other) => rank(one) - rank(other));
}

function distance(reason: Reason, { root, isMade }: Surroundings): 0 | 1 | 2 {
  if (!('path' in reason)) return 0;
  // What is installed into a project is as little the user's own as /usr.
  if (!isWithin(reason.path, root) || reason.path.includes('/node_modules/')) return 2;
  return isMade?.(reason.path) === true ? 1 : 0;
}
