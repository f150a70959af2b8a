import { dirname } from 'node:path';
import { expect, test } from '@jest/globals';
import { oodate, type Workspace, workspace } from '@oodate/testkit';
import { GuidePage } from './guide-situations.js';

const page = new GuidePage('why.md', withoutChance);
const situations = page.situations();

test('there are ten situations', () => {
  expect(situations).toHaveLength(10);
});

test.each(situations)('%s', async (_, text) => {
  const space = workspace();
  page.expectAsWritten(text, await page.run(text, space, (session) => transcript(space, session)));
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
