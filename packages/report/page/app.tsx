import { useEffect, useLayoutEffect, useMemo, useState } from 'preact/hooks';
import { Causes } from './causes.js';
import { Details } from './details.js';
import type { FileFilter } from './file-rows.js';
import { everything, Files } from './files.js';
import { ProcessTree } from './process-tree.js';
import type { Report } from './report.js';
import { type Actions, nothing, type Selection, type Wish } from './selection.js';
import { counted, shownDuration, shownText } from './shown-text.js';
import { Targets } from './targets.js';
import { TimeLine } from './time-line.js';

export function App({ report }: { readonly report: Report }) {
  const { data } = report;
  const [selection, choose] = useState<Selection>(nothing);
  const [filter, setFilter] = useState<FileFilter>(everything);
  const [wish, setWish] = useState<Wish>({ part: 'files', turn: 0 });
  const [theme, setTheme] = useTheme();
  const wants = (part: Wish['part']) => setWish(({ turn }) => ({ part, turn: turn + 1 }));
  const turnOf = (part: Wish['part']) => (wish.part === part ? wish.turn : 0);

  const actions: Actions = useMemo(
    () => ({
      choose,
      showProcess: (process) => {
        choose((now) => ({ ...now, process, about: 'process' }));
        wants('time line');
      },
      showFile: (path, process) => {
        choose((now) => ({ ...now, path, process, about: 'path' }));
        // What is asked for shows, whatever was searched for before.
        setFilter(({ sort, isDescending, isGrouped }) => ({ ...everything, sort, isDescending, isGrouped }));
        wants('files');
      },
      showFilesOf: (process) => {
        choose((now) => ({ ...now, process, about: 'process' }));
        setFilter(({ sort, isDescending, isGrouped }) => ({
          ...everything,
          sort,
          isDescending,
          isGrouped,
          process,
        }));
        wants('files');
      },
    }),
    [],
  );

  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key === 'Escape') choose(nothing);
      const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
      if (event.key !== '/' || isTyping) return;
      event.preventDefault();
      const search = document.getElementById('search');
      search?.scrollIntoView({ block: 'center' });
      search?.focus();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);

  return (
    <>
      <a class="skip" href="#files">
        To the files
      </a>
      <header class="top">
        <h1>
          <span class={data.isUpToDate ? 'verdict good' : 'verdict bad'}>
            {data.isUpToDate ? 'up to date' : 'out of date'}
          </span>
          {shownText(data.target)}
        </h1>
        <p class="facts">{factsOf(report)}</p>
        <nav aria-label="Parts of the page">
          <a href="#causes">Verdict</a>
          <a href="#time-line">Time line</a>
          <a href="#processes">Processes</a>
          <a href="#files">Files</a>
          {data.targets !== null && <a href="#targets">Targets</a>}
        </nav>
        <button
          type="button"
          class="theme"
          aria-pressed={theme === 'dark'}
          onClick={() => setTheme(theme === 'dark' ? 'light' : 'dark')}
        >
          Dark
        </button>
      </header>
      <div class="columns">
        <main>
          <Causes report={report} actions={actions} />
          <TimeLine
            report={report}
            selection={selection}
            actions={actions}
            theme={theme}
            turn={turnOf('time line')}
          />
          <ProcessTree report={report} selection={selection} actions={actions} />
          <Files
            report={report}
            filter={filter}
            setFilter={setFilter}
            selection={selection}
            actions={actions}
            turn={turnOf('files')}
          />
          {data.targets !== null && <Targets targets={data.targets} selection={selection} choose={choose} />}
        </main>
        <Details report={report} selection={selection} actions={actions} />
      </div>
    </>
  );
}

function factsOf({ data }: Report): string {
  const ran = data.ran === null ? [] : [`ran ${new Date(data.ran).toLocaleString()}`];
  const took = data.took === null ? [] : [shownDuration(data.took)];
  return [
    ...ran,
    ...took,
    counted(data.processes.length, 'process'),
    counted(data.paths.length, 'file'),
  ].join(' · ');
}

type Theme = 'dark' | 'light';

/** That of the system, until it is chosen. */
function useTheme(): [Theme, (theme: Theme) => void] {
  const system = window.matchMedia('(prefers-color-scheme: dark)');
  const [chosen, setChosen] = useState<Theme | null>(null);
  const [isDark, setDark] = useState(system.matches);
  useEffect(() => {
    const change = (event: MediaQueryListEvent) => setDark(event.matches);
    system.addEventListener('change', change);
    return () => system.removeEventListener('change', change);
  }, []);
  const theme = chosen ?? (isDark ? 'dark' : 'light');
  useLayoutEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  return [theme, setChosen];
}
