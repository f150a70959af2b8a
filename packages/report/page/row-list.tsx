import type { ComponentChildren, CSSProperties, TargetedKeyboardEvent } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { rowRange, scrollFor } from './row-range.js';

export interface RowListProps {
  readonly id: string;
  readonly role: 'tree' | 'grid';
  readonly label: string;
  readonly count: number;
  readonly rowHeight: number;
  /** The row that the keyboard is on; undefined if none. */
  readonly active: number | undefined;
  /** The keyboard goes to another row. */
  readonly onMove: (row: number) => void;
  /** Other keys; true if one was used. */
  readonly onKey: (key: string) => boolean;
  readonly row: (row: number, attributes: RowAttributes) => ComponentChildren;
  /** Stays above the rows. */
  readonly head?: ComponentChildren;
  readonly columns?: number;
  /** When it changes, the list takes the keyboard. */
  readonly focusTurn?: number;
}

interface RowAttributes {
  readonly id: string;
  readonly class: string;
  readonly style: CSSProperties;
  readonly onClick: () => void;
}

/** A list of which only the rows in sight are there. One moves in it by keyboard, and it tells which row that is on. */
export function RowList(props: RowListProps) {
  const { id, role, label, count, rowHeight, active, onMove, columns, focusTurn = 0 } = props;
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ scrolled: 0, height: 400 });
  const { from, to } = rowRange(view.scrolled, view.height, rowHeight, count);
  const bodyHeight = () => (box.current?.clientHeight ?? 0) - (props.head === undefined ? 0 : headHeight);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const look = () => setView({ scrolled: element.scrollTop, height: element.clientHeight });
    const watch = new ResizeObserver(look);
    watch.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      watch.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null || active === undefined) return;
    const scrolled = scrollFor(active, element.scrollTop, bodyHeight(), rowHeight);
    if (scrolled !== undefined) element.scrollTop = scrolled;
  }, [active, count]);

  useLayoutEffect(() => {
    if (focusTurn > 0) box.current?.focus();
  }, [focusTurn]);

  const press = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(bodyHeight() / rowHeight) - 1);
    const row = moved(event.key, active, count, page);
    if (row !== undefined) onMove(row);
    else if (!props.onKey(event.key)) return;
    event.preventDefault();
  };

  const rows = [];
  for (let row = from; row < to; row += 1)
    rows.push(
      props.row(row, {
        id: `${id}-${row}`,
        class: row === active ? 'row active' : 'row',
        style: { top: `${row * rowHeight}px`, height: `${rowHeight}px` },
        onClick: () => onMove(row),
      }),
    );
  const isSeen = active !== undefined && active >= from && active < to;
  return (
    <div
      ref={box}
      id={id}
      class="rows"
      role={role}
      aria-label={label}
      aria-rowcount={role === 'grid' ? count + 1 : undefined}
      aria-colcount={columns}
      aria-activedescendant={isSeen ? `${id}-${active}` : undefined}
      tabIndex={0}
      onKeyDown={press}
    >
      {props.head}
      <div
        class="rows-body"
        role={role === 'grid' ? 'rowgroup' : 'presentation'}
        style={{ height: `${count * rowHeight}px` }}
      >
        {rows}
      </div>
    </div>
  );
}

/** As in page.css. */
const headHeight = 30;

function moved(key: string, active: number | undefined, count: number, page: number): number | undefined {
  if (count === 0) return undefined;
  const at = active ?? -1;
  const to = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: count - 1,
  }[key];
  return to === undefined ? undefined : Math.max(0, Math.min(count - 1, to));
}
