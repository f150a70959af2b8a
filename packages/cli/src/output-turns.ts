import { type OutputStream, writeOut } from './output-streams.js';

/** Where a command's output, and what is said of it, goes. */
export interface OutputTurn {
  write(stream: OutputStream, bytes: string | Uint8Array): void;
  /** Nothing more is to come. */
  end(): void;
}

interface WaitingTurn {
  readonly held: (readonly [OutputStream, string | Uint8Array])[];
  ended: boolean;
}

/**
 * Lets commands that run at the same time write one after the other, to the byte:
 * the one that began first writes as it goes, those after it wait for their turn.
 */
export class OutputTurns {
  readonly #turns: WaitingTurn[] = [];

  open(): OutputTurn {
    const turn: WaitingTurn = { held: [], ended: false };
    this.#turns.push(turn);
    return {
      write: (stream, bytes) => {
        if (this.#turns[0] === turn) writeOut(stream, bytes);
        else if (!turn.ended) turn.held.push([stream, bytes]);
      },
      end: () => {
        turn.ended = true;
        this.#advance();
      },
    };
  }

  #advance(): void {
    while (this.#turns[0]?.ended === true) {
      this.#turns.shift();
      for (const [stream, bytes] of this.#turns[0]?.held.splice(0) ?? []) writeOut(stream, bytes);
    }
  }
}
