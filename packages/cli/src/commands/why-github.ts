import type { Cause } from '@oodate/explain';
import { type AbsolutePath, childOf } from '@oodate/filemon';
import { plainName, type Reason } from '@oodate/planner';
import { askedTargets, reasonsNow } from '../asked-targets.js';
import { Causes } from '../causes.js';
import { formatNotice, type GithubNotice, repositoryPath } from '../github-notice.js';
import { judgeMetaFile } from '../meta-judgement.js';
import { writeOut } from '../output-streams.js';
import type { SettingFlags } from '../settings.js';
import type { TargetName } from '../target.js';
import { metaFilesAmong } from '../traced-files.js';
import { causeDetails, moreCausesWords, outOfDateWords, processWords, reasonWords } from '../words.js';

export interface GithubOptions {
  readonly force: boolean;
  readonly verbose: boolean;
  readonly flags: SettingFlags;
}

/** Writes on stdout, for a job on GitHub, a remark at each file by which a target is out of date, and one for all else. */
export async function whyGithub(name: TargetName, options: GithubOptions): Promise<number> {
  const causes = new Causes(options.flags);
  for (const judged of await judgedTargets(name, options)) {
    const found = await causes.of(judged);
    writeOut(1, noticesOf(judged.name, found, options.verbose).map(formatNotice).join(''));
  }
  return 0;
}

async function judgedTargets(name: TargetName, { force, flags }: GithubOptions) {
  const metaFiles = metaFilesAmong(name);
  if (metaFiles.length > 0) {
    const judged = await Promise.all(metaFiles.map((file) => judgeMetaFile(file, { force }, flags)));
    const here = process.cwd() as AbsolutePath;
    return judged.map((one) => ({ ...one, cwd: one.meta?.run?.cwd ?? here, reasons: [...one.reasons] }));
  }
  return (await askedTargets(name)).map((asked) => ({
    name: asked.name,
    metaFile: asked.metaFile,
    meta: asked.record.kind === 'good' ? asked.record.meta : undefined,
    cwd: asked.target.cwd,
    reasons: [...reasonsNow(asked, { force })],
    settings: asked.settings,
  }));
}

/** GitHub shows ten of a step, and the last one is for what is at no file. */
const mostFiles = 9;

function noticesOf(name: string, causes: readonly Cause[], verbose: boolean): GithubNotice[] {
  const title = outOfDateWords(name, causes.length).replace(/:$/, '');
  const placed = causes.map((cause) => ({ cause, file: fileOf(cause.reason) }));
  const withFile = placed.filter(({ file }) => file !== undefined);
  const shown = verbose ? withFile : withFile.slice(0, mostFiles);
  const notices = shown.map(({ cause, file }): GithubNotice => ({ file, title, message: messageOf(cause) }));
  const others = placed.filter(({ file }) => file === undefined).map(({ cause }) => messageOf(cause));
  if (shown.length < withFile.length) others.push(moreCausesWords(withFile.length - shown.length));
  return others.length === 0 ? notices : [...notices, { title, message: others.join('\n') }];
}

/** A name that a directory has gained or lost says more than the directory. */
function fileOf(reason: Reason): string | undefined {
  if (!('path' in reason)) return undefined;
  const [name] = reason.kind === 'listing-changed' ? [...reason.gained, ...reason.lost] : [];
  return repositoryPath(name === undefined ? reason.path : childOf(reason.path, plainName(name)));
}

function messageOf(cause: Cause): string {
  const cwd = process.cwd() as AbsolutePath;
  const by = processWords(cause.process, cwd, processColumns);
  const first = `${reasonWords(cause.reason, cwd, 'times')}${by === '' ? '' : `; ${by}`}`;
  return [first, ...causeDetails(cause, cwd, 'times')].join('\n');
}

const processColumns = 100;
