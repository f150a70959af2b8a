import { existsSync } from 'node:fs';
import type { KnownTarget } from '@oodate/explain';
import { type AbsolutePath, encodePath } from '@oodate/filemon';
import { proofFile, type RunRecord } from '@oodate/meta-file';
import { RecorderClient } from '@oodate/monitor';
import type { DecisionOptions } from '@oodate/planner';
import { loadSettings } from './settings.js';
import { settingsEffect } from './settings-effect.js';
import { usedPlaces } from './used-places.js';

/** Asks the recorder to write down what happens to all that these targets use. */
export async function expressTargets(client: RecorderClient, targets: readonly KnownTarget[]): Promise<void> {
  const expressed = new Set<AbsolutePath>();
  for (const target of targets) {
    const { decision } = await settingsEffect(await loadSettings(target.run.cwd, process.env));
    await expressRun(client, target.run, proofsOf(target), decision, expressed);
  }
}

/** Milliseconds after which a recorder that does not take what it is told is left alone. */
const patience = 250;

/** Asks the recorder with this folder, if it runs, for what one run used. It is not waited for longer than a moment. */
export async function tellOfRun(
  folder: AbsolutePath,
  run: RunRecord,
  proofs: readonly AbsolutePath[],
  decision: Pick<DecisionOptions, 'isIgnored'>,
): Promise<void> {
  const client = await RecorderClient.connect(folder, patience);
  if (client === undefined) return;
  const timer = setTimeout(() => client.close(), patience);
  await expressRun(client, run, proofs, decision, new Set());
  clearTimeout(timer);
  client.close();
}

/** The proofs of a run hold all that it used, and a recorder that can watches it by them; without one, path by path. */
async function expressRun(
  client: RecorderClient,
  run: RunRecord,
  proofs: readonly AbsolutePath[],
  { isIgnored }: Pick<DecisionOptions, 'isIgnored'>,
  expressed: Set<AbsolutePath>,
): Promise<void> {
  const isSet = await Promise.all(proofs.map((proof) => client.set(proof)));
  if (isSet.includes(true)) return;
  const paths = usedPlaces(run).filter((path) => !expressed.has(path) && isIgnored?.(path) !== true);
  for (const path of paths) expressed.add(path);
  await Promise.all(paths.map((path) => client.express(path)));
}

/** Of the calls that are likeliest: of a script by its name, of a command by its words. */
function proofsOf({ metaFile, run }: KnownTarget): AbsolutePath[] {
  const own = metaFile as AbsolutePath;
  const [words = []] = run.commands;
  const ofScript = own.replace(/\.meta$/, '.proof') as AbsolutePath;
  const ofCommand = proofFile(own, ['run', '--', ...words], run.cwd);
  return [ofScript, ofCommand].filter(
    (proof) => proof !== undefined && existsSync(encodePath(proof)),
  ) as AbsolutePath[];
}
