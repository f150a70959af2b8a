/** The rows of a long list that must be there for a part of it to be seen: `from` and all before `to`. */
export function rowRange(
  scrolled: number,
  height: number,
  rowHeight: number,
  count: number,
): { readonly from: number; readonly to: number } {
  const around = 6;
  const from = Math.floor(scrolled / rowHeight) - around;
  const to = Math.ceil((scrolled + height) / rowHeight) + around;
  return { from: Math.min(count, Math.max(0, from)), to: Math.max(0, Math.min(count, to)) };
}

/**
 * Where the list must be scrolled to for all of the row to be seen; undefined if it is. The next row comes in at the
 * edge, one that is further away in the middle.
 */
export function scrollFor(
  row: number,
  scrolled: number,
  height: number,
  rowHeight: number,
): number | undefined {
  const top = row * rowHeight;
  const above = scrolled - top;
  const below = top + rowHeight - scrolled - height;
  if (above <= 0 && below <= 0) return undefined;
  if (Math.max(above, below) > 2 * rowHeight) return Math.max(0, top - (height - rowHeight) / 2);
  return above > 0 ? top : top + rowHeight - height;
}
