/** RESP, the protocol of Redis (RESP2: redis.io/docs/latest/develop/reference/protocol-spec), as far as GET and SET need it. */

/** A reply: a text, a number, nothing (a key that is not there), or a refusal. */
export type Reply =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "number"; readonly number: number }
  | { readonly kind: "nothing" }
  | { readonly kind: "error"; readonly message: string };

/** A command as an array of bulk strings. */
export const encodeCommand = (...words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${new TextEncoder().encode(word).length}\r\n${word}\r\n`).join("")}`;

/** Bytes that are no reply. */
export class RespError extends Error {
  override readonly name = "RespError";
}

const END = "\r\n";

/** Takes replies out of a stream of bytes that come in pieces. */
export class ReplyReader {
  #rest: Uint8Array = new Uint8Array(0);

  /** The replies that are complete with this piece. Throws RespError. */
  read(piece: Uint8Array): Reply[] {
    this.#rest = joined(this.#rest, piece);
    const replies: Reply[] = [];
    for (;;) {
      const found = replyAt(this.#rest);
      if (found === undefined) return replies;
      replies.push(found.reply);
      this.#rest = this.#rest.subarray(found.length);
    }
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

const utf8 = new TextDecoder();

/** The reply at the beginning, and its length in bytes; `undefined` if it is not all there. */
function replyAt(bytes: Uint8Array): { readonly reply: Reply; readonly length: number } | undefined {
  const lineEnd = bytes.indexOf(10);
  if (lineEnd < 1) return undefined;
  const line = utf8.decode(bytes.subarray(0, lineEnd - 1));
  const text = line.slice(1);
  const length = lineEnd + 1;
  switch (line[0]) {
    case "+":
      return { reply: { kind: "text", text }, length };
    case "-":
      return { reply: { kind: "error", message: text }, length };
    case ":":
      return { reply: { kind: "number", number: Number(text) }, length };
    case "$":
      return bulk(bytes, length, Number(text));
    default:
      throw new RespError(`expected a reply, got ${JSON.stringify(line.slice(0, 20))}`);
  }
}

function bulk(bytes: Uint8Array, at: number, size: number): ReturnType<typeof replyAt> {
  if (size === -1) return { reply: { kind: "nothing" }, length: at };
  if (!Number.isSafeInteger(size) || size < 0) throw new RespError(`expected the length of a text, got ${size}`);
  const length = at + size + END.length;
  if (bytes.length < length) return undefined;
  return { reply: { kind: "text", text: utf8.decode(bytes.subarray(at, at + size)) }, length };
}
