import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export function probeOf(root) {
  return join(root, 'packages/tracer/native/build/oodate-probe');
}

/** The names of the probe's backends that work on this machine. */
export function workingBackends(root) {
  // The exit status is 1 if none works, which the lines tell as well.
  const { stdout } = spawnSync(probeOf(root), ['--check'], { encoding: 'utf8' });
  return (stdout ?? '')
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([, works]) => works === 'yes')
    .map(([name = '']) => name);
}
