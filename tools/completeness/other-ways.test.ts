import { compareWays } from './comparison.js';
import { otherWays } from './ways.js';

compareWays(otherWays);
