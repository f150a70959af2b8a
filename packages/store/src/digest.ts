import { hash } from 'node:crypto';

/** Of some bytes: what they are called in the store, and in Bazel's protocol. */
export interface Digest {
  /** SHA-256 in lower-case hex. */
  readonly hash: string;
  /** Bytes. */
  readonly size: number;
}

export function digestOf(bytes: Uint8Array): Digest {
  return { hash: hash('sha256', bytes, 'hex'), size: bytes.length };
}

/** 64 digits. Nothing else may become part of a path in the store. */
export function isHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}
