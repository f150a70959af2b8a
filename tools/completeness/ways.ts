import type { WayGroup } from './way.js';
import { absences } from './ways/absences.js';
import { commands } from './ways/commands.js';
import { contents } from './ways/contents.js';
import { directories } from './ways/directories.js';
import { links } from './ways/links.js';
import { looks } from './ways/looks.js';
import { outputs } from './ways/outputs.js';
import { programs } from './ways/programs.js';
import { unseen } from './ways/unseen.js';
import { wholeTools } from './ways/whole-tools.js';

// In two halves, so that two processes can try them.
export const fileWays: readonly WayGroup[] = [contents, looks, absences];
export const otherWays: readonly WayGroup[] = [
  directories,
  links,
  programs,
  commands,
  outputs,
  wholeTools,
  unseen,
];

/** All that docs/completeness.md tells, in its order. */
export const wayGroups: readonly WayGroup[] = [...fileWays, ...otherWays];
