import type { Answer, Command, Outcome, Way, WayGroup } from './way.js';

/** The outcomes by the name of the backend, then by what the way depends on. */
export type Outcomes = ReadonlyMap<string, ReadonlyMap<string, Outcome>>;

/** The text of docs/completeness.md. */
export function renderDocument(groups: readonly WayGroup[], outcomes: Outcomes): string {
  return [introduction, ...groups.map((group) => renderGroup(group, outcomes))].join('\n');
}

const introduction = `# Completeness

For each way in which a command can depend on something: does oodate notice when that
changes, and does it leave the command alone as long as it does not?

Every cell is the result of real runs. \`npm run completeness\` makes this page, and the
tests make the same runs and compare.

- **noticed**: after the change the command ran again, and for the reason that is shown.
- **skipped**: before the change it did not run, though all files of the project had
  been touched.
- **fails**: the command does not succeed while it is watched.

Whether a command ran is told by what it wrote, never by what oodate says. The columns
name the [backend](design-notes.md#the-probe) that watched. \`reader\` and \`acts\` are small
C programs of the tests: the one reads a path in the way that its first word names, the
other does one act after another, \`remote\` being to wait for the test. What no
way of watching files can show is told in
[what counts](guide/what-counts.md#what-is-not-seen).
`;

function renderGroup({ title, ways }: WayGroup, outcomes: Outcomes): string {
  const backends = [...outcomes.keys()];
  const head = [
    'the command depends on',
    'it runs',
    'the change',
    'oodate says',
    ...backends.flatMap((name) => [`${name}: noticed`, `${name}: skipped`]),
  ];
  const rows = ways.map((way) => [
    way.on,
    code(commandText(way.command)),
    way.change.words,
    explanation(way),
    ...backends.flatMap((name) => {
      const outcome = outcomes.get(name)?.get(way.on);
      return [answerWords(outcome?.noticed), answerWords(outcome?.skipped)];
    }),
  ]);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return `## ${title}\n\n${[head, head.map(() => '---'), ...rows].map(line).join('')}`;
}

function explanation({ says, short, under = {} }: Pick<Way, 'says' | 'short' | 'under'>): string {
  const others = Object.entries(under).map(([backend, way]) => `under ${backend}: ${explanation(way)}`);
  return [...(says === '' ? [] : [code(says)]), ...(short === undefined ? [] : [short]), ...others].join(
    '; ',
  );
}

function commandText(command: Command): string {
  return typeof command === 'string' ? command : command.join(' ');
}

/** As code within a cell. */
function code(text: string): string {
  const line = text.replace(/\n/g, '\\n').replaceAll('|', '\\|');
  return line.includes('`') ? `\`\` ${line} \`\`` : `\`${line}\``;
}

function answerWords(answer: Answer | undefined): string {
  return answer === undefined ? '' : answer === 'yes' ? 'yes' : `**${answer}**`;
}

/** The outcomes that the text of docs/completeness.md tells. */
export function parseDocument(text: string): Outcomes {
  const outcomes = new Map<string, Map<string, Outcome>>();
  let head: string[] = [];
  for (const line of text.split('\n').filter((line) => line.startsWith('| '))) {
    const cells = line.slice(2, -2).split(' | ');
    if (cells[0] === 'the command depends on') head = cells;
    if (cells[0] === undefined || cells[0] === head[0] || cells[0] === '---') continue;
    for (const [column, name] of head.entries()) {
      const [, backend] = /^(.*): noticed$/.exec(name) ?? [];
      const [noticed, skipped] = [parseAnswer(cells[column]), parseAnswer(cells[column + 1])];
      if (backend === undefined || noticed === undefined || skipped === undefined) continue;
      const known = outcomes.get(backend) ?? new Map<string, Outcome>();
      outcomes.set(backend, known.set(cells[0], { noticed, skipped }));
    }
  }
  return outcomes;
}

function parseAnswer(cell = ''): Answer | undefined {
  return (['yes', 'no', 'fails'] as const).find((answer) => answerWords(answer) === cell);
}
