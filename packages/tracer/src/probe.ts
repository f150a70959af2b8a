import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { TraceError } from './trace-error.js';

const places = [
  '..',
  // Where this code has been bundled into the program.
  '../node_modules/@oodate/tracer',
  '../../@oodate/tracer',
].map((folder) => fileURLToPath(new URL(`${folder}/native/build/oodate-probe`, import.meta.url)));

/** Path of the native probe. Throws a TraceError where there is none or can be none. */
export function findProbe(): string {
  if (process.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64'))
    throw new TraceError(
      'UNSUPPORTED_PLATFORM',
      `commands can be traced on Linux (x64 and arm64) only, and this is ${process.platform} (${process.arch})`,
      125,
      'pass --untraced to run the command plainly',
    );
  const probeFile = places.find((place) => existsSync(place)) ?? places[0] ?? '';
  try {
    accessSync(probeFile, constants.X_OK);
  } catch (cause) {
    throw new TraceError(
      'NO_PROBE',
      `the probe is not built: ${probeFile} is missing`,
      125,
      'build it with "npm run build", or with "make" in that folder\'s parent',
      { cause },
    );
  }
  return probeFile;
}

/** Path of the program that loads the bpf backend, symbolic links resolved; whether it is there depends on the build. */
export function findLoader(): string {
  return join(realpathSync(dirname(findProbe())), 'oodate-probe-bpf');
}
