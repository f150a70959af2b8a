import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { FileFilter, FileRow, SortColumn } from './file-rows.js';
import { type Report, uses, usesOf } from './report.js';
import { RowList } from './row-list.js';
import type { Actions, Selection } from './selection.js';
import { counted } from './shown-text.js';

export const everything: FileFilter = {
  query: '',
  processQuery: '',
  uses: 0,
  role: 'all',
  process: null,
  isGrouped: true,
  sort: 'path',
  isDescending: false,
};

interface FilesProps {
  readonly report: Report;
  readonly filter: FileFilter;
  readonly setFilter: (filter: FileFilter) => void;
  readonly selection: Selection;
  readonly actions: Actions;
  /** When it changes, the table takes the keyboard. */
  readonly turn: number;
}

/** The table of what was used. */
export function Files({ report, filter, setFilter, selection, actions, turn }: FilesProps) {
  const rows = useMemo(() => report.files.rows(filter), [filter]);
  const total = useMemo(
    () => report.files.rows({ ...everything, isGrouped: filter.isGrouped }).length,
    [filter.isGrouped],
  );
  const active = useMemo(() => activeRow(rows, selection, filter.isGrouped), [rows, selection]);
  const part = useRef<HTMLElement>(null);
  const set = (change: Partial<FileFilter>) => setFilter({ ...filter, ...change });
  const choose = (row: number) => {
    const chosen = rows[row];
    if (chosen === undefined) return;
    const process = filter.isGrouped ? selection.process : chosen.process;
    actions.choose({ ...selection, process, path: chosen.path, about: 'path' });
  };
  const key = (name: string): boolean => {
    if (name !== 'Enter' || active === undefined) return false;
    const process = rows[active]?.process;
    if (process !== undefined) actions.showProcess(process);
    return true;
  };

  useLayoutEffect(() => {
    if (turn > 0) part.current?.scrollIntoView({ block: 'nearest' });
  }, [turn]);

  return (
    <section id="files" aria-labelledby="files-title" ref={part}>
      <header class="section-head">
        <h2 id="files-title">
          Files{' '}
          <span class="count" aria-live="polite">
            {rows.length === total
              ? total.toLocaleString('en')
              : `${rows.length.toLocaleString('en')} of ${total.toLocaleString('en')}`}
          </span>
        </h2>
        <div class="tools">
          <button
            type="button"
            aria-pressed={!filter.isGrouped}
            onClick={() => set({ isGrouped: !filter.isGrouped })}
          >
            Each process apart
          </button>
        </div>
      </header>
      <search class="filters">
        <input
          id="search"
          type="search"
          placeholder="Search paths"
          aria-label="Search paths"
          value={filter.query}
          onInput={(event) => set({ query: event.currentTarget.value })}
        />
        <input
          type="search"
          placeholder="by process"
          aria-label="Search processes"
          value={filter.processQuery}
          onInput={(event) => set({ processQuery: event.currentTarget.value })}
        />
        <select
          aria-label="What they count as"
          value={filter.role}
          onChange={(event) => set({ role: event.currentTarget.value as FileFilter['role'] })}
        >
          <option value="all">inputs, outputs and others</option>
          <option value="input">inputs</option>
          <option value="output">outputs</option>
          <option value="none">what does not count</option>
        </select>
        <fieldset>
          <legend class="hidden">How they were used</legend>
          {uses.map(({ bit, use, label }) => (
            <button
              key={use}
              type="button"
              class={`use ${use}`}
              aria-pressed={(filter.uses & bit) !== 0}
              onClick={() => set({ uses: filter.uses ^ bit })}
            >
              {label}
            </button>
          ))}
        </fieldset>
        {filter.process !== null && (
          <button
            type="button"
            class="chip"
            onClick={() => set({ process: null })}
            aria-label="Show the files of all processes"
          >
            <span class="line">of {report.label(filter.process).line}</span> ×
          </button>
        )}
      </search>
      <RowList
        id="table"
        role="grid"
        label="Files that were used"
        count={rows.length}
        columns={3}
        rowHeight={24}
        active={active}
        onMove={choose}
        onKey={key}
        focusTurn={turn}
        head={<Head filter={filter} set={set} />}
        row={(at, attributes) => {
          const row = rows[at] as FileRow;
          const path = report.path(row.path);
          const isCause = report.causesOf.has(row.path);
          return (
            <div
              key={`${row.path} ${row.process}`}
              {...attributes}
              role="row"
              aria-rowindex={at + 2}
              aria-selected={at === active}
            >
              <span role="gridcell" class={isCause ? 'cell because' : 'cell'}>
                {isCause && (
                  <span class="mark" role="img" aria-label="cause" title="A cause of being out of date" />
                )}
                <span class="path" title={path}>
                  <bdi>{path}</bdi>
                </span>
              </span>
              <span role="gridcell" class="uses">
                {usesOf(row.uses).map((label) => (
                  <span key={label} class={`use-${label.split(' ')[0]}`}>
                    {label}
                  </span>
                ))}
              </span>
              <span role="gridcell" class="line">
                {row.processes > 1 ? (
                  <i>{counted(row.processes, 'process')}</i>
                ) : (
                  report.label(row.process).line
                )}
              </span>
            </div>
          );
        }}
      />
      {rows.length === 0 && (
        <p class="none">
          Nothing fits.{' '}
          <button
            type="button"
            class="link"
            onClick={() => setFilter({ ...everything, isGrouped: filter.isGrouped })}
          >
            Show all
          </button>
        </p>
      )}
    </section>
  );
}

function activeRow(
  rows: readonly FileRow[],
  { path, process }: Selection,
  isGrouped: boolean,
): number | undefined {
  if (path === null) return undefined;
  const exact = isGrouped ? -1 : rows.findIndex((row) => row.path === path && row.process === process);
  const at = exact >= 0 ? exact : rows.findIndex((row) => row.path === path);
  return at < 0 ? undefined : at;
}

const columns: readonly { readonly name: SortColumn; readonly title: string }[] = [
  { name: 'path', title: 'Path' },
  { name: 'uses', title: 'Use' },
  { name: 'process', title: 'Process' },
];

function Head({
  filter,
  set,
}: {
  readonly filter: FileFilter;
  readonly set: (change: Partial<FileFilter>) => void;
}) {
  return (
    <div class="row-head" role="row" aria-rowindex={1}>
      {columns.map(({ name, title }) => {
        const isSorted = filter.sort === name;
        return (
          <span
            key={name}
            role="columnheader"
            aria-sort={isSorted ? (filter.isDescending ? 'descending' : 'ascending') : 'none'}
          >
            <button
              type="button"
              onClick={() => set({ sort: name, isDescending: isSorted && !filter.isDescending })}
            >
              {title}
              <span aria-hidden="true">{isSorted ? (filter.isDescending ? ' ▾' : ' ▴') : ''}</span>
            </button>
          </span>
        );
      })}
    </div>
  );
}
