import { openInotifyMonitor } from './inotify-monitor.js';
import type { Monitor, MonitorOptions } from './monitor.js';
import { MonitorError } from './monitor-error.js';
import { openNativeMonitor } from './native-monitor.js';

/** Throws a MonitorError if the backend that is named, or every one, does not work. */
export async function openMonitor(options: MonitorOptions = {}): Promise<Monitor> {
  const { backend } = options;
  if (backend === 'inotify') return openInotifyMonitor(options);
  if (backend !== undefined) return openNativeMonitor(options);
  try {
    return await openNativeMonitor(options);
  } catch (error) {
    if (!(error instanceof MonitorError)) throw error;
    return openNext(options, error);
  }
}

/** The native program tries its backends itself, unless one of them brings it to its end. */
async function openNext(options: MonitorOptions, { code }: MonitorError): Promise<Monitor> {
  if (code === 'MONITOR_ENDED')
    try {
      return await openNativeMonitor({ ...options, backend: 'fanotify' });
    } catch (error) {
      if (!(error instanceof MonitorError)) throw error;
    }
  return openInotifyMonitor(options);
}
