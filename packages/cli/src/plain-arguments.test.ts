import { describe, expect, test } from '@jest/globals';
import { arbitraryArguments, checkAtRandom, timeForRounds } from '@oodate/testkit';
import { runCommandLine } from './command-line.js';
import { runOptions, whyOptions } from './options.js';
import { parsePlainArguments } from './plain-arguments.js';
import { targetCommands } from './target-commands.js';

interface Heard {
  readonly command: string;
  readonly argv: Readonly<Record<string, unknown>>;
  readonly rest: readonly string[] | undefined;
}

/** What yargs makes of the words; undefined if it complains. */
async function byYargs(args: readonly string[]): Promise<Heard | undefined> {
  let heard: Heard | undefined;
  const hear =
    (command: string) =>
    async (argv: object, rest: readonly string[] | undefined): Promise<number> => {
      heard = { command, argv: ownArguments({ ...argv }), rest };
      return 0;
    };
  try {
    await runCommandLine(args, {
      ...targetCommands,
      run: hear('run'),
      why: hear('why'),
      check: hear('check'),
    });
    return heard;
  } catch {
    return undefined;
  }
}

/** Only by the names in the tables: yargs gives them in other spellings, too. */
function ownArguments(argv: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = ['script', ...Object.keys({ ...runOptions, ...whyOptions })];
  return Object.fromEntries(
    names.flatMap((name) => (argv[name] === undefined ? [] : [[name, argv[name]] as const])),
  );
}

const names = Object.keys({ ...runOptions, ...whyOptions });
const values = [
  'a',
  'content',
  'mtime',
  'bmake',
  'oodate',
  'yes',
  'No',
  '0',
  '7',
  '-1',
  '',
  '-',
  "'q'",
  'a b',
];
const others = [...values, '-q', '-C', '-Ca', '-C=a', '-h', '-qC', '--', '--help', '--no-', '---', '--x'];

test(
  'words that are read without yargs mean what yargs takes them for',
  () =>
    checkAtRandom({
      cases: arbitraryArguments(names, others, 3),
      runs: 250,
      check: async (words) => {
        for (const args of ['run', 'why', 'check'].map((command) => [command, ...words])) {
          const plain = parsePlainArguments(args);
          if (plain === undefined) continue;
          expect({ ...plain, argv: ownArguments({ ...plain.argv }) }).toEqual(await byYargs(args));
        }
      },
      show: (words) => words,
    }),
  timeForRounds,
);

describe('read without yargs', () => {
  test.each([
    [['run', 'build'], { script: ['build'] }],
    [
      ['run', '-C', 'packages/a', '--dry-run', '--json', 'build'],
      {
        directory: 'packages/a',
        'dry-run': true,
        json: true,
        script: ['build'],
      },
    ],
    [
      ['run', '-q', '--mode=mtime', '--meta', 'x.meta', '--', 'cc', '--help'],
      {
        quiet: true,
        mode: 'mtime',
        meta: 'x.meta',
        script: [],
      },
    ],
    [
      ['check', '--mode', 'bmake', '--command', 'p', '--command', 'q', 'a.meta', 'b.meta'],
      {
        mode: 'bmake',
        command: ['p', 'q'],
        script: ['a.meta', 'b.meta'],
      },
    ],
  ])('are %j', (args, argv) => {
    expect(parsePlainArguments(args)?.argv).toEqual(argv);
  });

  test.each([
    ['--curdirok', true],
    ['--curdirok=yes', true],
    ['--curdirok=', true],
    ['--curdirok=No', false],
    ['--curdirok=0', false],
    ['--no-curdirok', false],
  ])('is %s, as bmake reads it', (text, curdirok) => {
    expect(parsePlainArguments(['why', text])?.argv).toEqual({ curdirok, script: [] });
  });
});

test.each([
  [[]],
  [['--help']],
  [['--quiet', 'run', 'build']],
  [['doctor']],
  [['run', '--mode', 'bmake', 'a']],
  [['run', '--unknown']],
  [['run', '--force', '--force']],
  [['run', '--meta']],
  [['run', '--no-meta', 'x.meta']],
  [['run', '--meta', '--json']],
  [['check', '--dry-run', 'build']],
  [['check', '--mode', 'bmake', '--format', 'xml']],
  [['run', "--inputs='q'"]],
  [['bmake', '-k']],
])('the arguments %j are left to yargs', (args) => {
  expect(parsePlainArguments(args)).toBeUndefined();
});
