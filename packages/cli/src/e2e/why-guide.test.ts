import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { oodate, type Workspace, workspace } from '@oodate/testkit';

/*
 * docs/guide/why.md is run: each of its situations has files, named before their text, and
 * commands with what they print. OODATE_ACCEPT=1 writes what they print now into the page.
 */
const page = fileURLToPath(new URL('../../../../docs/guide/why.md', import.meta.url));
const update = process.env.OODATE_ACCEPT === '1';
const situations = readFileSync(page, 'utf8')
  .split(/^(?=## )/m)
  .filter((section) => /^## \d/.test(section));

/** A piece of a situation: a file, commands, or text between them. */
const piece = /(^`([^`\n]+)`:\n\n```\w*\n(.*?)^```$)|(^```console\n(.*?)^```$)/gms;

test('there are ten situations', () => {
  expect(situations).toHaveLength(10);
});

test.each(situations.map((text) => [/^## (.*)/.exec(text)?.[1] as string, text]))('%s', async (_, text) => {
  const space = workspace();
  let real = '';
  let at = 0;
  for (const match of text.matchAll(piece)) {
    const [all, , name, content, , session = ''] = match;
    real += text.slice(at, match.index);
    at = match.index + all.length;
    if (name !== undefined && content !== undefined) space.write({ [name]: content });
    real += name === undefined ? `\`\`\`console\n${await transcript(space, session)}\`\`\`` : all;
  }
  real += text.slice(at);
  if (update)
    writeFileSync(
      page,
      readFileSync(page, 'utf8').replace(text, () => real),
    );
  else expect(withoutChance(real)).toBe(withoutChance(text));
});

/** The commands of the session, each with what it prints now. */
async function transcript(space: Workspace, session: string): Promise<string> {
  const env = {
    OODATE_STORE_ENABLED: undefined,
    OODATE_STORE: space.path('.store'),
    PATH: `${dirname(oodate)}:${process.env.PATH}`,
  };
  let printed = '';
  for (const [line, command = ''] of session.matchAll(/^\$ (.*)\n/gm)) {
    const { stdout } = await space.run(['sh', '-c', `{ ${command}\n} 2>&1`], { env });
    printed += line + stdout;
  }
  return printed;
}

/** What is another each time, or on each machine: how long, when, how many files a tool has of its own, and so where lines break. */
function withoutChance(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/\b\d+(\.\d+)? s\b/g, 'N s')
    .replace(/\b(\d{4}-\d\d-\d\d )?\d\d:\d\d(:\d\d)?(\.\d+)?\b/g, 'TIME')
    .replace(/\b\d+ (inputs?|listings?|looked for and missing)\b/g, 'N $1');
}
