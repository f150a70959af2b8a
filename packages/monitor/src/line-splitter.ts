/** Takes bytes as they come, in pieces of any length, and gives the lines, without their ends. */
export class LineSplitter {
  /** Of a line whose rest has not come. */
  #beginning: Buffer[] = [];

  *take(bytes: Buffer): Generator<Buffer> {
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      const line = bytes.subarray(start, end);
      yield this.#beginning.length === 0 ? line : Buffer.concat([...this.#beginning.splice(0), line]);
      start = end + 1;
    }
    if (start < bytes.length) this.#beginning.push(bytes.subarray(start));
  }
}
