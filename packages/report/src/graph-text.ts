import type { KnownTarget, TargetEdge, TargetGraph } from '@oodate/explain';
import { type AbsolutePath, isBelow } from '@oodate/filemon';

export interface GraphOptions {
  /** Why targets are out of date, a clause each, by their meta files. The others are up to date. */
  readonly outOfDate: ReadonlyMap<string, string>;
  /** Paths below it are named from there on. */
  readonly directory: AbsolutePath;
  /** Meta files of the targets that are shown, with all that leads to them; undefined: of all. */
  readonly shown?: Iterable<string>;
}

/**
 * The graph in the DOT language: the targets, and from each an arrow to those that use what it makes. What is out of date is told by
 * shape, colour and text. (Source: graphviz.org, "DOT Language", and "escString" of "Attribute Types".)
 */
export function graphText(graph: TargetGraph, { outOfDate, directory, shown }: GraphOptions): string {
  const edges = graph.edges();
  const nodes = nodesOf(graph, edges, shown);
  const ids = new Map(nodes.map(({ id, target }) => [target.metaFile, id]));
  const lines = ['digraph targets {', ...graphAttributes.map((line) => `  ${line};`)];
  for (const { id, target } of nodes) lines.push(`  ${id} ${nodeAttributes(target, outOfDate)};`);
  for (const { from, to, paths } of edges) {
    const [one, other] = [ids.get(from.metaFile), ids.get(to.metaFile)];
    if (one !== undefined && other !== undefined)
      lines.push(`  ${one} -> ${other} [label=${quoted(pathLines(paths, directory))}];`);
  }
  return `${lines.join('\n')}\n}\n`;
}

/** A target as the graph names it. */
export interface GraphNode {
  readonly id: string;
  readonly target: KnownTarget;
}

/** Those that `graphText` shows, in their order. */
export function graphNodes(graph: TargetGraph, { shown }: Pick<GraphOptions, 'shown'>): GraphNode[] {
  return nodesOf(graph, shown === undefined ? [] : graph.edges(), shown);
}

function nodesOf(
  graph: TargetGraph,
  edges: readonly TargetEdge[],
  shown: Iterable<string> | undefined,
): GraphNode[] {
  const kept = shown === undefined ? undefined : leadingTo(shown, edges);
  const targets = graph.targets.filter(({ metaFile }) => kept?.has(metaFile) ?? true);
  return targets.map((target, at) => ({ id: `t${at + 1}`, target }));
}

const graphAttributes = [
  'rankdir=LR',
  'graph [fontname="Helvetica,Arial,sans-serif"]',
  'node [fontname="Helvetica,Arial,sans-serif", fontsize=12, margin="0.25,0.1", shape=box, style="rounded,filled", color="#4b5563", fillcolor="#f3f4f6"]',
  'edge [fontname="Helvetica,Arial,sans-serif", fontsize=10, color="#4b5563"]',
];

function leadingTo(metaFiles: Iterable<string>, edges: readonly TargetEdge[]): Set<string> {
  const found = new Set(metaFiles);
  // What is added to a set is visited, too.
  for (const metaFile of found)
    for (const { from, to } of edges) if (to.metaFile === metaFile) found.add(from.metaFile);
  return found;
}

function nodeAttributes({ name, metaFile }: KnownTarget, outOfDate: ReadonlyMap<string, string>): string {
  const why = outOfDate.get(metaFile);
  if (why === undefined) return `[label=${quoted([cut(name), 'up to date'])}]`;
  const label = quoted([cut(name), 'out of date:', cut(why)]);
  return `[label=${label}, style=filled, peripheries=2, color="#b91c1c", fillcolor="#fee2e2"]`;
}

/** As many as can be read at a glance. */
const mostPaths = 3;

function pathLines(paths: readonly AbsolutePath[], directory: AbsolutePath): string[] {
  const shown = paths.slice(0, mostPaths).map((path) => cut(nearName(path, directory)));
  return paths.length > shown.length ? [...shown, `and ${paths.length - shown.length} more`] : shown;
}

function nearName(path: AbsolutePath, directory: AbsolutePath): string {
  if (!isBelow(path, directory)) return path;
  return path.slice(directory === '/' ? 1 : directory.length + 1);
}

const longest = 60;

function cut(text: string): string {
  const characters = [...text];
  return characters.length <= longest ? text : `${characters.slice(0, longest - 1).join('')}…`;
}

/** Lines as a label. Graphviz takes a backslash and an ampersand for the start of something else. */
function quoted(lines: readonly string[]): string {
  const escaped = lines.map((line) =>
    line
      .replace(/\p{Cc}|\p{Cs}/gu, hexadecimal)
      .replaceAll('\\', '\\\\')
      .replaceAll('"', '\\"')
      .replaceAll('&', '&amp;'),
  );
  return `"${escaped.join('\\n')}"`;
}

/** A control character, or a byte of a path that is not UTF-8: no picture can show them. */
function hexadecimal(character: string): string {
  return `\\x${(character.charCodeAt(0) & 0xff).toString(16).padStart(2, '0')}`;
}
