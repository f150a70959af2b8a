import type { ReportTarget } from '../src/report-data.js';
import { cutMark } from './process-label.js';
import { exitWords, type Report, usesOf } from './report.js';
import { type Actions, nothing, type Selection } from './selection.js';
import { counted, shownDuration, shownLines, shownText } from './shown-text.js';
import { ancestorsOf } from './tree-rows.js';

interface DetailsProps {
  readonly report: Report;
  readonly selection: Selection;
  readonly actions: Actions;
}

/** What is known of the process or path that was chosen. */
export function Details({ report, selection, actions }: DetailsProps) {
  const { process, path, target, about } = selection;
  const titles = { process: 'Process', path: 'File', target: 'Target' };
  return (
    <aside id="details" class={about === null ? 'empty' : ''} aria-labelledby="details-title">
      <h2 id="details-title">{about === null ? 'Details' : titles[about]}</h2>
      {about !== null && (
        <button
          type="button"
          class="close"
          aria-label="Close the details"
          onClick={() => actions.choose(nothing)}
        >
          ×
        </button>
      )}
      {about === 'process' && process !== null ? (
        <ProcessDetails report={report} process={process} actions={actions} />
      ) : about === 'path' && path !== null ? (
        <PathDetails report={report} path={path} actions={actions} />
      ) : about === 'target' && target !== null ? (
        <TargetDetails target={report.data.targets?.nodes[target]} />
      ) : (
        <p class="hint">
          Choose a process or a file, by mouse or with the arrow keys. <kbd>/</kbd> searches, <kbd>Esc</kbd>{' '}
          closes this.
        </p>
      )}
    </aside>
  );
}

function ProcessDetails({
  report,
  process,
  actions,
}: {
  readonly report: Report;
  readonly process: number;
  readonly actions: Actions;
}) {
  const life = report.process(process);
  const duration = report.duration(process);
  const above = ancestorsOf(report.data.processes, process);
  return (
    <>
      {life.executables.length === 0 && <p>{report.label(process).line}</p>}
      {life.executables.map((executable, at) => (
        <div key={at}>
          <pre class="words">{shownLines(cutMark(life.commandLines[at] ?? executable))}</pre>
          {life.commandLines[at] !== null && <p class="detail mono">{shownText(executable)}</p>}
        </div>
      ))}
      <dl>
        <dt>pid</dt>
        <dd>{life.pid}</dd>
        <dt>end</dt>
        <dd class={report.isFailed(process) ? 'failed' : ''}>{exitWords(life)}</dd>
        {duration !== null && (
          <>
            <dt>time</dt>
            <dd>
              {shownDuration(duration)}, from {shownDuration(life.started ?? 0)} on
            </dd>
          </>
        )}
        <dt>files</dt>
        <dd>
          <button type="button" class="link" onClick={() => actions.showFilesOf(process)}>
            {counted(report.fileCount(process), 'file')}
          </button>
        </dd>
      </dl>
      {above.length > 0 && (
        <>
          <h3>Started by</h3>
          <ul class="plain">
            {above.slice(0, 20).map((parent) => (
              <li key={parent}>
                <ProcessButton report={report} process={parent} actions={actions} />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function PathDetails({
  report,
  path,
  actions,
}: {
  readonly report: Report;
  readonly path: number;
  readonly actions: Actions;
}) {
  const { accesses, causes, paths } = report.data;
  const users = report.accessesOf(path);
  const atFirst = 100;
  return (
    <>
      <p class="words mono">{shownText(paths[path]?.[0] ?? '')}</p>
      <p class="detail">{roleWords[report.role(path)]}</p>
      {(report.causesOf.get(path) ?? []).map((cause) => (
        <p key={cause} class="because">
          {shownLines(causes[cause]?.words ?? '')}
        </p>
      ))}
      <h3>Used by {counted(users.length, 'process')}</h3>
      <ul class="plain">
        {users.slice(0, atFirst).map((access) => {
          const process = accesses.process[access] as number;
          return (
            <li key={access}>
              <span class="detail">{usesOf(accesses.uses[access] ?? 0).join(', ')}</span>
              <ProcessButton report={report} process={process} actions={actions} />
            </li>
          );
        })}
      </ul>
      {users.length > atFirst && <p class="detail">and {users.length - atFirst} more: see the table</p>}
    </>
  );
}

function TargetDetails({ target }: { readonly target: ReportTarget | undefined }) {
  if (target === undefined) return null;
  const { name, isOwn, isUpToDate, causes, more } = target;
  return (
    <>
      <p class="words mono">{shownText(name)}</p>
      <p class={isUpToDate ? 'up-to-date' : 'because'}>{isUpToDate ? 'up to date' : 'out of date'}</p>
      {causes.length > 0 && (
        <ul class="plain">
          {causes.map((cause, at) => (
            <li key={at}>{shownLines(cause)}</li>
          ))}
        </ul>
      )}
      {more > 0 && <p class="detail">and {counted(more, 'cause')} more</p>}
      <p class="detail">
        {isOwn ? <a href="#causes">This page is about it.</a> : 'Its own page shows its run.'}
      </p>
    </>
  );
}

const roleWords = {
  input: 'An input: the target is out of date if it changes.',
  output: 'An output: what the command left there is part of its result.',
  none: 'It does not count: made and removed again, or left out by a rule or a setting.',
} as const;

function ProcessButton({
  report,
  process,
  actions,
}: {
  readonly report: Report;
  readonly process: number;
  readonly actions: Actions;
}) {
  return (
    <button type="button" class="link mono" onClick={() => actions.showProcess(process)}>
      {report.label(process).line}
    </button>
  );
}
