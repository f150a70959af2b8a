import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import type { Change } from './way.js';

/** Another content of another size. */
export function edit(name: string, text = 'changed\n'): Change {
  return { words: `${name} is edited`, make: (space) => space.write({ [name]: text }) };
}

/** Something is there that was not. */
export function add(name: string, text = 'new\n'): Change {
  return { words: `${name} is made`, make: (space) => space.write({ [name]: text }) };
}

export function remove(name: string): Change {
  return { words: `${name} is removed`, make: (space) => space.remove(name) };
}

export function turn(name: string, target: string): Change {
  return { words: `${name} is made to lead to ${target}`, make: (space) => space.link(name, target) };
}

export function chmod(name: string, mode: string): Change {
  return {
    words: `chmod ${mode} ${name}`,
    make: (space) => void execFileSync('chmod', [mode, space.path(name)]),
  };
}

/** A byte more at its end, which programs and libraries do not mind. */
export function appended(name: string): Change {
  return { words: `${name} is replaced by another`, make: (space) => appendFileSync(space.path(name), '\0') };
}
