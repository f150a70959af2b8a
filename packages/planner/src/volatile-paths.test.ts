import { expect, test } from '@jest/globals';
import { volatilePathsFor } from './volatile-paths.js';

test.each([
  [{ HOME: '/home/me' }, '/home/me/.npm/_logs'],
  [{ HOME: '/home/me', npm_config_cache: '/var/cache/npm/' }, '/var/cache/npm/_logs'],
])('npm keeps its logs with its cache: %j', (environment, logs) => {
  expect(volatilePathsFor(environment)).toContain(logs);
});

test.each([{}, { HOME: 'relative' }])(
  'there are none where npm has no place of its own: %j',
  (environment) => {
    expect(volatilePathsFor(environment)).toEqual([]);
  },
);
