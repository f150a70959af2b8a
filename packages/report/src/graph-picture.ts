/** A graph in the DOT language as an SVG document, laid out by Graphviz. Rejects what is no such graph. */
export async function graphPicture(dot: string): Promise<string> {
  // It is larger than all the rest together.
  const { instance } = await import('@viz-js/viz');
  return (await instance()).renderString(dot, { format: 'svg' });
}
