/**
 * A value as JSON that can stand in a `<script>` element of an HTML page, whatever texts it holds: no `</script>` or
 * `<!--` ends or opens anything, lone surrogates (bytes that are not UTF-8) stay what they are, and the line
 * separators that old JavaScript took for ends of line are escaped.
 */
export function embeddedJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
