import type { Files, StartOptions, Workspace } from '@oodate/testkit';

/** A way of depending on something: a small real command, and a change that must be noticed. */
export interface Way {
  /** On what the command depends, and how. */
  readonly on: string;
  readonly files?: Files;
  /** A program that it takes and that a machine may lack. */
  readonly needs?: string;
  /** Makes what files alone cannot. */
  readonly prepare?: (space: Workspace) => void | Promise<void>;
  /** The text of a script of package.json, or the words of a command that needs no shell. */
  readonly command: Command;
  readonly start?: StartOptions;
  /** The file by which one sees that the command has run: it writes it each time. Default: `out.txt`. */
  readonly witness?: string;
  readonly change: Change;
  /** Whether it is tried that the command is skipped after the change too, as it then does less than the first time. */
  readonly again?: boolean;
  /** What oodate must say when it runs the command after the change; `…` stands for anything. */
  readonly says: string;
  /** It cannot succeed while it is watched. */
  readonly fails?: boolean;
  /** Why the command is not skipped, fails, or does not run after the change, where that is so. */
  readonly short?: string;
  /** What is otherwise under a backend, by its name. */
  readonly under?: Readonly<Record<string, Pick<Way, 'says' | 'short'>>>;
  /** How it is tried, where that is not as for the others. */
  readonly trial?: Trial;
}

/** The way as it is under this backend. */
export function wayUnder(way: Way, backend: string): Way {
  return { ...way, ...way.under?.[backend] };
}

export type Command = string | readonly string[];

export interface Change {
  readonly words: string;
  readonly make?: (space: Workspace) => void | Promise<void>;
  /** Another text, other words. */
  readonly command?: Command;
  readonly start?: StartOptions;
}

export interface WayGroup {
  readonly title: string;
  readonly ways: readonly Way[];
}

/** What oodate made of one way, as seen by what really ran. */
export interface Outcome {
  /** The command ran again after the change, and for the reason that it must give. */
  readonly noticed: Answer;
  /** It did not run again as long as nothing had changed, nor when its files were only touched. */
  readonly skipped: Answer;
}

/** `fails`: the command does not succeed while it is watched. */
export type Answer = 'yes' | 'no' | 'fails';

type Trial = (way: Way, backend: string) => Promise<Outcome>;
