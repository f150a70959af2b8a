import { realpathSync } from 'node:fs';
import type { Workspace } from '@oodate/testkit';

/** Folder and the places of programs, which differ between machines, in words. */
export function withoutPlaces(space: Workspace, text: string): string {
  return text
    .replaceAll(space.folder, 'FOLDER')
    .replaceAll(realpathSync(process.execPath), 'NODE')
    .replaceAll(/\/(?:usr\/)?lib(?:exec)?\/gcc\/[\w.+/-]*\/cc1/g, 'CC1')
    .replaceAll(/ -quiet .*/g, ' …')
    .replaceAll(/(?:\/usr)?\/bin\//g, '/bin/');
}
