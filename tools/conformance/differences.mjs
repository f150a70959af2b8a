/**
 * What the witness expects and what the probe recorded, as sets of records: two runs of one program do not
 * read a file equally often, nor in the same order.
 *
 * @typedef {import('./strace-accesses.mjs').ExpectedRecord} ExpectedRecord
 *
 * @typedef {object} Difference
 * @property {'missing' | 'extra'} side  missing in our log, or there without the witness
 * @property {string} letter
 * @property {string} data
 *
 * @typedef {object} Comparison
 * @property {Map<string, number>} compared   paths of each kind that both agree on
 * @property {Map<string, Difference[]>} explained   by the name of the explanation
 * @property {Difference[]} unexplained
 */

/**
 * @param {ExpectedRecord[]} expected
 * @param {{letter: string, data: string}[]} recorded
 * @param {import('./explanations.mjs').Explanation[]} explanations
 * @param {[RegExp, string][]} random  what differs from run to run, and what is to stand in its place
 * @param {boolean} isThroughRing  does the log say that files were used through io_uring?
 * @returns {Comparison}
 */
export function compareRecords(expected, recorded, explanations, random, isThroughRing = false) {
  const witnessed = keyed(expected, random);
  const logged = keyed(recorded, random);
  const compared = new Map();
  for (const [key, { kind }] of witnessed)
    if (logged.has(key)) compared.set(kind, (compared.get(kind) ?? 0) + 1);
  const differences = [
    ...without(witnessed, logged).map((record) => ({ side: 'missing', ...record })),
    ...without(logged, witnessed).map((record) => ({ side: 'extra', ...record })),
  ];
  const explained = new Map();
  const unexplained = [];
  const context = {
    witnessed: (letter, data) => witnessed.get(`${letter} ${data}`)?.kind,
    logged: (letter, data) => logged.has(`${letter} ${data}`),
    isThroughRing,
  };
  for (const difference of differences) {
    const explanation = explanations.find((one) => one.explains(difference, context));
    if (explanation === undefined) unexplained.push(difference);
    else explained.set(explanation.name, [...(explained.get(explanation.name) ?? []), difference]);
  }
  return { compared, explained, unexplained };
}

function keyed(records, random) {
  const found = new Map();
  for (const record of records) {
    const data = random.reduce((text, [pattern, name]) => text.replaceAll(pattern, name), record.data);
    const key = `${record.letter} ${data}`;
    if (!found.has(key)) found.set(key, { ...record, data });
  }
  return found;
}

function without(records, others) {
  return [...records].filter(([key]) => !others.has(key)).map(([, { letter, data }]) => ({ letter, data }));
}
