import { forgetPlainScript, isPlainScript, notePlainScript } from '@oodate/meta-file';
import { isTraced } from './judgement.js';
import type { NamedTarget } from './target.js';

/*
 * A script that a package manager runs and that uses the network would be out of date each time.
 * So it is left alone: it runs plainly from then on, until its text in package.json is another.
 * Not so one that the user wants to be run through oodate, or whose use of the network does not count.
 */

export function isLeftAlone(target: NamedTarget): boolean {
  const { metaFile, scriptText } = target;
  return scriptText !== undefined && mayLeaveAlone(target) && isPlainScript(metaFile, scriptText);
}

/** After it has used the network. False if it is not to be left alone. */
export function leaveAlone(target: NamedTarget): boolean {
  const { metaFile, scriptText } = target;
  // Within a traced command nobody could be told.
  if (scriptText === undefined || !mayLeaveAlone(target) || isTraced()) return false;
  return notePlainScript(metaFile, scriptText);
}

/** After a run that did not use the network. */
export function leaveAloneNoMore({ metaFile }: NamedTarget): void {
  forgetPlainScript(metaFile);
}

function mayLeaveAlone({ settings: { settings, decision } }: NamedTarget): boolean {
  return settings['scripts.include'].value === undefined && decision.ignoresNetwork !== true;
}
