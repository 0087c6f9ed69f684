/** A line of words: split at spaces, but for what stands between quotes; and the bytes that words can stand for. */

/**
 * The words of a line; a `>` is one by itself, with or without spaces about it, and a text in double quotes is one with its quotes.
 * A quote that nobody closes makes all that follows one word.
 */
export function splitWords(text: string): string[] {
  return text.match(/"(?:[^"\\]|\\.)*"?|>|[^\s">]+(?:"(?:[^"\\]|\\.)*"?)?/g) ?? [];
}

const ESCAPES: Readonly<Record<string, string>> = { r: "\r", n: "\n", t: "\t", "0": "\0" };

/** Bytes from `"text"` with \r, \n, \t, \xHH, or from hexadecimal digits behind 0x; `undefined` for anything else. */
export function bytesOf(word: string): Uint8Array | undefined {
  if (/^0x([0-9a-f]{2})*$/i.test(word)) return hexBytes(word.slice(2));
  const text = textOf(word);
  if (text === undefined || [...text].some((letter) => letter.charCodeAt(0) > 0xff)) return undefined;
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** What a word in quotes says; `undefined` if it has none, or only one. */
export function textOf(word: string): string | undefined {
  if (!/^"(?:[^"\\]|\\.)*"$/.test(word)) return undefined;
  return word
    .slice(1, -1)
    .replaceAll(/\\(?:x([0-9a-f]{2})|(.))/gi, (_, hex: string | undefined, letter: string) =>
      hex === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(Number.parseInt(hex, 16)),
    );
}

/** A text as a word in quotes. */
export function quoted(text: string): string {
  const inside = text.replaceAll(/[\\"]|[^\x20-\x7e]/g, (letter) => {
    if (letter === "\\" || letter === '"') return `\\${letter}`;
    const named = Object.entries(ESCAPES).find(([name, escaped]) => escaped === letter && name !== "0");
    return named === undefined ? `\\x${letter.charCodeAt(0).toString(16).padStart(2, "0")}` : `\\${named[0]}`;
  });
  return `"${inside}"`;
}

/** Bytes as a word: as text where most of them are that, else in hexadecimal. */
export function bytesWord(bytes: Uint8Array): string {
  const readable = bytes.every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x0d || byte === 0x0a);
  return readable ? quoted(String.fromCharCode(...bytes)) : `0x${formatHex(bytes)}`;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Two digits for each byte. */
export function formatHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** Bytes from pairs of hexadecimal digits; `undefined` for anything else. */
export function parseHex(text: string): Uint8Array | undefined {
  return text.length % 2 === 0 && /^[0-9a-f]*$/i.test(text) ? hexBytes(text) : undefined;
}

function hexBytes(digits: string): Uint8Array {
  const bytes = new Uint8Array(digits.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}
