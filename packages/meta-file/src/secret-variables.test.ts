import { describe, expect, test } from '@jest/globals';
import { isRecordedValue, recordedVariable, SecretsCover } from './secret-variables.js';

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

describe('a command line', () => {
  const pem = `-----BEGIN KEY-----\n${'abcdefgh'.repeat(50)}\n`;
  const environment = {
    API_TOKEN: 'tok3n-12345',
    DB_PASSWORD: "it's a\\pass",
    PEM_KEY: pem,
    SHORT_KEY: 'main',
    CC: 'cc-123456',
  };

  test.each([
    ['curl -H tok3n-12345 x', 'curl -H *** x'],
    ["curl -H 'Bearer tok3n-12345' tok3n-12345", "curl -H 'Bearer ***' ***"],
    ["login 'it'\\''s a\\pass'", "login '***'"],
    ["login $'it\\'s a\\\\pass\\n'", "login $'***\\n'"],
    [`sign $'${pem.replaceAll('\n', '\\n')}' x`, "sign $'***' x"],
    ["sign $'-----BEGIN KEY-----\\nabcdefghab' \\", "sign $'***' \\"],
    ['curl -H tok3n-123 \\', 'curl -H *** \\'],
    ['curl -H tok3n-129 \\', 'curl -H tok3n-129 \\'],
    ['curl -H tok3n-123', 'curl -H tok3n-123'],
    ['cc main.c cc-123456', 'cc main.c cc-123456'],
  ])('is without what variables hold that look secret: %s', (line, covered) => {
    expect(new SecretsCover(environment).cover(line)).toBe(covered);
  });
});
