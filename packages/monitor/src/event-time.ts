import type { MonitorEvent } from './monitor-event.js';

/** Seconds and nanoseconds since the epoch. */
export type EventTime = NonNullable<MonitorEvent['time']>;

export function timeNow(): EventTime {
  const milliseconds = performance.timeOrigin + performance.now();
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds, nanoseconds: Math.floor((milliseconds - seconds * 1000) * 1e6) };
}
