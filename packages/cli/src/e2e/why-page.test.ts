import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { findTool, oodate, requireTool, scripts, until, type Workspace, workspace } from '@oodate/testkit';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/*
 * The page that `why --html` makes of a real build, in a real browser.
 */

const hostile = '<img src=x onerror=alert(1)>.txt';
const notUtf8 = Buffer.from('odd \xff \u001b[1m.txt', 'latin1');

const project = {
  'package.json': scripts({ build: 'make -j2', hello: 'cat name.txt > hello.txt' }),
  Makefile: [
    'all: tool odd.txt',
    'tool: main.o words.o',
    '\tcc -o $@ main.o words.o',
    '%.o: %.c words.h',
    '\tcc -c $< -o $@',
    'words.h: words.mjs name.txt',
    '\tnode words.mjs',
    'odd.txt:',
    '\tcat names/* > $@; sh -c \': "</script><script>alert(2)</script><b>bold</b>"; exit 3\' || true',
    '',
  ].join('\n'),
  'words.mjs': `import { readFileSync, writeFileSync } from 'node:fs';
writeFileSync('words.h', 'int words(void);\\n' + readFileSync('name.txt', 'utf8'));`,
  'name.txt': '/* one */\n',
  'main.c': '#include "words.h"\nint main(void) { return words(); }\n',
  'words.c': '#include "words.h"\nint words(void) { return 0; }\n',
  [`names/${hostile}`]: 'a',
};

const [pages, folder] = [new Map<string, string>(), mkdtempSync(join(tmpdir(), 'oodate-page-'))];
let told = '';
let env: NodeJS.ProcessEnv = {};
let browser: Browser | undefined;
let context: BrowserContext | undefined;
let page: Page;
let complaints: string[] = [];
/** Requests that nothing in the browser has refused. */
let left: string[] = [];

(requireTool('chromium') ? describe : describe.skip)('the page', () => {
  beforeAll(async () => {
    const space = workspace(project);
    writeFileSync(space.path(Buffer.concat([Buffer.from('names/'), notUtf8])), 'b');
    // With a store, which keeps small texts.
    env = { OODATE_STORE_ENABLED: undefined, OODATE_STORE: join(folder, 'store') };
    await space.kept(['build'], '', { env });
    await space.kept(['hello'], '', { env });
    await keep(space, 'up-to-date', 'hello');
    space.write({ 'name.txt': '/* another */\n', 'string.h': '' });
    space.write({ [`names/${hostile}`]: 'changed' });
    space.remove('tool');
    await keep(space, 'out-of-date', 'build');
    told = (await space.oodateWith({ env }, 'why', '-v', 'build')).stdout;
    await keep(space, 'without-times', fixture('freebsd-v5.meta'));
    browser = await chromium.launch({
      executablePath: findTool('chromium') ?? '',
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
  });

  afterEach(async () => {
    await context?.close();
    expect({ complaints, left }).toEqual({ complaints: [], left: [] });
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  test('says what the terminal says', async () => {
    await open('out-of-date');
    const texts = await page.locator('.cause-words').allInnerTexts();
    expect(texts).toHaveLength(4);
    // There lines are broken where the terminal ends.
    const terminal = told.replace(/\s+/g, ' ');
    for (const text of [
      ...texts,
      await said('#causes h2'),
      ...(await page.locator('.detail').allInnerTexts()),
    ])
      expect(terminal).toContain(text);
    expect(await said('.difference')).toMatch(/-\/\* one \*\/\n\+\/\* another \*\//);
    expect(await said('#causes')).toContain('hello is out of date itself: run that first');
    expect(await page.title()).toBe('build: out of date');
  });

  test('shows the file of a cause that is clicked, and who used it', async () => {
    await open('out-of-date');
    await page.getByRole('button', { name: 'name.txt changed (was 10 bytes of' }).click();
    expect(await activeRow()).toBe('name.txt read 2 processes');
    const details = await said('#details');
    expect(details).toMatch(/^File\n/);
    expect(details).toContain('name.txt changed (was 10 bytes of');
    expect(details).toContain('node words.mjs');
    expect(await focused()).toBe('table');
  });

  test('shows the process of a cause that is clicked, in the time line and in the tree', async () => {
    await open('out-of-date');
    await page.getByRole('button', { name: 'used by node words.mjs: show it in the time line' }).click();
    expect(await said('#details')).toMatch(
      /^Process\n.*node words\.mjs\n.*\nexit status 0\n.*\nmake -j2\nsh -c 'make -j2'/s,
    );
    expect(await said('#tree [aria-selected=true]')).toMatch(/^node words\.mjs/);
    expect(await focused()).toBe('canvas');
    expect(await said('.tip')).toMatch(/^node words\.mjs\n.* exit status 0 · \d+ files$/);
  });

  test('searches paths and processes, and filters by how a file was used and what it counts as', async () => {
    await open('out-of-date');
    await page.getByLabel('Search paths').fill('main.c');
    await page.getByLabel('Search processes').fill('cc1 quiet');
    expect(await rows()).toEqual(['main.c read', 'main.c.gch missing']);
    await page.getByLabel('Search processes').fill('');
    await page.getByLabel('Search paths').fill('words.h.gch');
    expect(await rows()).toEqual(['words.h.gch missing']);
    await page.getByLabel('Search paths').fill('');
    await page.getByRole('button', { name: 'written' }).click();
    await page.getByLabel('What they count as').selectOption('output');
    const written = (await rows()).filter((row) => / written/.test(row)).map((row) => row.split(' ')[0]);
    expect(written).toEqual(['main.o', 'odd.txt', 'tool', 'words.h', 'words.o']);
    expect(await rows()).toHaveLength(5);
    expect(await rows()).toContain('words.h read missing written');
  });

  test('sorts the table, and shows the files of one process', async () => {
    await open('out-of-date');
    await page.getByLabel('Search paths').fill('names/');
    const ascending = await rows();
    await page.getByRole('columnheader', { name: 'Path' }).getByRole('button').click();
    await drawn();
    expect(await page.getByRole('columnheader', { name: 'Path' }).getAttribute('aria-sort')).toBe(
      'descending',
    );
    expect(await rows()).toEqual(ascending.toReversed());
    await page.locator('#tree .row', { hasText: 'node words.mjs' }).click();
    await page
      .locator('#details')
      .getByRole('button', { name: /files$/ })
      .click();
    await page.getByRole('button', { name: 'Each process apart' }).click();
    await page.getByLabel('Search paths').fill('words');
    expect(await rows()).toEqual(['words.mjs read', 'words.h written']);
  });

  test('is used by keyboard alone', async () => {
    await open('out-of-date');
    await page.keyboard.press('/');
    expect(await focused()).toBe('search');
    await page.keyboard.type('words.o');
    for (let steps = 0; (await focused()) !== 'table'; steps += 1) {
      expect(steps).toBeLessThan(15);
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('ArrowDown');
    expect(await activeRow()).toMatch(/^words\.o/);
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('canvas');
    expect(await said('#details')).toMatch(/^Process\n/);
    await page.keyboard.press('Home');
    expect(await said('.tip')).toMatch(/^sh -c 'make -j2'/);
    await page.keyboard.press('ArrowDown');
    expect(await said('.tip')).toMatch(/^make -j2/);
    await page.keyboard.press('Escape');
    expect(await said('#details')).toMatch(/^Details\n/);
  });

  test('closes and opens what is below a process', async () => {
    await open('out-of-date');
    const tree = page.locator('#tree');
    const rows = async () => {
      await drawn();
      return tree.locator('.row').count();
    };
    const all = await rows();
    expect(all).toBeGreaterThan(1);
    await tree.focus();
    await page.keyboard.press('ArrowDown');
    await drawn();
    expect(await tree.locator('[aria-selected=true]').getAttribute('aria-expanded')).toBe('true');
    await page.keyboard.press('ArrowLeft');
    expect(await rows()).toBe(1);
    await page.keyboard.press('ArrowRight');
    expect(await rows()).toBe(all);
  });

  test('draws the time line, and tells of the process below the pointer', async () => {
    await open('out-of-date');
    expect(await colours()).toBeGreaterThan(3);
    const box = await page.locator('canvas').boundingBox();
    await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + 32);
    expect(await said('.tip')).toMatch(/^sh -c 'make -j2'\n[\d.]+ m?s · exit status 0 · \d+ files$/);
  });

  test('zooms about the pointer, and moves by mouse, keys and buttons', async () => {
    await open('out-of-date');
    const box = (await page.locator('canvas').boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const changes = async (act: () => Promise<unknown>) => {
      const before = await drawing();
      await act();
      await until(async () => (await drawing()) !== before);
    };
    const whole = await drawing();
    await page.mouse.move(box.x + box.width / 2, box.y + 52);
    const below = await said('.tip');
    await changes(() => page.mouse.wheel(0, -400));
    expect(await said('.tip')).toBe(below);
    expect(await page.evaluate('window.scrollY')).toBe(0);
    await changes(async () => {
      await page.mouse.down();
      await page.mouse.move(box.x + box.width / 2 + 100, box.y + 52);
      await page.mouse.up();
    });
    await page.mouse.move(0, 0);
    await page.locator('canvas').focus();
    for (const key of ['Shift+ArrowRight', '+', '-']) await changes(() => page.keyboard.press(key));
    await changes(() => page.getByRole('button', { name: 'Zoom in' }).click());
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await until(async () => (await drawing()) === whole);
  });

  test('forbids itself every connection, and every script but its own', async () => {
    await open('out-of-date');
    const refused = await page.evaluate(`new Promise((tell) => {
      const directives = [];
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
        directives.push(effectiveDirective);
        if (directives.length === 4) tell(directives.sort());
      });
      fetch('https://network.invalid/').catch(() => {});
      const script = document.createElement('script');
      script.textContent = 'alert(1)';
      const image = document.createElement('img');
      image.src = 'https://network.invalid/image';
      const frame = document.createElement('iframe');
      frame.src = 'https://network.invalid/frame';
      document.body.append(script, image, frame);
    })`);
    expect(refused).toEqual(['connect-src', 'frame-src', 'img-src', 'script-src-elem']);
    expect(complaints.filter((text) => text.startsWith('dialog'))).toEqual([]);
    expect(left).toEqual([]);
    // The browser says of each that it was refused.
    complaints = [];
  });

  test('shows the targets of the project, and the causes of one that is chosen', async () => {
    await open('out-of-date');
    const target = (name: string) => page.getByRole('button', { name });
    await target('hello: out of date').click();
    expect(await said('#details')).toMatch(/^Target\s+×\s+hello\s+out of date\s+name\.txt changed/);
    await page.keyboard.press('Escape');
    await target('build: out of date').focus();
    await page.keyboard.press('Enter');
    expect(await said('#details')).toContain('tool, which the command had made, is gone');
    expect(await target('build: out of date').getAttribute('aria-pressed')).toBe('true');
  });

  test('says how a process failed', async () => {
    await open('out-of-date');
    expect(await said('#tree .row:has-text("exit status 3")')).toMatch(
      /^sh -c ': "<\/script><script>alert\(2\)<\/script><b>bold<\/b>"; exit 3'/,
    );
  });

  test('shows names and command lines as text, whatever they hold', async () => {
    await open('out-of-date');
    expect(await page.locator('img, b:text("bold")').count()).toBe(0);
    await page.getByLabel('Search paths').fill('names/');
    expect(await rows()).toEqual([`names/${hostile} read`, 'names/odd \\xff \\x1b[1m.txt read']);
    await page.getByRole('button', { name: `'names/${hostile}' changed` }).click();
    expect(await said('#details .words')).toContain(hostile);
  });

  test('is dark where the system is, and on demand', async () => {
    await open('out-of-date', { colorScheme: 'dark' });
    const brightness = async () => {
      await drawn();
      return page.evaluate<string>('getComputedStyle(document.body).backgroundColor.match(/[0-9]+/)[0]');
    };
    expect(Number(await brightness())).toBeLessThan(60);
    await page.getByRole('button', { name: 'Dark' }).click();
    expect(Number(await brightness())).toBeGreaterThan(200);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.getByRole('button', { name: 'Dark' }).click();
    expect(Number(await brightness())).toBeLessThan(60);
  });

  test.each([360, 800, 1400])('fits into a window of %d pixels', async (width) => {
    await open('out-of-date', { viewport: { width, height: 700 } });
    await page.locator('#tree .row').first().click();
    await drawn();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  });

  test('has a name for everything that can be used, and headings in their order', async () => {
    await open('out-of-date');
    const unnamed = await page.evaluate(`
      [...document.querySelectorAll('button, input, select, [tabindex]')]
        .filter((each) => !(each.getAttribute('aria-label') ?? each.textContent))
        .map((each) => each.outerHTML)`);
    expect(unnamed).toEqual([]);
    expect(await page.locator('h1').count()).toBe(1);
    expect(await page.getByRole('main').count()).toBe(1);
    expect(await page.getByRole('navigation').count()).toBe(1);
  });

  test('says of a target that is up to date that it is, and shows its run', async () => {
    await open('up-to-date');
    expect(await said('#causes')).toMatch(
      /^hello is up to date \(\d+ inputs unchanged; ran in .* last time\)$/,
    );
    expect(await said('#tree')).toContain('cat name.txt');
  });

  test('shows a log of another filemon, without times and command lines', async () => {
    await open('without-times');
    expect(await said('#time-line h2')).toContain('this log has no times');
    expect(await colours()).toBeGreaterThan(1);
    expect((await rows()).length).toBeGreaterThan(3);
  });
});

describe('why --html', () => {
  test('writes to stdout, through a link, and in the place of what was there', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'cat a' }), a: '1', 'old.html': 'old' });
    await space.kept(['build']);
    const { stdout } = await space.oodate('why', '--html', '-', 'build');
    space.link('link.html', 'old.html');
    expect(await space.oodate('why', '--html', 'link.html', 'build')).toMatchObject({
      status: 0,
      stdout: '',
      stderr: '',
    });
    expect(stdout.slice(0, 15)).toBe('<!doctype html>');
    expect(space.read('old.html') === stdout).toBe(true);
    expect(readdirSync(space.folder).sort()).toEqual(
      ['a', 'link.html', 'old.html', 'package.json', '.oodate'].sort(),
    );
  });

  test('adds to what is open already', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'cat a' }), a: '1', 'out.html': 'first\n' });
    await space.kept(['build']);
    await space.run(['sh', '-c', '"$@" >> out.html', 'sh', oodate, 'why', '--html', '/dev/stdout', 'build']);
    expect(space.read('out.html').slice(0, 21)).toBe('first\n<!doctype html>');
  });

  test('says of what has been brought back when that was made', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'cat a > b' }), a: '1' });
    const options = { env: { OODATE_STORE_ENABLED: undefined, OODATE_STORE: space.path('store') } };
    await space.kept(['build'], '', options);
    space.remove('b');
    await space.oodateWith(options, 'run', 'build');
    const { stdout } = await space.oodateWith(options, 'why', '--html', '-', 'build');
    expect(/"verdict":"[^"]*"/.exec(stdout)?.[0]).toMatch(
      /build is up to date \([^"]*; known result from [\d: -]+, restored"/,
    );
  });

  test.each<[string, string[], string]>([
    [
      'nothing is known of a run',
      ['other.html', 'other'],
      'oodate: there is no record of a good run of other that could be shown; run it once with: oodate run',
    ],
    [
      'the file cannot be written',
      ['no/page.html', 'build'],
      'oodate: no/page.html cannot be written (ENOENT)',
    ],
    [
      'JSON is asked for as well',
      ['page.html', '--json', 'build'],
      'oodate: --json has no meaning with --html; see oodate why --help',
    ],
    [
      'bmake is to decide',
      ['page.html', '--mode', 'bmake', 'build'],
      'oodate: --html has no meaning with --mode bmake; see oodate why --help',
    ],
    [
      'there are two targets',
      ['page.html', 'a.meta', 'b.meta'],
      'oodate: a page shows one target, and several are named; name one meta file',
    ],
  ])('says in a sentence that %s', async (_, words, message) => {
    const space = workspace({ 'package.json': scripts({ build: 'cat a', other: 'cat a' }), a: '1' });
    await space.kept(['build']);
    const { status, stderr } = await space.oodate('why', '--html', ...words);
    expect({ status, stderr }).toEqual({ status: 2, stderr: `${message}\n` });
    expect(space.exists('page.html')).toBe(false);
  });
});

function fixture(name: string): string {
  return fileURLToPath(new URL(`../../../../fixtures/meta-files/${name}`, import.meta.url));
}

async function keep(space: Workspace, name: string, target: string): Promise<void> {
  const file = join(folder, `${name}.html`);
  expect(await space.oodateWith({ env }, 'why', '--html', file, target)).toMatchObject({
    status: 0,
    stdout: '',
    stderr: '',
  });
  pages.set(name, file);
}

/** What the page, or the browser about it, complains of fails the test; so does every request. */
async function open(name: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<void> {
  complaints = [];
  left = [];
  context = await (browser as Browser).newContext({ viewport: { width: 1300, height: 1600 }, ...options });
  const url = pathToFileURL(pages.get(name) as string).href;
  await context.route('**/*', (route) => {
    const asked = route.request().url();
    if (asked === url) return route.continue();
    left.push(asked);
    return route.abort();
  });
  page = await context.newPage();
  page.on('request', (request) => {
    if (!/^data:,$/.test(request.url()) && request.url() !== url)
      complaints.push(`request of ${request.url()}`);
  });
  page.on('console', (message) => complaints.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  // What does not come is told by the test that waits for it.
  page.setDefaultTimeout(60_000);
  await page.goto(url);
  await page.locator('canvas').waitFor();
}

/** The page shows what has changed with the next frames; what is asked before is of the state of before. */
function drawn(): Promise<unknown> {
  return page.evaluate(
    'new Promise((tell) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(tell))))',
  );
}

/** What one reads there. */
async function said(selector: string): Promise<string> {
  await drawn();
  await page.locator(selector).first().waitFor();
  return (await page.locator(selector).allInnerTexts()).join('\n');
}

/** Path and uses of each row that is there. */
async function rows(): Promise<string[]> {
  await drawn();
  const found = [];
  for (const row of await page.locator('#table .row').all()) {
    const cells = await row.getByRole('gridcell').allInnerTexts();
    found.push(cells.slice(0, 2).join(' ').replace(/\s+/g, ' '));
  }
  return found;
}

async function activeRow(): Promise<string> {
  return (await said('#table [aria-selected=true]')).replace(/\s+/g, ' ');
}

async function focused(): Promise<string> {
  await drawn();
  return page.evaluate('document.activeElement.id');
}

/** How many there are in the time line. */
async function colours(): Promise<number> {
  await drawn();
  return page.evaluate(`(() => {
    const canvas = document.querySelector('canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer).filter((pixel) => pixel >>> 24 === 255)).size;
  })()`);
}

async function drawing(): Promise<string> {
  await drawn();
  return page.evaluate("document.querySelector('canvas').toDataURL()");
}
