import { execFileSync } from 'node:child_process';
import type { Workspace } from '@oodate/testkit';

/** Runs git in the workspace, with no settings but its own. */
export function git(space: Workspace, ...words: string[]): void {
  const settings = ['user.name=a', 'user.email=a@b.c', 'init.defaultBranch=main'];
  const env = { PATH: process.env.PATH, HOME: space.folder };
  const options = { cwd: space.folder, env, stdio: 'ignore' } as const;
  execFileSync('git', [...settings.flatMap((setting) => ['-c', setting]), ...words], options);
}
