import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { select } from 'd3-selection';
import { type D3ZoomEvent, type ZoomBehavior, type ZoomTransform, zoom, zoomIdentity } from 'd3-zoom';
import type { TargetedKeyboardEvent, TargetedMouseEvent } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { laneMembers, memberAt } from './lanes.js';
import { exitWords, type Report } from './report.js';
import type { Actions, Selection } from './selection.js';
import { counted, shownDuration } from './shown-text.js';
import { type Colours, drawTimeLine, programColours, scaleHeight } from './time-line-drawing.js';

interface TimeLineProps {
  readonly report: Report;
  readonly selection: Selection;
  readonly actions: Actions;
  /** Changes with the colours. */
  readonly theme: string;
  /** When it changes, the time line takes the keyboard and shows what was chosen. */
  readonly turn: number;
}

interface Hover {
  readonly process: number;
  readonly x: number;
  readonly y: number;
}

/** As many as page.css has colours for. */
const programs = 9;

export function TimeLine({ report, selection, actions, theme, turn }: TimeLineProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const part = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(0);
  const [transform, setTransform] = useState<ZoomTransform>(zoomIdentity);
  const [hover, setHover] = useState<Hover | null>(null);
  const [hasFocus, setFocus] = useState(false);
  const zoomer = useRef<ZoomBehavior<HTMLCanvasElement, unknown>>(null);
  const { lanes } = report;
  const members = useMemo(() => laneMembers(lanes), []);
  const colour = useMemo(() => {
    const took = lanes.to.map((to, at) => to - (lanes.from[at] ?? 0));
    return programColours(
      report.labels.map(({ program }) => program),
      took,
      programs - 1,
    );
  }, []);
  const laneHeight = Math.max(5, Math.min(20, Math.floor(360 / Math.max(1, lanes.lanes))));
  const height = scaleHeight + lanes.lanes * laneHeight + 2;
  const base = useMemo(() => scaleLinear([0, lanes.end], [0, Math.max(1, width)]), [width]);
  const scale = transform.rescaleX(base);
  const users = useMemo(() => {
    if (selection.path === null || selection.about !== 'path') return null;
    return new Set(
      report.accessesOf(selection.path).map((access) => report.data.accesses.process[access] as number),
    );
  }, [selection]);

  useLayoutEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const watch = new ResizeObserver(() => setWidth(element.clientWidth));
    watch.observe(element);
    const behavior = zoom<HTMLCanvasElement, unknown>()
      .scaleExtent([1, 100_000])
      .wheelDelta((event: WheelEvent) => -event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.002))
      // A wheel that goes sideways moves the time line; one that would make it smaller than it is, the page.
      .filter((event: MouseEvent | WheelEvent) => {
        if (event.type === 'wheel') return isZoom(event as WheelEvent, element);
        return event.button === 0;
      })
      .on('zoom', ({ transform: next }: D3ZoomEvent<HTMLCanvasElement, unknown>) => setTransform(next));
    zoomer.current = behavior;
    select(element).call(behavior).on('dblclick.zoom', null);
    element.addEventListener('wheel', slide, { passive: false });
    return () => watch.disconnect();

    function slide(event: WheelEvent): void {
      if (!isSideways(event)) return;
      event.preventDefault();
      select(element as HTMLCanvasElement).call(
        behavior.translateBy,
        -(event.deltaX + (event.shiftKey ? event.deltaY : 0)) / currentScale(element as HTMLCanvasElement),
        0,
      );
    }
  }, []);

  useEffect(() => {
    const box: [[number, number], [number, number]] = [
      [0, 0],
      [Math.max(1, width), 1],
    ];
    zoomer.current?.extent(box).translateExtent(box);
  }, [width]);

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (element === null || context === null || context === undefined || width === 0) return;
    const frame = requestAnimationFrame(() => {
      const ratio = window.devicePixelRatio || 1;
      element.width = Math.round(width * ratio);
      element.height = Math.round(height * ratio);
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      drawTimeLine(context, {
        report,
        members,
        colour: colour.of,
        scale,
        width,
        laneHeight,
        chosen: selection.process,
        hovered: hover?.process ?? null,
        users,
        colours: coloursOf(element),
      });
    });
    return () => cancelAnimationFrame(frame);
  }, [width, transform, hover?.process, selection, theme]);

  useLayoutEffect(() => {
    if (turn === 0) return;
    part.current?.scrollIntoView({ block: 'nearest' });
    canvas.current?.focus({ preventScroll: true });
    if (selection.process !== null) bringIntoSight(selection.process);
  }, [turn]);

  const by = (factor: number) => {
    if (canvas.current !== null) zoomer.current?.scaleBy(select(canvas.current), factor);
  };
  const all = () => {
    if (canvas.current !== null) zoomer.current?.transform(select(canvas.current), zoomIdentity);
  };
  const pan = (pixels: number) => {
    if (canvas.current !== null) zoomer.current?.translateBy(select(canvas.current), pixels / transform.k, 0);
  };
  /** So that the process takes most of the width. */
  const fit = (process: number) => {
    const [from, to] = spanOf(process);
    const length = Math.max(to - from, lanes.end / 50_000);
    const k = Math.min(100_000, (lanes.end / length) * 0.8);
    const middle = base((from + to) / 2);
    if (canvas.current !== null)
      zoomer.current?.transform(
        select(canvas.current),
        zoomIdentity.translate(width / 2 - middle * k, 0).scale(k),
      );
  };
  const bringIntoSight = (process: number) => {
    const [from, to] = spanOf(process);
    const left = scale(from);
    const right = scale(to);
    if (right - left < 3) fit(report.process(process).parent ?? process);
    else if (right < 20 || left > width - 20) pan(width / 2 - (left + right) / 2);
  };
  const spanOf = (process: number) => [lanes.from[process] ?? 0, lanes.to[process] ?? 0] as const;

  const processAt = (event: { readonly offsetX: number; readonly offsetY: number }): number | undefined => {
    const line = Math.floor((event.offsetY - scaleHeight) / laneHeight);
    const place = scale.invert(event.offsetX);
    return memberAt(members[line] ?? [], lanes, place, scale.invert(event.offsetX + 3) - place);
  };
  const point = (event: TargetedMouseEvent<HTMLCanvasElement>) => {
    const process = processAt(event);
    setHover(process === undefined ? null : { process, x: event.clientX, y: event.clientY });
  };
  const choose = (process: number | undefined) =>
    actions.choose({
      ...selection,
      process: process ?? null,
      about: process === undefined ? null : 'process',
    });

  const press = (event: TargetedKeyboardEvent<HTMLCanvasElement>) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { process } = selection;
    const neighbour = neighbourOf(report, process, event.key);
    if (event.shiftKey && event.key === 'ArrowLeft') pan(width / 4);
    else if (event.shiftKey && event.key === 'ArrowRight') pan(-width / 4);
    else if (event.key === '+' || event.key === '=') by(1.6);
    else if (event.key === '-') by(1 / 1.6);
    else if (event.key === '0') all();
    else if (event.key === 'f' && process !== null) fit(process);
    else if (event.key === 'Enter' && process !== null) actions.showFilesOf(process);
    else if (neighbour !== undefined) {
      choose(neighbour);
      bringIntoSight(neighbour);
    } else return;
    event.preventDefault();
  };

  const tip =
    hover ?? (hasFocus ? focusTip(canvas.current, selection.process, scale, report, laneHeight) : null);
  return (
    <section id="time-line" aria-labelledby="time-line-title" ref={part}>
      <header class="section-head">
        <h2 id="time-line-title">
          Time line {lanes.isTimed ? null : <span class="count">in order; this log has no times</span>}
        </h2>
        <div class="tools">
          <button type="button" aria-label="Zoom in" onClick={() => by(1.6)}>
            +
          </button>
          <button type="button" aria-label="Zoom out" onClick={() => by(1 / 1.6)}>
            −
          </button>
          <button type="button" onClick={all}>
            All
          </button>
        </div>
      </header>
      <div class="canvas-box">
        <canvas
          ref={canvas}
          id="canvas"
          tabIndex={0}
          role="application"
          aria-label={`Time line of ${counted(report.data.processes.length, 'process')}`}
          aria-describedby="time-line-keys"
          style={{ height: `${height}px` }}
          onMouseMove={point}
          onMouseLeave={() => setHover(null)}
          onClick={(event) => choose(processAt(event))}
          onDblClick={(event) => {
            const process = processAt(event);
            if (process !== undefined) fit(process);
          }}
          onKeyDown={press}
          onFocus={() => setFocus(true)}
          onBlur={() => setFocus(false)}
        />
      </div>
      <ul class="legend" aria-label="Colours of the programs that took most time">
        {colour.names.map((name, at) => (
          <li key={name}>
            <span class={`swatch program-${at}`} />
            {name}
          </li>
        ))}
      </ul>
      <p id="time-line-keys" class="hint">
        Wheel or <kbd>+</kbd> <kbd>−</kbd> zoom, drag or <kbd>Shift</kbd> <kbd>←</kbd> <kbd>→</kbd> move;{' '}
        <kbd>←</kbd> <kbd>→</kbd> go from process to process, <kbd>↑</kbd> <kbd>↓</kbd> to its parent and
        children, <kbd>F</kbd> fits it, <kbd>0</kbd> shows all, <kbd>Enter</kbd> its files.
      </p>
      <p class="hidden" aria-live="polite">
        {hasFocus && selection.process !== null ? processWords(report, selection.process) : ''}
      </p>
      {tip !== null && <Tip report={report} {...tip} />}
    </section>
  );
}

function Tip({ report, process, x, y }: Hover & { readonly report: Report }) {
  const isLeft = x > window.innerWidth / 2;
  return (
    <div
      class="tip"
      role="presentation"
      style={{
        top: `${Math.min(y + 14, window.innerHeight - 90)}px`,
        [isLeft ? 'right' : 'left']: `${isLeft ? window.innerWidth - x + 10 : x + 10}px`,
      }}
    >
      <div class="mono">{report.label(process).line.slice(0, 400)}</div>
      <div class={report.isFailed(process) ? 'failed' : 'detail'}>{factWords(report, process)}</div>
    </div>
  );
}

function factWords(report: Report, process: number): string {
  const duration = report.duration(process);
  const facts = [exitWords(report.process(process)), counted(report.fileCount(process), 'file')];
  return [...(duration === null ? [] : [shownDuration(duration)]), ...facts].join(' · ');
}

function processWords(report: Report, process: number): string {
  return `${report.label(process).line}; ${factWords(report, process)}`;
}

function focusTip(
  element: HTMLCanvasElement | null,
  process: number | null,
  scale: ScaleLinear<number, number>,
  report: Report,
  laneHeight: number,
): Hover | null {
  if (element === null || process === null) return null;
  const box = element.getBoundingClientRect();
  const { from, lane } = report.lanes;
  const x = Math.max(0, Math.min(box.width, scale(from[process] ?? 0)));
  return { process, x: box.left + x, y: box.top + scaleHeight + ((lane[process] ?? 0) + 1) * laneHeight };
}

/** Where an arrow leads. */
function neighbourOf(report: Report, process: number | null, key: string): number | undefined {
  const { order } = report.lanes;
  const { processes } = report.data;
  if (key === 'Home') return order[0];
  if (key === 'End') return order.at(-1);
  if (!key.startsWith('Arrow')) return undefined;
  if (process === null) return order[0];
  const at = order.indexOf(process);
  if (key === 'ArrowRight') return order[at + 1];
  if (key === 'ArrowLeft') return order[at - 1];
  if (key === 'ArrowUp') return report.process(process).parent ?? undefined;
  return processes[process + 1]?.parent === process ? process + 1 : undefined;
}

function isSideways(event: WheelEvent): boolean {
  return event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
}

function isZoom(event: WheelEvent, element: HTMLCanvasElement): boolean {
  return !isSideways(event) && (event.deltaY < 0 || currentScale(element) > 1);
}

/** d3-zoom keeps the transform with the element. */
function currentScale(element: HTMLCanvasElement): number {
  return (element as unknown as { readonly __zoom?: ZoomTransform }).__zoom?.k ?? 1;
}

function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: colour('text'),
    faint: colour('faint'),
    grid: colour('grid'),
    accent: colour('accent'),
    failed: colour('failed'),
    inside: colour('inside'),
    programs: Array.from({ length: programs }, (_, at) => colour(`program-${at}`)),
  };
}
