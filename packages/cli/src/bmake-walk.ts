import type { BmakeAttribute, BmakeRuleReason } from '@oodate/planner';

/*
 * What bmake tells of a walk over its targets with -dmsg2: which it examines,
 * in their order, what its ordinary rules find, and the targets themselves.
 */

/** A target as bmake examined it. */
export interface WalkedTarget {
  readonly name: string;
  readonly attributes: ReadonlySet<BmakeAttribute>;
  /** Defined with `::`. */
  readonly isDouble: boolean;
  /** What it is made from by a rule for one suffix, as `.c:`. bmake takes such a rule only for targets without commands. */
  readonly implied: string | undefined;
  /** As the makefile has them. Those of a suffix rule included. */
  readonly commands: readonly string[];
  /** Undefined if the ordinary rules find it up to date. */
  readonly made: BmakeRuleReason | undefined;
}

/** Undefined if the text is not understood, as that of another version of bmake may be. */
export function parseWalk(text: string): WalkedTarget[] | undefined {
  const lines = text.split('\n');
  const graphAt = lines.indexOf('#*** Input graph:');
  const transformsAt = lines.indexOf('#*** Transformations:');
  if (graphAt < 0 || transformsAt < 0) return undefined;
  const nodes = parseGraph(lines.slice(graphAt + 1));
  const transforms = parseTransforms(lines.slice(transformsAt + 1));
  const applied = appliedTransforms(lines.slice(0, graphAt));
  const targets: WalkedTarget[] = [];
  for (const line of lines.slice(0, graphAt)) {
    const [, name, told] = /^Examining (.*?)\.\.\.(.*(?:up-to-date|out-of-date))\.$/.exec(line) ?? [];
    if (name === undefined || told === undefined) continue;
    // Each definition with `::` is a node of its own, with the same name.
    const same = nodes.get(name);
    const node = same !== undefined && same.length > 1 ? same.shift() : same?.[0];
    if (node === undefined) return undefined;
    const rule = applied.get(name);
    const ruled = rule === undefined ? [] : (transforms.get(`${rule.from}${rule.to}`) ?? []);
    const commands = node.commands.length > 0 ? node.commands : ruled;
    const implied = rule?.to === '' ? `${name}${rule.from}` : undefined;
    targets.push({ ...node, name, commands, implied, made: ruleReason(told) });
  }
  return targets;
}

type Node = Pick<WalkedTarget, 'attributes' | 'isDouble' | 'commands'>;

/** Bits of a node's type in bmake 20200710. */
const attributeBits: readonly (readonly [number, BmakeAttribute])[] = [
  [0x200, 'MAKE'],
  [0x1000, 'SPECIAL'],
  [0x10000, 'PHONY'],
  [0x80000, 'NOMETA'],
  [0x100000, 'META'],
  [0x200000, 'NOMETA_CMP'],
  [0x400000, 'SUBMAKE'],
];
const doubleBit = 0x4;

function parseGraph(lines: readonly string[]): Map<string, Node[]> {
  const nodes = new Map<string, Node[]>();
  lines.forEach((line, at) => {
    const [, name, type] = /^# (.*?)(?:#\d+)?, flags [0-9a-f]+, type ([0-9a-f]+), made \d$/.exec(line) ?? [];
    if (name === undefined || type === undefined) return;
    const bits = Number.parseInt(type, 16);
    const node = {
      attributes: new Set(
        attributeBits.flatMap(([bit, attribute]) => ((bits & bit) === 0 ? [] : [attribute])),
      ),
      isDouble: (bits & doubleBit) !== 0,
      commands: lines[at + 1] === '#' ? commandsBelow(lines, at + 2) : [],
    };
    nodes.set(name, [...(nodes.get(name) ?? []), node]);
  });
  return nodes;
}

/** The commands of the block that begins at `at`: comments, then the line with the sources, then these. */
function commandsBelow(lines: readonly string[], at: number): string[] {
  let next = at;
  while (lines[next]?.startsWith('#')) next += 1;
  const commands: string[] = [];
  for (next += 1; lines[next] !== undefined && lines[next] !== ''; next += 1) {
    const line = lines[next] as string;
    if (line.startsWith('\t')) commands.push(line.slice(1));
    else commands.push(`${commands.pop() ?? ''}\n${line}`);
  }
  return commands;
}

function parseTransforms(lines: readonly string[]): Map<string, string[]> {
  const transforms = new Map<string, string[]>();
  let commands: string[] = [];
  for (const line of lines) {
    if (line.startsWith('\t')) commands.push(line.slice(1));
    const [, name] = /^(\S+) *: /.exec(line) ?? [];
    if (name === undefined) continue;
    commands = [];
    transforms.set(name, commands);
  }
  return transforms;
}

/** By target, the suffixes of the rule by which it is made from another file. */
function appliedTransforms(
  lines: readonly string[],
): Map<string, { readonly from: string; readonly to: string }> {
  const applied = new Map<string, { readonly from: string; readonly to: string }>();
  for (const line of lines) {
    const [, from, to, name] = /^\tapplying (\S*) -> (\S*) to "(.*)"$/.exec(line) ?? [];
    if (from !== undefined && to !== undefined && name !== undefined) applied.set(name, { from, to });
  }
  return applied;
}

function ruleReason(told: string): BmakeRuleReason | undefined {
  if (told.endsWith('up-to-date')) return undefined;
  const [, source] = /modified before source (.*)\.\.\.out-of-date$/.exec(told) ?? [];
  const isThere = !told.startsWith('non-existent...');
  if (source !== undefined)
    return isThere ? { kind: 'older-than-source', source } : { kind: 'target-not-there', source };
  if (told.endsWith('non-existent and no sources...out-of-date')) return { kind: 'target-not-there' };
  const [, rule = told] = /([^.]*(?:\.[A-Z]+)?[^.]*)\.\.\.out-of-date$/.exec(told) ?? [];
  return { kind: 'made-by-rule', rule };
}
