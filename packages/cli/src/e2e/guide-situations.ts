import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import type { Workspace } from '@oodate/testkit';

/** A piece of a situation: a file, commands, or text between them. */
const piece = /(^`([^`\n]+)`:\n\n```\w*\n(.*?)^```$)|(^```console\n(.*?)^```$)/gms;

/**
 * A page of docs/guide that is run: each of its situations has files, named before their text, and commands with what
 * they print. OODATE_ACCEPT=1 writes what they print now into the page.
 */
export class GuidePage {
  readonly #path: string;
  /** What is another each time is to be made plain by this before texts are compared. */
  readonly #withoutChance: (text: string) => string;

  constructor(name: string, withoutChance: (text: string) => string) {
    this.#path = fileURLToPath(new URL(`../../../../docs/guide/${name}`, import.meta.url));
    this.#withoutChance = withoutChance;
  }

  /** The situations: the title of each, and its text. */
  situations(): [title: string, text: string][] {
    return readFileSync(this.#path, 'utf8')
      .split(/^(?=## )/m)
      .filter((section) => /^## \d/.test(section))
      .map((text) => [/^## (.*)/.exec(text)?.[1] as string, text]);
  }

  /** The text with what the commands print now, for expectAsWritten(). `transcript` gives that, with the commands. */
  async run(
    text: string,
    space: Workspace,
    transcript: (commands: string) => Promise<string>,
  ): Promise<string> {
    let real = '';
    let at = 0;
    for (const match of text.matchAll(piece)) {
      const [all, , name, content, , commands = ''] = match;
      real += text.slice(at, match.index);
      at = match.index + all.length;
      if (name !== undefined && content !== undefined) space.write({ [name]: content });
      real += name === undefined ? `\`\`\`console\n${await transcript(commands)}\`\`\`` : all;
    }
    return real + text.slice(at);
  }

  expectAsWritten(text: string, real: string): void {
    if (process.env.OODATE_ACCEPT === '1')
      writeFileSync(
        this.#path,
        readFileSync(this.#path, 'utf8').replace(text, () => real),
      );
    else expect(this.#withoutChance(real)).toBe(this.#withoutChance(text));
  }
}
