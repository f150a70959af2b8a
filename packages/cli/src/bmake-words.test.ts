import { expect, test } from '@jest/globals';
import { type BmakeFinding, type BmakeRuleReason, isBmakeReason } from '@oodate/planner';
import { bmakeReasonWords, bmakeTellsWords } from './words.js';

const cwd = '/home/u/p';
const metaFile = '/home/u/p/out.meta';
const line = 7;
const change = { line, was: 'cc a.c', is: 'cc b.c' };

const findings: readonly (readonly [BmakeFinding, string | undefined, string])[] = [
  [
    { kind: 'file-newer', metaFile, line, path: '/home/u/p/a.h' },
    'out.meta, line 7: a.h is newer than the target',
    `${metaFile}: 7: file '/home/u/p/a.h' is newer than the target...`,
  ],
  [
    { kind: 'file-missing', metaFile, path: '/src/gone' },
    'out.meta: /src/gone, which its commands used, is gone',
    `${metaFile}: missing files: /src/gone...`,
  ],
  [
    { kind: 'build-command-changed', metaFile, ...change },
    'out.meta, line 7: the command was `cc a.c`, is `cc b.c`',
    `${metaFile}: 7: a build command has changed\ncc a.c\nvs\ncc b.c`,
  ],
  [
    { kind: 'command-change-ignored', metaFile, ...change },
    undefined,
    `${metaFile}: 7: a build command has changed\ncc a.c\nvs\ncc b.c`,
  ],
  [
    { kind: 'build-command-removed', metaFile, line },
    'out.meta, line 7: it had a command that it has no more',
    `${metaFile}: 7: there were more build commands in the meta data file than there are now...`,
  ],
  [
    { kind: 'build-command-added', metaFile, line },
    'out.meta, line 7: it has a command that it had not',
    `${metaFile}: 7: there are extra build commands now that weren't in the meta data file`,
  ],
  [
    { kind: 'cwd-changed', metaFile, line, was: '/a', is: '/home/u/p' },
    'out.meta, line 7: it ran in /a, would run in .',
    `${metaFile}: 7: the current working directory has changed from '/a' to '/home/u/p'`,
  ],
  [
    { kind: 'filemon-section-missing', metaFile },
    'out.meta: there is no filemon section',
    `${metaFile}: missing filemon data`,
  ],
  [
    { kind: 'meta-file-missing', metaFile },
    'out.meta: the meta file is missing',
    `${metaFile}: required but missing`,
  ],
  [
    { kind: 'record-malformed', metaFile, line },
    'out.meta, line 7: the line is malformed',
    `bmake: ${metaFile}: 7: malformed`,
  ],
  [
    { kind: 'line-truncated', metaFile, line, length: 12 },
    'out.meta, line 7: the line is cut short after 12 bytes',
    `bmake: ${metaFile}: 7: line truncated at 12`,
  ],
  [
    { kind: 'truncated-in-command', metaFile, line, length: 12 },
    undefined,
    `bmake: ${metaFile}: 7: line truncated at 12`,
  ],
  [
    { kind: 'command-not-compared', metaFile, line },
    undefined,
    `${metaFile}: 7: cannot compare command using .OODATE`,
  ],
  [{ kind: 'meta-file-unused', metaFile, why: '.SUBMAKE' }, undefined, 'Skipping meta for out: .SUBMAKE'],
];

test.each(findings)('%j is told in our words and in bmake’s', (finding, ours, bmakes) => {
  expect(isBmakeReason(finding) ? bmakeReasonWords(finding, cwd) : undefined).toBe(ours);
  expect(bmakeTellsWords(finding, 'out')).toBe(bmakes);
});

const ruleReasons: readonly (readonly [BmakeRuleReason, string])[] = [
  [{ kind: 'target-not-there' }, 'it is not there'],
  [{ kind: 'older-than-source', source: 'a.c' }, 'it is older than a.c, or that is made first'],
  [{ kind: 'made-by-rule', rule: '.PHONY node' }, 'bmake makes it by an ordinary rule (.PHONY node)'],
];

test.each(ruleReasons)('%j is told in our words', (reason, words) => {
  expect(bmakeReasonWords(reason, cwd)).toBe(words);
});
