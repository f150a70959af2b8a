import { type TextDifference, textDifference } from '@oodate/explain';
import { SecretsCover } from '@oodate/meta-file';
import type { Reason } from '@oodate/planner';
import { isTraced } from './judgement.js';
import type { SettingsEffect } from './settings-effect.js';

/**
 * Gives what tells of a reason in which lines a small text has changed, where the store knows what was in it.
 * Secrets of the environment are covered. `metaFile`: of the target.
 */
export async function contentDifferences(
  metaFile: string,
  { store: settings }: Pick<SettingsEffect, 'store'>,
  environment: Readonly<NodeJS.ProcessEnv> = process.env,
): Promise<(reason: Reason) => TextDifference | undefined> {
  // The outer run would not see what it was told.
  if (settings === undefined || isTraced()) return () => undefined;
  const { DiskStore, InputTexts } = await import('@oodate/store');
  const store = new DiskStore(settings.folder, { maxBytes: settings.maxBytes });
  const inputs = new InputTexts(store, metaFile);
  const secrets = new SecretsCover(environment);
  return (reason) => {
    const { kind } = reason;
    if (kind !== 'input-changed' && kind !== 'looked-at-changed' && kind !== 'output-changed')
      return undefined;
    const texts = inputs.changed(reason.path, reason.was, reason.is);
    return texts && textDifference(texts.was, texts.is, (text) => secrets.cover(text));
  };
}
