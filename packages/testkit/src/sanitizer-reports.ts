import { afterEach, expect } from '@jest/globals';
import { sanitizerReports } from './sanitized-probe.js';

// Whatever else a test looks at: a probe that did something undefined fails it.
afterEach(() => expect(sanitizerReports()).toEqual([]));
