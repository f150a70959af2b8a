import { existsSync } from 'node:fs';
import { type AbsolutePath, directoriesAbove, fsPath, isBelow, isWithin } from '@oodate/filemon';

/** A remark that GitHub shows at a file of a pull request, or in the summary of a job. */
export interface GithubNotice {
  /** From the top of the repository on. */
  readonly file?: string | undefined;
  readonly title: string;
  readonly message: string;
}

/** The line that makes it when a step of a job writes it. (Source: GitHub, "Workflow commands for GitHub Actions".) */
export function formatNotice({ file, title, message }: GithubNotice): string {
  const properties = [...(file === undefined ? [] : [`file=${property(file)}`]), `title=${property(title)}`];
  return `::notice ${properties.join(',')}::${data(message)}\n`;
}

/** (Source: actions/toolkit, packages/core/src/command.ts.) */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/**
 * The name that a file has in its repository: below the directory that a job has checked out, or else below the nearest one with a
 * `.git`. undefined if it lies in none, or has a name that is no text.
 */
export function repositoryPath(
  path: AbsolutePath,
  environment: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const { GITHUB_WORKSPACE: workspace } = environment;
  const top =
    workspace?.startsWith('/') && isWithin(path, workspace as AbsolutePath)
      ? (workspace as AbsolutePath)
      : [...directoriesAbove(path)].find((directory) => existsSync(fsPath(`${directory}/.git`)));
  if (top === undefined || !isBelow(path, top) || /\p{Cs}/u.test(path)) return undefined;
  return path.slice(top === '/' ? 1 : top.length + 1);
}
