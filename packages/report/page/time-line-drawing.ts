import type { ScaleLinear } from 'd3-scale';
import type { Report } from './report.js';

/** The colours of the page, as the canvas needs them. */
export interface Colours {
  readonly text: string;
  readonly faint: string;
  readonly grid: string;
  readonly accent: string;
  readonly failed: string;
  readonly inside: string;
  /** For the programs that ran most; the last for all others. */
  readonly programs: readonly string[];
}

export interface Drawing {
  readonly report: Report;
  readonly members: readonly (readonly number[])[];
  /** Place in `Colours.programs`, for each process. */
  readonly colour: readonly number[];
  readonly scale: ScaleLinear<number, number>;
  readonly width: number;
  readonly laneHeight: number;
  readonly chosen: number | null;
  readonly hovered: number | null;
  /** Those that used the path that was chosen; null if none was. */
  readonly users: ReadonlySet<number> | null;
  readonly colours: Colours;
}

/** Height of the scale above the lines. */
export const scaleHeight = 22;

export function drawTimeLine(context: CanvasRenderingContext2D, drawing: Drawing): void {
  const { width, laneHeight, members, report } = drawing;
  const height = scaleHeight + members.length * laneHeight;
  context.clearRect(0, 0, width, height + laneHeight);
  context.font = '11px system-ui, sans-serif';
  context.textBaseline = 'middle';
  if (report.lanes.isTimed) drawScale(context, drawing, height);
  for (const [line, processes] of members.entries()) drawLine(context, drawing, processes, line);
  for (const process of [drawing.hovered, drawing.chosen])
    if (process !== null) outline(context, drawing, process);
}

function drawScale(
  context: CanvasRenderingContext2D,
  { scale, width, colours }: Drawing,
  height: number,
): void {
  context.fillStyle = colours.faint;
  context.strokeStyle = colours.grid;
  context.lineWidth = 1;
  context.beginPath();
  const ticks = scale.ticks(Math.max(2, Math.floor(width / 110)));
  const step = (ticks[1] ?? 0) - (ticks[0] ?? 0);
  for (const tick of ticks) {
    const x = Math.round(scale(tick)) + 0.5;
    if (x < 0 || x > width) continue;
    context.moveTo(x, scaleHeight - 4);
    context.lineTo(x, height);
    if (x < width - 40) context.fillText(tickWords(tick, step), x + 3, scaleHeight / 2);
  }
  context.stroke();
}

/** With as many digits as tell it from the ticks beside it. Both in microseconds. */
export function tickWords(tick: number, step: number): string {
  const [unit, size] = tick >= 1e6 || step >= 1e6 ? ['s', 1e6] : step >= 1 ? ['ms', 1e3] : ['µs', 1];
  const digits = Math.max(0, -Math.floor(Math.log10(step / size)));
  return `${(tick / size).toFixed(Math.min(9, digits))} ${unit}`;
}

function drawLine(
  context: CanvasRenderingContext2D,
  drawing: Drawing,
  processes: readonly number[],
  line: number,
): void {
  const { report, scale, width, laneHeight, users, colours, colour } = drawing;
  const { from, to } = report.lanes;
  const top = scaleHeight + line * laneHeight;
  const height = Math.max(1, laneHeight - 2);
  let drawn = -1;
  for (const process of processes) {
    const left = scale(from[process] ?? 0);
    const right = Math.max(left + 1, scale(to[process] ?? 0));
    // What would be drawn in a pixel that is drawn already, or out of sight, is left out.
    if (right < 0 || left > width || right <= drawn) continue;
    drawn = Math.ceil(right) - 0.5;
    context.globalAlpha = users === null || users.has(process) ? 1 : 0.22;
    context.fillStyle = colours.programs[colour[process] ?? 0] ?? colours.faint;
    const begin = Math.max(0, left);
    const gap = right - left > 3 ? 1 : 0;
    context.fillRect(begin, top + 1, Math.min(width, right) - begin - gap, height);
    if (report.isFailed(process)) {
      context.fillStyle = colours.failed;
      context.fillRect(begin, top + laneHeight - 4, Math.max(2, Math.min(width, right) - begin - gap), 3);
    }
    const room = Math.min(width, right) - begin - 8;
    if (room < 24 || laneHeight < 13) continue;
    context.fillStyle = colours.inside;
    const text = report.label(process).line;
    context.fillText(fitted(text, room), begin + 4, top + laneHeight / 2 + 0.5);
  }
  context.globalAlpha = 1;
}

/** By a width that no letter of this size has more of: measuring each would take longer than drawing. */
function fitted(text: string, room: number): string {
  const letters = Math.floor(room / 5.8);
  return text.length <= letters
    ? text
    : letters < 4
      ? text.slice(0, letters)
      : `${text.slice(0, letters - 1)}…`;
}

function outline(context: CanvasRenderingContext2D, drawing: Drawing, process: number): void {
  const { report, scale, laneHeight, colours, chosen } = drawing;
  const { from, to, lane } = report.lanes;
  const left = scale(from[process] ?? 0);
  const width = Math.max(3, scale(to[process] ?? 0) - left);
  context.strokeStyle = process === chosen ? colours.accent : colours.text;
  context.lineWidth = process === chosen ? 2.5 : 1;
  context.strokeRect(left, scaleHeight + (lane[process] ?? 0) * laneHeight + 0.5, width, laneHeight - 1);
}

/**
 * The programs that took most have colours of their own, as many as there are; `rest` is that of all others.
 * `took`: of each process, in any unit.
 */
export function programColours(
  programs: readonly string[],
  took: readonly number[],
  rest: number,
): { readonly names: readonly string[]; readonly of: readonly number[] } {
  const sums = new Map<string, number>();
  for (const [at, program] of programs.entries())
    sums.set(program, (sums.get(program) ?? 0) + (took[at] ?? 0));
  const names = [...sums]
    .sort(([, one], [, other]) => other - one)
    .slice(0, rest)
    .map(([name]) => name);
  return {
    names,
    of: programs.map((program) => {
      const at = names.indexOf(program);
      return at < 0 ? rest : at;
    }),
  };
}
