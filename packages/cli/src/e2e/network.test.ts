import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { oodate, type Result, scripts, type Workspace, workspace } from '@oodate/testkit';

/*
 * Targets that use the network: a real server answers them, and it is the test that says what.
 * For the kernel the address of the machine itself is one of the network like others.
 */

let server: Server;
let answer: string;

beforeEach(async () => {
  answer = 'one';
  server = createServer((_, response) => response.end(answer));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const files = {
  'in.txt': 'in',
  'fetch.mjs': `
    import { readFileSync, writeFileSync } from 'node:fs';
    import { get } from 'node:http';
    if (readFileSync('in.txt', 'utf8') !== 'offline')
      get({ port: Number(process.argv[2]), host: '127.0.0.1', agent: false }, (response) =>
        response.on('data', (text) => writeFileSync('out.txt', text)));`,
  'serve.mjs': `
    import { createServer } from 'node:http';
    const server = createServer().listen(0, '127.0.0.1', () => {
      console.log('serving');
      if (process.argv[2] !== 'on') server.close();
    });`,
};

function fetchText(): string {
  return `node fetch.mjs ${(server.address() as AddressInfo).port}`;
}

function project(more: Readonly<Record<string, string>> = {}): Workspace {
  const texts = { fetch: fetchText(), serve: 'node serve.mjs', ...more };
  return workspace({ 'package.json': scripts(texts), ...files });
}

const used = 'the last run used the network, and what came over it cannot be compared';
const hint = 'if its result does not depend on that, name it in the setting network.ignore';

describe('oodate run', () => {
  test('runs what used the network each time, and says what to do where that is not needed', async () => {
    const space = project();
    const first = await space.ran(['fetch']);
    expect(first.stderr).toMatch(
      /^oodate: fetch ran in .*, but is out of date at once: it used the network, and what came over it cannot be compared; (.*)$/m,
    );
    expect(first.stderr.endsWith(`; ${hint}\n`)).toBe(true);
    answer = 'two';
    await space.because(['fetch'], [used]);
    expect((await space.oodate('check', 'fetch')).status).toBe(1);
    await space.ran(['fetch'], used);
    expect(space.read('out.txt')).toBe('two');
    expect(space.exists('.oodate/fetch.proof')).toBe(false);
    expect((await space.oodate('meta', 'fetch')).stdout).toContain('\nnetwork    used\n');
  });

  test('gives it as a value', async () => {
    const space = project();
    await space.ran(['serve']);
    const { verdict, reasons } = JSON.parse((await space.oodate('why', '--json', 'serve')).stdout);
    expect([verdict, reasons]).toMatchObject(['out of date', [{ kind: 'network-used', uses: ['served'] }]]);
  });

  test('trusts what the setting names, by what was recorded before too, and by a proof', async () => {
    const space = project();
    await space.ran(['fetch']);
    space.write({ 'oodate.config.json': '{"network": {"ignore": ["f*h"]}}' });
    await space.upToDate(['fetch']);
    expect(space.exists('.oodate/fetch.proof')).toBe(true);
    await space.upToDate(['fetch']);
    await space.ran(['serve']);
    await space.ran(['serve'], 'the last run served on the network');
    space.write({ 'oodate.config.json': '{}' });
    await space.ran(['fetch'], used);
    await space.upToDate(['--network-ignore', 'fetch', 'fetch']);
    const env = { OODATE_NETWORK_IGNORE: 'serve fetch' };
    await space.upToDate(['serve'], { env });
    space.write({ 'in.txt': 'changed' });
    await space.kept(['fetch'], 'in.txt changed', { env });
  });

  test('names a command by all its words', async () => {
    const space = project();
    const words = ['--', ...fetchText().split(' ')];
    await space.ran(words);
    await space.ran(['--network-ignore', 'node', ...words], used);
    await space.upToDate(['--network-ignore', 'node fetch.mjs *', ...words]);
  });

  test('does not trust a command that ran one that used the network', async () => {
    const space = project({ outer: `"${oodate}" run --network-ignore fetch fetch; cat out.txt` });
    await space.ran(['outer']);
    await space.ran(['outer'], used);
    // By now the inner one had nothing to do, so that all there was to see was seen.
    await space.upToDate(['outer']);
  });

  test('of all packages runs it each time, and what reads its output only if that differs', async () => {
    const space = project();
    space.write({
      'package.json': '{"workspaces": ["packages/*"]}',
      'packages/a/package.json': scripts({ build: `cd ../.. && ${fetchText()}` }),
      'packages/b/package.json': JSON.stringify({
        name: 'q',
        dependencies: { p: '*' },
        scripts: { build: 'cat ../../out.txt' },
      }),
    });
    const outcomes = async (): Promise<Record<string, string>> => {
      const { status, stderr } = await space.oodate('run', '-r', 'build');
      expect(status).toBe(0);
      const lines = stderr.matchAll(/^oodate: ([pq]) build +(ran|up to date) /gm);
      return Object.fromEntries([...lines].map(([, name = '', kind = '']) => [name, kind]));
    };
    expect(await outcomes()).toEqual({ p: 'ran', q: 'ran' });
    expect(await outcomes()).toEqual({ p: 'ran', q: 'up to date' });
    answer = 'two';
    expect(await outcomes()).toEqual({ p: 'ran', q: 'ran' });
  });
});

test('oodate watch runs it at the start, and then when a file changes', async () => {
  const space = project();
  await space.ran(['fetch']);
  const running = space.start([oodate, 'watch', 'fetch']);
  await running.says('oodate: watching fetch');
  space.write({ 'in.txt': 'changed' });
  await running.says('oodate: watching fetch', 2);
  running.kill('SIGINT');
  const reasons = [...(await running.ended()).stderr.matchAll(/^oodate: running fetch: (.*)$/gm)];
  expect(reasons.map(([, reason]) => reason)).toEqual([used, expect.stringContaining('in.txt changed')]);
});

describe('a script that a package manager runs', () => {
  const shell = oodate.replace(/oodate$/, 'oodate-sh');
  const callOf = (name: string, text: string) => ({
    words: [shell, '-c', text],
    env: { npm_lifecycle_event: name },
  });
  const call = (space: Workspace, name: string, text = fetchText()): Promise<Result> => {
    const { words, env } = callOf(name, text);
    return space.run(words, { env });
  };
  const leftAlone = `oodate: fetch runs plainly from now on: it used the network, and what came over it cannot be compared; ${hint}\n`;
  const says = ({ stderr }: Result) => stderr.split('\n').filter((line) => line.startsWith('oodate: '));

  test('runs plainly once it has used the network, which is said that once', async () => {
    const space = project();
    const first = await call(space, 'fetch');
    expect([first.status, first.stderr.endsWith(leftAlone)]).toEqual([0, true]);
    answer = 'two';
    expect(await call(space, 'fetch')).toMatchObject({ status: 0, stderr: '' });
    expect(space.read('out.txt')).toBe('two');
    // With other arguments too: the script is the same.
    expect((await call(space, 'fetch', `${fetchText()} --more`)).stderr).toBe('');
    // Whose trace it was not would have left another record.
    await space.because(['fetch'], [/./, used]);
  });

  test('is tried anew with another text', async () => {
    const space = project();
    await call(space, 'fetch');
    const text = `true; ${fetchText()}`;
    space.write({ 'package.json': scripts({ fetch: text }) });
    expect((await call(space, 'fetch', text)).stderr).toContain(leftAlone);
    expect((await call(space, 'fetch', text)).stderr).toBe('');
    const offline = 'cat in.txt';
    space.write({ 'package.json': scripts({ fetch: offline }) });
    expect((await call(space, 'fetch', offline)).stderr).toContain('; kept: ');
    expect((await call(space, 'fetch', offline)).stderr).toContain('fetch is up to date');
  });

  test('is not left alone where the settings want it otherwise', async () => {
    const space = project();
    await call(space, 'fetch');
    space.write({ 'oodate.config.json': '{"network": {"ignore": ["fetch"]}}' });
    expect((await call(space, 'fetch')).stderr).toContain('fetch is up to date');
    space.write({ 'oodate.config.json': '{"scripts": {"include": ["fetch"]}}' });
    const included = says(await call(space, 'fetch'));
    expect(included).toEqual([
      `oodate: running fetch: ${used}`,
      expect.stringMatching(/^oodate: fetch ran in .*, but is out of date at once: it used the network/),
    ]);
    space.write({ 'oodate.config.json': '{}' });
    expect((await call(space, 'fetch')).stderr).toBe('');
  });

  test('is learned again after oodate run has seen that it does without', async () => {
    const space = project();
    await call(space, 'fetch');
    space.write({ 'in.txt': 'offline' });
    await space.kept(['fetch']);
    expect((await call(space, 'fetch')).stderr).not.toBe('');
    expect((await call(space, 'fetch')).stderr).toContain('fetch is up to date');
  });

  test.each([
    ['fails', (text: string) => `${text}; exit 3`, 3, 'fetch failed with exit status 3'],
    ['cannot be seen completely', (text: string) => `${text}; cat`, 0, 'fetch ran in'],
  ])('is left alone too if it %s', async (_, of, status, said) => {
    const text = of(fetchText());
    const space = project({ fetch: text });
    const first = await call(space, 'fetch', text);
    expect([first.status, first.stderr.endsWith(leftAlone)]).toEqual([status, true]);
    expect(first.stderr).toContain(said);
    expect(await call(space, 'fetch', text)).toMatchObject({ status, stderr: '' });
  });

  test('is left alone if it is a server, which a signal ends', async () => {
    const space = project();
    const { words, env } = callOf('api', 'node serve.mjs on');
    space.write({ 'package.json': scripts({ api: 'node serve.mjs on' }) });
    const first = space.start(words, { env, detached: true });
    await first.says('serving');
    process.kill(-first.pid, 'SIGINT');
    expect((await first.ended()).stderr).toContain(
      'oodate: api runs plainly from now on: it served on the network',
    );
    const second = space.start(words, { env, detached: true });
    await second.says('serving');
    process.kill(-second.pid, 'SIGINT');
    expect((await second.ended()).stderr).toBe('');
  });

  test('is not left alone unheard, within a command that is traced', async () => {
    const text = `npm_lifecycle_event=fetch "${shell}" -c "${fetchText()}"`;
    const space = project({ outer: text });
    await space.ran(['outer']);
    expect(says(await call(space, 'fetch')).at(-1)).toBe(leftAlone.trim());
  });
});
