import type { MonitorEvent } from './monitor-event.js';

interface Listener {
  readonly event: (event: MonitorEvent) => void;
  readonly failed: ((error: Error) => void) | undefined;
}

interface Waiting {
  resolve(result: IteratorResult<MonitorEvent, undefined>): void;
  reject(error: Error): void;
}

/** Events on their way from a backend to whoever takes them, in order. */
export class EventQueue implements AsyncIterable<MonitorEvent> {
  readonly #listeners = new Set<Listener>();
  readonly #waiting: Waiting[] = [];
  readonly #taken: () => void;
  #events: MonitorEvent[] = [];
  /** Of #events: those before it have been taken. */
  #at = 0;
  #end: { readonly error: Error | undefined } | undefined;

  /** `taken`: called when there are fewer than before. */
  constructor(taken: () => void) {
    this.#taken = taken;
  }

  get size(): number {
    return this.#events.length - this.#at;
  }

  put(event: MonitorEvent): void {
    if (this.#end !== undefined) return;
    if (this.#listeners.size > 0 && this.size === 0) this.#tell(event);
    else {
      const waiting = this.#waiting.shift();
      if (waiting !== undefined) waiting.resolve({ done: false, value: event });
      else this.#events.push(event);
    }
  }

  /** What was put stays to be taken. `error`: why, if nobody wanted that. */
  end(error?: Error): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    for (const waiting of this.#waiting.splice(0)) this.#answerWithEnd(waiting);
    if (error === undefined) return;
    for (const { failed } of this.#listeners)
      if (failed !== undefined) failed(error);
      else
        queueMicrotask(() => {
          throw error;
        });
  }

  listen(event: Listener['event'], failed: Listener['failed']): () => void {
    const listener = { event, failed };
    this.#listeners.add(listener);
    for (let next = this.#shift(); next !== undefined; next = this.#shift()) this.#tell(next);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  [Symbol.asyncIterator](): AsyncIterator<MonitorEvent, undefined> {
    return {
      next: () =>
        new Promise((resolve, reject) => {
          const event = this.#shift();
          if (event !== undefined) resolve({ done: false, value: event });
          else if (this.#end !== undefined) this.#answerWithEnd({ resolve, reject });
          else this.#waiting.push({ resolve, reject });
        }),
    };
  }

  #shift(): MonitorEvent | undefined {
    const event = this.#events[this.#at];
    if (event === undefined) return undefined;
    this.#at += 1;
    // Cutting off the first of a long array each time would take time that grows with its square.
    if (this.#at === this.#events.length || this.#at > 4096) {
      this.#events = this.#events.slice(this.#at);
      this.#at = 0;
    }
    this.#taken();
    return event;
  }

  #tell(event: MonitorEvent): void {
    for (const { event: listener } of [...this.#listeners]) listener(event);
  }

  #answerWithEnd({ resolve, reject }: Waiting): void {
    const error = this.#end?.error;
    if (error === undefined) resolve({ done: true, value: undefined });
    else reject(error);
  }
}
