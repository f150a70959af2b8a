import { isoTime } from '@oodate/explain';
import { momentOf, RecorderClient, type RecorderGreeting, type RecorderStatus } from '@oodate/monitor';
import { CliError } from '../cli-error.js';
import { writeOut } from '../output-streams.js';
import { type RecorderPlace, recorderPlace } from '../recorder-place.js';
import { noRecorderWords, notTold, recorderStatusLines, stoppedWords } from '../recorder-words.js';
import { printJson } from '../report.js';

/** Says how the recorder of the project is doing. Gives 1 if none runs. */
export async function showRecorder(json: boolean): Promise<number> {
  const place = recorderPlace('socket');
  const client = await RecorderClient.connect(place.folder);
  const status = await client?.status();
  client?.close();
  if (client === undefined || status === undefined) {
    if (json) printJson({ version: 1, running: false, project: place.root, folder: place.folder });
    else writeOut(1, `${noRecorderWords(place.root)}\n`);
    return 1;
  }
  if (json) printJson(reportOf(place, client.greeting, status));
  else writeOut(1, `${recorderStatusLines(place, client.greeting, status).join('\n')}\n`);
  return 0;
}

function reportOf(
  { root, folder }: RecorderPlace,
  greeting: RecorderGreeting,
  status: RecorderStatus,
): object {
  const { pid, backend, tells } = greeting;
  return {
    version: 1,
    running: true,
    project: root,
    folder,
    pid,
    backend,
    tells,
    cannotTell: notTold(tells),
    ...status,
    since: isoTime(momentOf(status.since)),
  };
}

/** Ends the recorder of the project. */
export async function stopRecording(): Promise<number> {
  const place = recorderPlace('socket');
  const client = await RecorderClient.connect(place.folder);
  if (client === undefined) throw noRecorder(place);
  await client.stop();
  writeOut(1, `${stoppedWords(place.root)}\n`);
  return 0;
}

function noRecorder({ root }: RecorderPlace): CliError {
  return new CliError('NO_RECORDER', noRecorderWords(root), 'start one with: oodate monitor record start');
}
