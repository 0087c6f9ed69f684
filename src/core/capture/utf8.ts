/** UTF-8 (RFC 3629) to text and back: names and comments in pcapng. The language itself has no decoder. */

const REPLACEMENT = 0xfffd;
/** The first code point that needs 2, 3 and 4 bytes; a shorter one in so many bytes is overlong. */
const SMALLEST = [0, 0, 0x80, 0x800, 0x10000] as const;

/** The text of `bytes`; every byte that begins no valid sequence becomes U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes[at] ?? 0);
    const point = length === 0 ? undefined : codePoint(bytes, at, length);
    text += String.fromCodePoint(point ?? REPLACEMENT);
    at += point === undefined ? 1 : length;
  }
  return text;
}

function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

function codePoint(bytes: Uint8Array, at: number, length: number): number | undefined {
  const lead = bytes[at] ?? 0;
  if (length === 1) return lead;
  let point = lead & (0x7f >> length);
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i];
    if (byte === undefined || byte >> 6 !== 2) return undefined;
    point = (point << 6) | (byte & 0x3f);
  }
  const surrogate = point >= 0xd800 && point < 0xe000;
  return point < (SMALLEST[length] ?? 0) || surrogate || point > 0x10ffff ? undefined : point;
}

/** The bytes of `text`, at most `limit` of them and never half a character. A lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string, limit = Number.POSITIVE_INFINITY): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const raw = character.codePointAt(0) ?? 0;
    const point = raw >= 0xd800 && raw < 0xe000 ? REPLACEMENT : raw;
    const length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (bytes.length + length > limit) break;
    if (length === 1) {
      bytes.push(point);
      continue;
    }
    bytes.push(((0xf00 >> length) & 0xff) | (point >> (6 * (length - 1))));
    for (let rest = length - 2; rest >= 0; rest--) bytes.push(0x80 | ((point >> (6 * rest)) & 0x3f));
  }
  return Uint8Array.from(bytes);
}
