import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { AbsolutePath } from '@oodate/filemon';
import { recorderFolder } from '@oodate/monitor';
import { CliError } from '../cli-error.js';
import { writeOut } from '../output-streams.js';
import { assertOwnProject, recorderPlace } from '../recorder-place.js';

/** Prints a unit for systemd that keeps a recorder of the project: of this user, or of the system for this user. */
export function printUnit(isOfSystem: boolean): number {
  const { root } = recorderPlace('socket');
  assertOwnProject(root);
  if (/[\p{Cc}\p{Cs}]/u.test(root))
    throw new CliError('USAGE', 'the name of the project has characters that no unit can hold');
  writeOut(1, unitText(root, recorderFolder(root), isOfSystem));
  return 0;
}

function unitText(root: AbsolutePath, folder: AbsolutePath, isOfSystem: boolean): string {
  const program = join(dirname(process.argv[1] ?? ''), '../bin/oodate');
  const path = [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(':');
  // These are all that the bpf backend needs, and it gives them up as soon as it sees.
  const rights = [`User=${userInfo().username}`, 'AmbientCapabilities=CAP_BPF CAP_PERFMON'];
  const lines = [
    `# ${isOfSystem ? `/etc/systemd/system` : '~/.config/systemd/user'}/oodate-record.service`,
    '[Unit]',
    `Description=Recorder of oodate for ${plain(root)}`,
    '',
    '[Service]',
    'Type=forking',
    ...(isOfSystem ? rights : []),
    `PIDFile=${plain(`${folder}/pid`)}`,
    `WorkingDirectory=${plain(root)}`,
    `Environment=${quoted(`PATH=${path}`)}`,
    `ExecStart=${quoted(program)} monitor record start`,
    `ExecStop=${quoted(program)} monitor record stop`,
    'Restart=on-failure',
    '',
    '[Install]',
    `WantedBy=${isOfSystem ? 'multi-user.target' : 'default.target'}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** As systemd.unit(5) and systemd.service(5) have it: specifiers begin with %, variables with $. */
function plain(text: string): string {
  return text.replaceAll('%', '%%');
}

function quoted(text: string): string {
  return `"${plain(text).replace(/["\\]/g, '\\$&').replaceAll('$', '$$$$')}"`;
}
