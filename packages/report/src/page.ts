import { readFileSync } from 'node:fs';
import { embeddedJson } from './embedded-json.js';
import type { ReportData } from './report-data.js';

/**
 * The report as one HTML file that needs nothing else, and whose own policy forbids it the network. Names and texts
 * stand in it as JSON alone, so that none of them can be anything but text.
 */
export function reportPage(data: ReportData): string {
  return emptyPage().replace('OODATE-DATA', () => embeddedJson(data));
}

/**
 * Made by tools/page-bundle.mjs. It lies in dist: seen from the source, from the compiled module beside it, and from the
 * bundle of the command, which has one of its own.
 */
function emptyPage(): string {
  return readFileSync(new URL('../dist/report-page.html', import.meta.url), 'utf8');
}
