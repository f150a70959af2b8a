/** What the user looks at. Places in the report. */
export interface Selection {
  readonly process: number | null;
  readonly path: number | null;
  /** Place in the nodes of the targets. */
  readonly target: number | null;
  /** Which of these is described beside. */
  readonly about: 'process' | 'path' | 'target' | null;
}

export const nothing: Selection = { process: null, path: null, target: null, about: null };

/** A part of the page that is to show what was chosen elsewhere, and take the keyboard. */
export interface Wish {
  readonly part: 'time line' | 'files';
  /** Counts up, so that the same wish can be made again. */
  readonly turn: number;
}

/** What the parts of the page can ask for. */
export interface Actions {
  readonly choose: (selection: Selection) => void;
  readonly showProcess: (process: number) => void;
  readonly showFile: (path: number, process: number | null) => void;
  readonly showFilesOf: (process: number) => void;
}
