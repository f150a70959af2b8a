import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { reportPage, tracedReport } from '../../packages/report/dist/index.js';
import { openBrowser } from '../browser.mjs';
import { median } from './pairs.mjs';

/** Opening the page of `why --html` in Chromium until it is drawn, against opening an empty page. */
export async function benchOpening({ work, runs }) {
  mkdirSync(work, { recursive: true });
  const empty = join(work, 'empty.html');
  writeFileSync(empty, '<!doctype html><title>empty</title><p>nothing');
  const browser = await openBrowser();
  const rows = [];
  try {
    for (const [processes, accesses] of [
      [100, 1_000],
      [2_000, 20_000],
      [20_000, 200_000],
    ]) {
      const page = join(work, `report-${accesses}.html`);
      const html = reportOf(processes, accesses);
      writeFileSync(page, html);
      const times = { page: [], empty: [] };
      for (let run = 0; run <= runs; run += 1) {
        const own = await opened(browser, page, '#table .row');
        const other = await opened(browser, empty, 'p');
        if (run === 0) continue;
        times.page.push(own);
        times.empty.push(other);
      }
      rows.push([
        processes.toLocaleString('en'),
        accesses.toLocaleString('en'),
        `${(html.length / 1e6).toFixed(2)} MB`,
        `${median(times.page).toFixed(0)} ms`,
        `${median(times.empty).toFixed(0)} ms`,
      ]);
    }
  } finally {
    await browser.close();
  }
  return { head: ['processes', 'accesses', 'page', 'opened and drawn', 'empty page'], rows };
}

/** Milliseconds, until the frame after the one in which this is there. */
async function opened(browser, file, selector) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
  const start = process.hrtime.bigint();
  await page.goto(pathToFileURL(file).href);
  await page.waitForSelector(selector);
  await page.evaluate(
    'new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(true))))',
  );
  const end = process.hrtime.bigint();
  await page.close();
  return Number(end - start) / 1e6;
}

/** Of a compile: a shell for each ten files, and in it a compiler that reads and misses headers of a few hundred. */
function reportOf(processes, accesses) {
  const lines = ['# Start 1700000000.000000', 'V 5', 'T 1 0', 'E 1 /usr/bin/make', 'P 1 make all'];
  const each = Math.floor(accesses / processes);
  for (let index = 1; index < processes; index += 1) {
    const pid = index + 1;
    const started = index * 5_000;
    lines.push(`T 1 ${started}`, `F 1 ${pid}`, `E ${pid} /usr/bin/cc`);
    lines.push(`P ${pid} cc -O2 -Iinclude -Wall -Wextra -c src/part-${index}.c -o build/part-${index}.o`);
    for (let use = 0; use < each; use += 1) {
      const letter = use === 0 ? 'W' : use % 3 === 0 ? 'N' : 'R';
      const name =
        use === 0 ? `build/part-${index}.o` : `include/section-${use}/header-${(index * use) % 400}.h`;
      lines.push(`${letter} ${pid} /home/user/project/${name}`);
    }
    lines.push(`T ${pid} ${started + 18_000}`, `X ${pid} 0 0`);
  }
  lines.push(`# Stop ${(1700000000 + (processes * 5_000 + 20_000) / 1e6).toFixed(6)}`);
  return reportPage(
    tracedReport({
      target: 'build',
      isUpToDate: true,
      verdict: 'build is up to date',
      log: Buffer.from(`${lines.join('\n')}\n`),
      cwd: '/home/user/project',
      directory: '/home/user/project',
      causes: [],
    }),
  );
}
