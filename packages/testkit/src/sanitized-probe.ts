import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../tracer/native/build/sanitize', import.meta.url));

/** Stands in for the tracer's own: the probe that tools/sanitized-probe.mjs builds. */
export function findProbe(): string {
  return join(folder, 'oodate-probe');
}

/** What the sanitizers had to say of that probe since it was built. */
export function sanitizerReports(): string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith('report.'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}
