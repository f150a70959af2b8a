/** Of each kind as much as it is known by. */
const questions = [
  // ENQ
  '\\x05',
  // What it is; its status and the cursor's place; parameters, modes, version, keyboard
  '\\x1b\\[[>=]?[\\d;]*c',
  '\\x1b\\[\\??[\\d;]*n',
  '\\x1b\\[[\\d;]*x',
  '\\x1b\\[\\??[\\d;]*\\$p',
  '\\x1b\\[>[\\d;]*q',
  '\\x1b\\[\\?u',
  // Size and state of the window
  '\\x1b\\[(?:1[1-9]|2[01])t',
  // Colours, clipboard, fonts
  '\\x1b\\][^\\x07\\x1b]*;\\?[;\\x07\\x1b]',
  // Settings and capabilities
  '\\x1bP[$+]q',
];

const question = new RegExp(questions.join('|'));

/**
 * Whether the text has a terminal answer something, by keys that it seems to type. Who wrote it
 * first has read the answer; another time nobody does. (Source: xterm's "Control Sequences".)
 */
export function asksTerminal(text: string): boolean {
  return question.test(text);
}
