/**
 * The records of a filemon log that are about a folder, and every `Q`, in order:
 * `R 1 a`. Paths are relative to the folder; processes are numbered as they
 * appear, the command being 1. Letters left out: forks, exits, times and command lines.
 */
export function shownRecords(log: Uint8Array, folder: string): string[] {
  const text = Buffer.from(log).toString();
  const numbers = new Map([[/^# Target pid (\d+)$/m.exec(text)?.[1], 1]]);
  const shown: string[] = [];
  for (const line of text.split('\n')) {
    const [, letter = '', pid, data = ''] = /^([A-Z]) (\d+) (.*)$/.exec(line) ?? [];
    if (pid === undefined) continue;
    const number = numbers.get(pid) ?? numbers.size + 1;
    numbers.set(pid, number);
    if (/[FXPT]/.test(letter) || (letter !== 'Q' && !data.includes(folder))) continue;
    const near = data.replaceAll(`${folder}/`, '').replaceAll(folder, '.');
    shown.push(`${letter} ${number} ${near}`);
  }
  return shown;
}
