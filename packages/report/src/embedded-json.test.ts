import { expect, test } from '@jest/globals';
import { embeddedJson } from './embedded-json.js';

const names = [
  '</script><script>x',
  '<!--',
  '&lt;',
  'a\u2028b\u2029',
  '\0\t\n\u001b[1m',
  '\udcff',
  '"\\',
  '日本',
];

test.each(names)('%j comes back as it was', (name) => {
  expect(JSON.parse(embeddedJson({ name, [name]: [name] }))).toEqual({ name, [name]: [name] });
});

test('nothing in it ends the element, opens a comment, or is no part of UTF-8', () => {
  const text = embeddedJson(names);
  expect(text).not.toMatch(/[<>&\u2028\u2029]/);
  expect(Buffer.from(text).toString()).toBe(text);
});
