import type { AbsolutePath } from '@oodate/filemon';
import { comparedEnvironment, type Target, type VariableChoice } from '@oodate/planner';
import { relativeTo } from './access-set.js';
import { type Digest, digestOf } from './digest.js';
import { pathWithoutAbove } from './package-folders.js';
import { movedText } from './project-root.js';
import { actionKey } from './remote-execution.js';

/** A command in its directory and its environment: what is asked before any file is looked at. */
export interface Question {
  /** Of the entry that tells what is known. */
  readonly key: string;
  /** Key of the entry of the result made from these facts (see `factsDigester`). `place`: where alone it holds, or ''. */
  resultKey(facts: string, place: string): string;
}

/** The same for every place that the project may lie at. */
export function questionOf(target: Target, root: AbsolutePath, variables?: VariableChoice): Question {
  const moved = (text: string) => movedText(text, root, placeholder);
  const action = {
    arguments: target.commands.flatMap((words) => [...words.map(moved), '']),
    environment: [...comparedEnvironment(target.environment, variables)].map(
      ([name, value]) => [name, moved(name === 'PATH' ? pathWithoutAbove(value, root) : value)] as const,
    ),
    directory: relativeTo(root, target.cwd),
  };
  const key = (inputRoot: Digest, salt: string) => actionKey({ ...action, inputRoot, salt });
  return {
    key: key(digestOf(new Uint8Array()), 'oodate question 1'),
    resultKey: (facts, place) => key({ hash: facts, size: 0 }, `oodate result 1 ${place}`),
  };
}

/** In the place of the root. No path has a NUL. */
const placeholder = '\0root';
