import { spawnSync } from 'node:child_process';
import type { BackendReport } from '@oodate/tracer';
import { isAgreed } from '../agreement.js';
import { CliError } from '../cli-error.js';
import { writeOut } from '../output-streams.js';
import { grantedWords, grantWords, worksAlreadyWords } from '../words.js';

/**
 * Grants the loader of the bpf backend what that needs, if this is root; else shows how root does.
 * Gives the exit status: 1 if that remains to be done.
 */
export async function fixBackends(yes: boolean): Promise<number> {
  const { findLoader, probeBackends } = await import('@oodate/tracer');
  const bpf = (await probeBackends()).find(({ name }) => name === 'bpf');
  const isRoot = process.geteuid?.() === 0;
  if (bpf?.works === true && !isRoot) {
    writeOut(1, `${worksAlreadyWords(findLoader())}\n`);
    return 0;
  }
  if (bpf?.works !== true && (isRoot || bpf?.code !== 'NO_CAPABILITY')) throw notFixable(bpf, isRoot);
  const loader = findLoader();
  writeOut(1, `${grantWords(loader, capabilities, isRoot)}\n`);
  if (!isRoot || (!yes && !(await isAgreed('Run it?')))) return 1;
  grant(loader);
  writeOut(1, `${grantedWords(loader)}\n`);
  return 0;
}

const capabilities = 'cap_bpf,cap_perfmon=ep';

/** What no capability changes. */
function notFixable(bpf: BackendReport | undefined, isRoot: boolean): CliError {
  const hint =
    isRoot && bpf?.code === 'NO_CAPABILITY'
      ? 'this root has neither; grant them where its container or sandbox is set up'
      : bpf?.remedy;
  return new CliError('NOT_FIXABLE', bpf?.sentence ?? 'the probe has no bpf backend', hint || undefined);
}

function grant(loader: string): void {
  const { status, stderr, error } = spawnSync('setcap', [capabilities, loader], {
    encoding: 'utf8',
    // Not everybody who has become root has these on PATH.
    env: { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' },
  });
  if (error !== undefined)
    throw new CliError(
      'NO_SETCAP',
      `setcap could not be started (${(error as NodeJS.ErrnoException).code})`,
      'install it: apt-get install libcap2-bin',
      { cause: error },
    );
  if (status === 0) return;
  if (/not supported/i.test(stderr))
    throw new CliError(
      'NO_FILE_CAPABILITIES',
      `the file system of ${loader} keeps no capabilities (ENOTSUP)`,
      'install oodate on one that does, or run it as root',
    );
  throw new CliError('SETCAP_FAILED', `setcap failed: ${stderr.trim().replace(/\s*\n\s*/g, '; ')}`);
}
