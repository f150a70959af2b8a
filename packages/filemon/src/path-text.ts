/**
 * Paths as text, without loss.
 *
 * A path is bytes. Nearly all are UTF-8, and those are ordinary strings. A byte
 * that is not part of UTF-8 becomes one of the lone surrogates U+DC80 to U+DCFF
 * (the byte plus 0xDC00), which no UTF-8 text can contain, so that every path
 * has exactly one text and comes back to the byte. (Source: PEP 383.)
 */

declare const absolute: unique symbol;

/** A path that begins with `/`, lexically normal, symbolic links not resolved. */
export type AbsolutePath = string & { readonly [absolute]: true };
