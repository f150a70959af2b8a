import { type IgnoringRule, type NeverFinding, whyNever as neverFinding } from '@oodate/explain';
import { type AbsolutePath, joinPath } from '@oodate/filemon';
import { diskFileStates, snapshotStates } from '@oodate/planner';
import { assertWordsIntact } from '../argument-words.js';
import { type AskedTarget, askedTargets, isExtraInput } from '../asked-targets.js';
import { decisionNow } from '../judgement.js';
import { writeOut } from '../output-streams.js';
import { matchingPattern } from '../path-patterns.js';
import { printJson } from '../report.js';
import type { Settings } from '../settings.js';
import type { TargetName } from '../target.js';
import { coloursFor, stdoutColumns } from '../terminal.js';
import { neverWords } from '../words.js';
import { wrapped } from '../wrapped-text.js';

/** Says on stdout why each of the paths is no input of the target, or how it is one. */
export async function whyNever(
  words: readonly string[],
  name: TargetName,
  { json, verbose }: { readonly json: boolean; readonly verbose: boolean },
): Promise<number> {
  assertWordsIntact(words);
  const paths = words.map((word) => joinPath(process.cwd() as AbsolutePath, word));
  const targets = await askedTargets(name);
  const answers = targets.flatMap((target) => {
    const findings = findingsOf(target, paths);
    return findings.map((finding) => ({ target, finding }));
  });
  if (json)
    printJson({
      version: 1,
      findings: answers.map(({ target, finding }) => ({
        target: { name: target.name, metaFile: target.metaFile },
        ...finding,
      })),
    });
  else writeOut(1, answers.map(({ target, finding }) => textOf(finding, target.name, verbose)).join('\n'));
  return 0;
}

function findingsOf(asked: AskedTarget, paths: readonly AbsolutePath[]): NeverFinding[] {
  const { target, record, settings } = asked;
  const files = snapshotStates(diskFileStates(), record.kind === 'good' ? record.run : undefined);
  const options = decisionNow(settings.decision);
  const ignoringRule = (path: AbsolutePath) => ruleFor(path, settings.settings);
  return paths.map((path) =>
    neverFinding(path, { target, record, files, options, ignoringRule, isExtraInput: isExtraInput(asked) }),
  );
}

function ruleFor(path: AbsolutePath, { ignore }: Settings): IgnoringRule | undefined {
  const pattern = matchingPattern(ignore, path);
  return pattern === undefined ? undefined : { pattern, from: ignore.from };
}

function textOf(finding: NeverFinding, name: string, verbose: boolean): string {
  const { dim } = coloursFor(1);
  const columns = verbose ? Number.POSITIVE_INFINITY : stdoutColumns();
  const [first = '', ...more] = neverWords(finding, name, process.cwd(), columns);
  const rest = more.flatMap((line) => wrapped(line, columns, 2));
  return [...wrapped(first, columns, 0), ...rest.map(dim), ''].join('\n');
}
