import { useState } from 'preact/hooks';
import type { ReportCause } from '../src/report-data.js';
import type { Report } from './report.js';
import type { Actions } from './selection.js';
import { counted, shownLines, shownText } from './shown-text.js';

export function Causes({ report, actions }: { readonly report: Report; readonly actions: Actions }) {
  const { causes } = report.data;
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? causes : causes.slice(0, atFirst);
  const groups = [...new Set(shown.map(({ group }) => group))];
  return (
    <section id="causes" aria-labelledby="causes-title">
      <h2 id="causes-title">{shownText(report.data.verdict)}</h2>
      {groups.map((group) => (
        <div key={group} class="group">
          <h3>{group}</h3>
          <ul class="causes">
            {shown.map((cause, at) =>
              cause.group === group ? (
                <Cause key={at} cause={cause} report={report} actions={actions} />
              ) : null,
            )}
          </ul>
        </div>
      ))}
      {shown.length < causes.length && (
        <button type="button" onClick={() => setWhole(true)}>
          Show the other {counted(causes.length - shown.length, 'cause')}
        </button>
      )}
    </section>
  );
}

const atFirst = 50;

function Cause({
  cause,
  report,
  actions,
}: {
  readonly cause: ReportCause;
  readonly report: Report;
  readonly actions: Actions;
}) {
  const { words, details, difference, path, process } = cause;
  return (
    <li class="cause">
      <div class="cause-line">
        {path === null ? (
          <span class="cause-words">{shownLines(words)}</span>
        ) : (
          <button type="button" class="cause-words link" onClick={() => actions.showFile(path, process)}>
            {shownLines(words)}
          </button>
        )}
        {process !== null && (
          <button
            type="button"
            class="by link"
            aria-label={`used by ${report.label(process).line}: show it in the time line`}
            onClick={() => actions.showProcess(process)}
          >
            by {report.label(process).line}
          </button>
        )}
      </div>
      {details.map((detail, at) => (
        <p key={at} class="detail">
          {shownLines(detail)}
        </p>
      ))}
      {difference.length > 0 && (
        <pre class="difference">
          {difference.map((line, at) => (
            <span key={at} class={lineClass(line)}>{`${shownText(line)}\n`}</span>
          ))}
        </pre>
      )}
    </li>
  );
}

function lineClass(line: string): string {
  if (line.startsWith('@@')) return 'place';
  return line.startsWith('+') ? 'gained' : line.startsWith('-') ? 'lost' : '';
}
