import { compareWays } from './comparison.js';
import { fileWays } from './ways.js';

compareWays(fileWays);
