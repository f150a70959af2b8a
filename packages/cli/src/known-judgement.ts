import type { KnownTarget } from '@oodate/explain';
import type { AbsolutePath } from '@oodate/filemon';
import { scriptMetaFile, scriptPartMetaFile } from '@oodate/meta-file';
import type { Target } from '@oodate/planner';
import { CliError } from './cli-error.js';
import { findPackage, type Package, scriptEnvironment, scriptsToRun } from './package-script.js';
import { loadSettings, type SettingFlags } from './settings.js';
import { type SettingsEffect, settingsEffect } from './settings-effect.js';

/**
 * The target as it would be run now, with the settings of its directory. A script is taken as package.json has it now, with the
 * arguments that it had; a command as it was recorded. Throws a CliError.
 */
export async function presentTarget(
  known: KnownTarget,
  environment: Readonly<NodeJS.ProcessEnv>,
  flags: SettingFlags = {},
): Promise<{ readonly target: Target; readonly settings: SettingsEffect }> {
  const { run, meta } = known;
  const settings = await settingsEffect(await loadSettings(run.cwd, environment, flags), meta.target);
  const extraInputs = settings.findExtraInputs?.().paths;
  const target = commandNow(known, settings, environment);
  return { target: { ...target, ...(extraInputs !== undefined && { extraInputs }) }, settings };
}

function commandNow(known: KnownTarget, { cache }: SettingsEffect, environment: NodeJS.ProcessEnv): Target {
  const { commands, cwd, logicalCwd } = known.run;
  const asRecorded = { commands, cwd, environment, ...(logicalCwd !== undefined && { logicalCwd }) };
  const found = packageOf(cwd);
  const name = known.meta.target;
  const text = found?.scripts.get(name);
  if (found === undefined || text === undefined) return asRecorded;
  const directory = found.directory as AbsolutePath;
  const isPart = known.metaFile === scriptPartMetaFile(directory, name, cache);
  if (!isPart && known.metaFile !== scriptMetaFile(directory, name, cache)) return asRecorded;
  const texts = isPart ? [text] : scriptsToRun(found, name, []).map((script) => script.text);
  return {
    ...asRecorded,
    commands: areScripts(commands, texts) ? commands : texts.map((each) => ['sh', '-c', each]),
    environment: scriptEnvironment(found, name, environment, directory),
  };
}

/** Arguments may stand behind each text. */
function areScripts(commands: readonly (readonly string[])[], texts: readonly string[]): boolean {
  return (
    commands.length === texts.length &&
    texts.every((text, at) => `${commands[at]?.[2]} `.startsWith(`${text} `))
  );
}

function packageOf(directory: string): Package | undefined {
  try {
    return findPackage(directory);
  } catch (error) {
    if (error instanceof CliError) return undefined;
    throw error;
  }
}
