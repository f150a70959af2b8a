import { expect, test } from '@jest/globals';
import type { ArgumentsOf, whyOptions } from './options.js';
import { whyForm } from './why-form.js';

type Given = ArgumentsOf<typeof whyOptions>;

test.each<[Given, string]>([
  [{}, 'text'],
  [{ format: 'oodate' }, 'text'],
  [{ json: true }, 'json'],
  [{ mode: 'bmake', format: 'bmake', json: true }, 'json'],
  [{ format: 'github', verbose: true }, 'github'],
  [{ format: 'github', 'if-changed': ['a'] }, 'github'],
  [{ format: 'dot', force: true }, 'dot'],
  [{ format: 'svg' }, 'svg'],
  [{ format: 'trace' }, 'trace'],
])('%j is answered as %s', (given, form) => {
  expect(whyForm(given)).toBe(form);
});

test.each<[Given, string]>([
  [{ mode: 'bmake', verbose: true }, '--verbose has no meaning with --mode bmake'],
  [{ mode: 'bmake', never: ['a'] }, '--never has no meaning with --mode bmake'],
  [{ mode: 'bmake', 'if-changed': ['a'] }, '--if-changed has no meaning with --mode bmake'],
  [{ mode: 'bmake', format: 'dot' }, '--format dot has no meaning with --mode bmake'],
  [{ format: 'bmake' }, '--format bmake has a meaning with --mode bmake alone'],
  [{ format: 'github', json: true }, '--json has no meaning with --format github'],
  [{ format: 'github', never: ['a'] }, '--never has no meaning with --format github'],
  [{ format: 'svg', 'if-changed': ['a'] }, '--if-changed has no meaning with --format svg'],
  [{ format: 'dot', verbose: true }, '--verbose has no meaning with --format dot'],
  [{ html: 'a', format: 'dot' }, '--html has no meaning with --format dot'],
  [{ html: 'a', 'if-changed': ['a'] }, '--if-changed has no meaning with --html'],
  [{ mode: 'bmake', html: 'a' }, '--html has no meaning with --mode bmake'],
  [{ format: 'trace', json: true }, '--json has no meaning with --format trace'],
  [{ never: ['a'], 'if-changed': ['a'] }, '--never has no meaning with --if-changed'],
])('%j is refused in one sentence', (given, message) => {
  expect(() => whyForm(given)).toThrow(expect.objectContaining({ code: 'USAGE', message }));
});
