import { useMemo, useState } from 'preact/hooks';
import { exitWords, type Report } from './report.js';
import { RowList } from './row-list.js';
import type { Actions, Selection } from './selection.js';
import { counted, shownDuration } from './shown-text.js';
import { ancestorsOf, hasChildren, openRows, parentsOf, siblings } from './tree-rows.js';

interface ProcessTreeProps {
  readonly report: Report;
  readonly selection: Selection;
  readonly actions: Actions;
}

export function ProcessTree({ report, selection, actions }: ProcessTreeProps) {
  const { processes } = report.data;
  const [given, setClosed] = useState<ReadonlySet<number>>(new Set());
  const { process } = selection;
  // What is chosen shows, whatever was closed before.
  const closed = useMemo(() => {
    const above = process === null ? [] : ancestorsOf(processes, process);
    return above.some((place) => given.has(place)) ? without(given, above) : given;
  }, [given, process]);
  const { place: setPlaces, count: setSizes } = useMemo(() => siblings(processes), []);
  const rows = useMemo(() => openRows(processes, closed), [closed]);
  const active = process === null ? undefined : rows.indexOf(process);
  const choose = (row: number) =>
    actions.choose({ ...selection, process: rows[row] ?? null, about: 'process' });
  const toggle = (place: number) =>
    setClosed(closed.has(place) ? without(closed, [place]) : new Set([...closed, place]));

  const key = (name: string): boolean => {
    if (process === null) return false;
    const parent = report.process(process).parent;
    if (name === 'ArrowRight' && closed.has(process)) toggle(process);
    else if (name === 'ArrowRight' && hasChildren(processes, process)) choose((active ?? 0) + 1);
    else if (name === 'ArrowLeft' && hasChildren(processes, process) && !closed.has(process)) toggle(process);
    else if (name === 'ArrowLeft' && parent !== null) choose(rows.indexOf(parent));
    else if (name === ' ' && hasChildren(processes, process)) toggle(process);
    else if (name === 'Enter') actions.showFilesOf(process);
    else return false;
    return true;
  };
  const closeAll = () => {
    actions.choose({
      ...selection,
      process: null,
      about: selection.about === 'process' ? null : selection.about,
    });
    setClosed(new Set(parentsOf(processes).filter((place) => report.process(place).depth > 0)));
  };

  return (
    <section id="processes" aria-labelledby="processes-title">
      <header class="section-head">
        <h2 id="processes-title">
          Processes <span class="count">{processes.length.toLocaleString('en')}</span>
        </h2>
        <div class="tools">
          <button type="button" onClick={() => setClosed(new Set())}>
            Open all
          </button>
          <button type="button" onClick={closeAll}>
            Close all
          </button>
        </div>
      </header>
      <RowList
        id="tree"
        role="tree"
        label="The tree of processes"
        count={rows.length}
        rowHeight={24}
        active={active === -1 ? undefined : active}
        onMove={choose}
        onKey={key}
        row={(row, attributes) => {
          const place = rows[row] as number;
          const life = report.process(place);
          const isParent = hasChildren(processes, place);
          const duration = report.duration(place);
          const { program, line } = report.label(place);
          const rest = line.startsWith(program) ? line.slice(program.length) : ` ${line}`;
          return (
            <div
              key={place}
              {...attributes}
              role="treeitem"
              aria-level={life.depth + 1}
              aria-posinset={setPlaces[place]}
              aria-setsize={setSizes[place]}
              aria-selected={place === process}
              aria-expanded={isParent ? !closed.has(place) : undefined}
            >
              <span class="indent" style={{ width: `${Math.min(life.depth, 24) * 14}px` }} />
              {isParent ? (
                <span
                  class="twisty"
                  aria-hidden="true"
                  onClick={(event) => {
                    event.stopPropagation();
                    toggle(place);
                  }}
                >
                  {closed.has(place) ? '▸' : '▾'}
                </span>
              ) : (
                <span class="twisty" />
              )}
              <span class="line">
                <b>{program}</b>
                {rest}
              </span>
              {report.isFailed(place) && <span class="failed">{exitWords(life)}</span>}
              <span class="number">{counted(report.fileCount(place), 'file')}</span>
              <span class="number">{duration === null ? '' : shownDuration(duration)}</span>
            </div>
          );
        }}
      />
    </section>
  );
}

function without(places: ReadonlySet<number>, gone: readonly number[]): ReadonlySet<number> {
  const left = new Set(places);
  for (const place of gone) left.delete(place);
  return left;
}
