import { expect, test } from '@jest/globals';
import { isRecordedValue, recordedVariable } from './secret-variables.js';

test.each([
  'NPM_TOKEN',
  'client_secret',
  'DB_PASSWORD',
  'API_KEY',
  'GIT_AUTH',
  'AWS_CREDENTIALS',
  'COOKIE',
  'PASSWD',
])('the value of %s is not written down, and yet known again', (name) => {
  const variable = recordedVariable(name, 'hunter2');
  expect(variable.hidden).toBe(true);
  expect(variable.value).not.toContain('hunter2');
  expect(isRecordedValue(variable, 'hunter2')).toBe(true);
  expect(isRecordedValue(variable, 'hunter3')).toBe(false);
});

test('the same secret is written down differently each time', () => {
  expect(recordedVariable('TOKEN', 'x').value).not.toBe(recordedVariable('TOKEN', 'x').value);
});

test('other values are written down as they are', () => {
  const variable = recordedVariable('CFLAGS', '-O2');
  expect(variable).toEqual({ name: 'CFLAGS', value: '-O2', hidden: false });
  expect([isRecordedValue(variable, '-O2'), isRecordedValue(variable, '-O3')]).toEqual([true, false]);
});
