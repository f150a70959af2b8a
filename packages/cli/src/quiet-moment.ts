/** How long nothing must have happened: a save, and a branch that is checked out, are many small changes. */
const quietMilliseconds = 100;
/** What never comes to rest, as a log, is not waited for. */
const patienceMilliseconds = 1000;

/** Waits until something has happened and no more of it follows. */
export class QuietMoment {
  #since: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;
  #over = false;

  get isOver(): boolean {
    return this.#over;
  }

  /** Something has happened. */
  disturb(): void {
    this.#since ??= Date.now();
    const left = this.#since + patienceMilliseconds - Date.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#wake?.(), Math.max(0, Math.min(quietMilliseconds, left)));
  }

  /** What has happened so far has been seen to. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#since = undefined;
  }

  /** Resolves after what has happened since `forget`, or at the end. */
  async next(): Promise<void> {
    if (this.#over) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#wake?.();
  }
}
