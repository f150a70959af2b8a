interface Event {
  readonly ph?: unknown;
  readonly name?: unknown;
  readonly cat?: unknown;
  readonly ts?: unknown;
  readonly dur?: unknown;
  readonly pid?: unknown;
  readonly tid?: unknown;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** What each kind of metadata that viewers know has in `args`. */
const metadata: Readonly<Record<string, readonly [key: string, type: string]>> = {
  process_name: ['name', 'string'],
  process_labels: ['labels', 'string'],
  process_sort_index: ['sort_index', 'number'],
  thread_name: ['name', 'string'],
  thread_sort_index: ['sort_index', 'number'],
};

/**
 * In what a JSON text breaks the rules of the Trace Event Format, as far as complete events and metadata go; none if it
 * keeps them. In each thread, complete events must nest, and of those that begin together the outer one comes first:
 * viewers draw others wrongly. (Source: Trace Event Format; Perfetto's documentation.)
 */
export function traceEventFaults(json: string): string[] {
  const { traceEvents, displayTimeUnit } = JSON.parse(json) as Record<string, unknown>;
  if (!Array.isArray(traceEvents)) return ['there is no list of events'];
  const events = traceEvents as readonly Event[];
  const faults = events.flatMap((event, place) =>
    eventFaults(event).map((fault) => `event ${place}: ${fault}`),
  );
  if (displayTimeUnit !== 'ms' && displayTimeUnit !== 'ns') faults.push('the unit is neither ms nor ns');
  return [...faults, ...nestingFaults(events), ...nameFaults(events)];
}

function eventFaults({ ph, name, cat, ts, dur, pid, tid, args }: Event): string[] {
  const faults: string[] = [];
  const expect = (isRight: boolean, fault: string) => {
    if (!isRight) faults.push(fault);
  };
  expect(typeof name === 'string' && name !== '', 'it has no name');
  for (const [key, value] of Object.entries({ pid, tid }))
    expect(Number.isSafeInteger(value), `its ${key} is no number`);
  if (ph === 'X') {
    for (const [key, value] of Object.entries({ ts, dur }))
      expect(typeof value === 'number' && Number.isFinite(value) && value >= 0, `its ${key} is no time`);
    expect(typeof cat === 'string' && cat !== '', 'it has no category');
    expect(typeof args === 'object', 'it has no arguments');
  } else if (ph === 'M') {
    const [key, type] = metadata[String(name)] ?? ['', ''];
    expect(key !== '', `${name} is no metadata`);
    expect(typeof args?.[key] === type, `it has no ${key}`);
  } else faults.push(`${ph} is no phase that is expected`);
  return faults;
}

function nestingFaults(events: readonly Event[]): string[] {
  const faults: string[] = [];
  const threads = new Map<string, { from: number; to: number; name: unknown }[]>();
  for (const { ph, pid, tid, ts, dur, name } of events) {
    if (ph !== 'X') continue;
    const [thread, from, to] = [`${pid}.${tid}`, Number(ts), Number(ts) + Number(dur)];
    threads.set(thread, [...(threads.get(thread) ?? []), { from, to, name }]);
  }
  for (const [thread, spans] of threads) {
    const open: { to: number; name: unknown }[] = [];
    for (const { from, to, name } of spans.toSorted((one, other) => one.from - other.from)) {
      while ((open.at(-1)?.to ?? Number.POSITIVE_INFINITY) <= from) open.pop();
      const around = open.at(-1);
      if (around !== undefined && to > around.to)
        faults.push(`${name} outlasts ${around.name} in thread ${thread}`);
      open.push({ to, name });
    }
  }
  return faults;
}

function nameFaults(events: readonly Event[]): string[] {
  const named = new Set(
    events
      .filter(({ ph, name }) => ph === 'M' && name === 'thread_name')
      .map(({ pid, tid }) => `${pid}.${tid}`),
  );
  const used = new Set(events.filter(({ ph }) => ph === 'X').map(({ pid, tid }) => `${pid}.${tid}`));
  return [...used].filter((thread) => !named.has(thread)).map((thread) => `thread ${thread} has no name`);
}
