import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../tracer/native/build/sanitize', import.meta.url));

/** Made by tools/sanitized-probe.mjs, as is that probe. */
export function findFuzzer(): string {
  return join(folder, 'fuzz');
}

/** Stands in for the tracer's own. */
export function findProbe(): string {
  return join(folder, 'oodate-probe');
}

/** What the sanitizers had to say of that probe since it was built. */
export function sanitizerReports(): string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith('report.'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}
