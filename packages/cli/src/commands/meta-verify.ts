import { checkFile } from '@oodate/meta-file';
import { writeOut } from '../output-streams.js';
import { printJson } from '../report.js';
import { fileWords, type NamedFile } from '../traced-files.js';
import { noProblemWords, problemWords } from '../words.js';

/** Says on stdout what is wrong with meta files and filemon logs, line by line. Gives 0 if nothing is, else 1. */
export function verifyFiles(files: readonly NamedFile[], json: boolean): number {
  let status = 0;
  for (const { path, bytes } of files) {
    const problems = checkFile(bytes);
    if (problems.length > 0) status = 1;
    if (json) printJson({ metaFile: path, problems });
    else if (problems.length === 0) writeOut(1, `${noProblemWords(fileWords(path))}\n`);
    else for (const problem of problems) writeOut(1, `${problemWords(fileWords(path), problem)}\n`);
  }
  return status;
}
