import { explanations } from './explanations.mjs';
import { workloads } from './workloads.mjs';

/** The columns: the kinds of records that strace-accesses.mjs gives. */
const kinds = [
  'read',
  'written',
  'executed',
  'renamed',
  'linked',
  'made',
  'made directory',
  'removed',
  'removed directory',
  'altered',
  'kept',
  'listed',
  'changed directory',
  'looked at',
  'missing',
];

/** What a person at a terminal sees of one workload. */
export function renderResult(
  { workload, backend, compared, explained, unexplained, problems, folder },
  keep,
) {
  const sum = [...compared.values()].reduce((total, count) => total + count, 0);
  const lines = [
    `${workload.name} (${backend}): ${sum} records agree: ${kinds
      .filter((kind) => compared.has(kind))
      .map((kind) => `${compared.get(kind)} ${kind}`)
      .join(', ')}`,
    ...[...explained].map(([name, differences]) => `  explained: ${differences.length} ${name}`),
    ...problems.map((problem) => `  PROBLEM: ${problem}`),
    ...unexplained.map(
      ({ side, letter, data }) =>
        `  UNEXPLAINED, ${side === 'missing' ? 'strace only' : 'our log only'}: ${letter} ${shorten(data, folder)}`,
    ),
    ...(keep ? [`  kept in ${folder}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** docs/conformance.md */
export function renderDocument(results) {
  const backends = [...new Set(results.map(({ backend }) => backend))];
  return `# Conformance

What the probe records, compared with an independent witness on real programs.

\`\`\`
npm run conformance                      # all of it, some minutes; writes this file
npm run conformance -- git python        # some workloads
npm run conformance -- --short           # those that \`npm test\` runs as well
npm run conformance -- --keep esbuild    # leaves both traces for a look
\`\`\`

Each workload runs twice from the same state: once under \`strace -f -y\`, once under the
probe. From strace's calls and their results follows which records the
[log](formats/filemon-log.md) must have. The two are compared as sets, in both directions: a
record that only strace's calls give is missing in our log, one that only our log has is
too many. Names that are random in each run (numbers of processes, temporary files) are made
equal by rules of the workload. io_uring_setup fails with ENOSYS under strace, as it does under
notify, so that programs make calls that can be seen. What is left falls
under one of the explanations below, or it is a defect: the exit status is 1, and it is listed
here as unexplained. A run of which the probe itself tells that its log is incomplete is
repeated, at most twice.

${backends
  .map((backend) =>
    renderBackend(
      backend,
      results.filter((result) => result.backend === backend),
    ),
  )
  .join('\n')}
The numbers are of paths on which both agree, and change by a few from run to run, where
threads race. They depend on the machine's programs, too.

- *linked*: hard and symbolic links. *made*: sockets and fifos. *altered*: mode, owner, times. *kept*: of a file that was
  changed, its content remains at least in part.
- *looked at*: stat, access, readlink and the like that found something; folders opened.
- *missing*: what was looked for and was not there.

## Explained differences

| name | reason |
| --- | --- |
${explanations.map(({ name, reason }) => `| ${name} | ${reason} |\n`).join('')}
## Workloads

| workload | what it does | in \`npm test\` |
| --- | --- | --- |
${workloads.map(({ name, does, short }) => `| ${name} | ${does} | ${short ? 'yes' : ''} |\n`).join('')}`;
}

function renderBackend(backend, results) {
  const row = ({ workload, compared, explained, unexplained, problems }) =>
    [
      workload.name,
      ...kinds.map((kind) => compared.get(kind) ?? ''),
      [...explained.keys()].sort().join(', '),
      unexplained.length + problems.length,
    ].join(' | ');
  const head = ['workload', ...kinds, 'explained', 'unexplained'];
  const unexplained = results.flatMap(({ workload, unexplained, problems, folder }) => [
    ...unexplained.map(
      ({ side, letter, data }) =>
        `- ${workload.name}, ${side} in our log: \`${letter} ${shorten(data, folder)}\``,
    ),
    ...problems.map((problem) => `- ${workload.name}: ${shorten(problem, folder)}`),
  ]);
  return `## ${backend}

| ${head.join(' | ')} |
| ${head.map(() => '---').join(' | ')} |
${results.map((result) => `| ${row(result)} |\n`).join('')}${unexplained.length > 0 ? `\nUnexplained:\n\n${unexplained.join('\n')}\n` : ''}`;
}

function shorten(text, folder) {
  return text.replaceAll(`${folder}/state`, '.');
}
