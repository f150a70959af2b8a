import { dirname } from 'node:path';
import type { AbsolutePath } from '@oodate/filemon';
import { scriptMetaFile } from '@oodate/meta-file';
import { writeOut } from '../output-streams.js';
import { packageDirectory } from '../package-script.js';
import { printJson } from '../report.js';
import { loadSettings, type SettingFlags, settingKeys } from '../settings.js';
import { settingsEffect, storeFolder } from '../settings-effect.js';
import { coloursFor } from '../terminal.js';
import { pathWords, settingSourceWords, settingValueWords } from '../words.js';

/** Shows on stdout the settings for what is run here, each with where it comes from. */
export async function showSettings(flags: SettingFlags, json: boolean): Promise<number> {
  const directory = process.cwd() as AbsolutePath;
  const settings = await loadSettings(directory, process.env, flags);
  const { cache } = await settingsEffect(settings);
  const metaFolder = dirname(scriptMetaFile(packageDirectory(directory) as AbsolutePath, 'x', cache));
  if (json) {
    printJson({
      directory,
      metaFolder,
      storeFolder: storeFolder(settings),
      settings: Object.fromEntries(
        settingKeys.map((key) => [key, { value: settings[key].value ?? null, from: settings[key].from }]),
      ),
    });
    return 0;
  }
  const { dim } = coloursFor(1);
  const cwd = process.cwd();
  const rows = settingKeys.map(
    (key) => [key, settingValueWords(settings[key].value), settings[key]] as const,
  );
  const width = Math.max(...rows.map(([, value]) => value.length));
  for (const [key, value, { from }] of rows)
    writeOut(1, `${key.padEnd(15)}  ${value.padEnd(width)}  ${dim(settingSourceWords(from, cwd))}\n`);
  writeOut(1, `\nmeta files are kept in ${pathWords(metaFolder, cwd)}\n`);
  const noStore = settings['store.enabled'].value ? '' : ', which is not used';
  writeOut(1, `the store of results is ${pathWords(storeFolder(settings), cwd)}${noStore}\n`);
  return 0;
}
