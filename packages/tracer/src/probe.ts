import { accessSync, constants, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { TraceError } from './trace-error.js';

/** Where `make` leaves it in this package, for this code as it is and bundled into the program of a checkout. */
const built = ['..', '../node_modules/@oodate/tracer'].map((folder) =>
  fileURLToPath(new URL(`${folder}/native/build/oodate-probe`, import.meta.url)),
);

/** Path of the native probe. Throws a TraceError where there is none or can be none. */
export function findProbe(): string {
  if (process.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64'))
    throw new TraceError(
      'UNSUPPORTED_PLATFORM',
      `commands can be traced on Linux (x64 and arm64) only, and this is ${process.platform} (${process.arch})`,
      125,
      'pass --untraced to run the command plainly',
    );
  const name = `@oodate/probe-linux-${process.arch}`;
  const probeFile = [...built, packagedProbe(name)].find(isExecutable);
  if (probeFile === undefined)
    throw new TraceError(
      'NO_PROBE',
      `the probe is missing: the package ${name} is not installed`,
      125,
      'install again without leaving out optional dependencies; in a checkout of oodate, run "npm run build"',
    );
  return probeFile;
}

/** Path of the program that loads the bpf backend, symbolic links resolved; whether it is there depends on the build. */
export function findLoader(): string {
  return join(realpathSync(dirname(findProbe())), 'oodate-probe-bpf');
}

function packagedProbe(name: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(`${name}/build/oodate-probe`);
  } catch {
    return undefined;
  }
}

function isExecutable(file: string | undefined): file is string {
  try {
    accessSync(file ?? '', constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
