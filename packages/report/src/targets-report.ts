import type { TargetGraph } from '@oodate/explain';
import { graphPicture } from './graph-picture.js';
import { type GraphOptions, graphNodes, graphText } from './graph-text.js';
import type { ReportTargets } from './report-data.js';

export interface TargetsSource extends Pick<GraphOptions, 'directory' | 'shown'> {
  readonly graph: TargetGraph;
  /** Meta file of the target that the page is about. */
  readonly own: string;
  /** Why targets are out of date, a clause for each cause, by their meta files. The others are up to date. */
  readonly causes: ReadonlyMap<string, readonly string[]>;
}

/** Of each target. */
const mostCauses = 20;

/** The graph as it is shown in the page. */
export async function targetsReport(source: TargetsSource): Promise<ReportTargets> {
  const { graph, own, causes, ...options } = source;
  const outOfDate = new Map(
    [...causes].flatMap(([metaFile, [first]]) => (first === undefined ? [] : [[metaFile, first]])),
  );
  return {
    picture: await graphPicture(graphText(graph, { ...options, outOfDate })),
    nodes: graphNodes(graph, options).map(({ id, target: { name, metaFile } }) => {
      const all = causes.get(metaFile) ?? [];
      const shown = all.slice(0, mostCauses);
      return {
        id,
        name,
        isOwn: metaFile === own,
        isUpToDate: all.length === 0,
        causes: shown,
        more: all.length - shown.length,
      };
    }),
  };
}
