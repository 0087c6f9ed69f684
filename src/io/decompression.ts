/** Compressed files, told by their first bytes and read as what they hold. */
import { spawn } from "node:child_process";
import { Duplex } from "node:stream";
import { setImmediate } from "node:timers/promises";
import zlib from "node:zlib";

/** A file that cannot be decompressed, or not to its end; the message is for people. */
export class DecompressionError extends Error {
  /** Whether the file ends too early: what it held until there has been handed on. */
  get isTruncated(): boolean {
    return /unexpected end of file|premature end/i.test(this.message);
  }
}

const MAGIC = 4;

/** Made for each file: what comes out of `stream` is what it holds; `ended` is refused if that was not all. */
interface Decompressor {
  readonly stream: Duplex;
  readonly ended: Promise<void>;
}

/** The first bytes of a compressed file in hexadecimal, its name, and what makes of it what it holds. */
const DECOMPRESSORS: readonly (readonly [string, string, () => Decompressor])[] = [
  ["1f8b", "gzip", () => alone(zlib.createGunzip())],
  ["28b52ffd", "zstd", zstd],
];

/** Hands on the bytes of a file, decompressed if they begin as gzip (RFC 1952) or zstd (RFC 8878). Chunks are borrowed. */
export async function* decompressed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const rest = chunks[Symbol.asyncIterator]();
  try {
    let head: Uint8Array = new Uint8Array(0);
    while (head.length < MAGIC) {
      const next = await rest.next();
      if (next.done) break;
      head = Buffer.concat([head, next.value]);
    }
    const whole = joined(head, rest);
    const magic = Buffer.from(head.subarray(0, MAGIC)).toString("hex");
    const known = DECOMPRESSORS.find(([start]) => magic.startsWith(start));
    if (known === undefined) yield* whole;
    else yield* through(whole, known[1], known[2]());
  } finally {
    // Whoever has seen enough leaves the file open otherwise.
    await rest.return?.();
  }
}

async function* joined(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  if (head.length > 0) yield head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

async function* through(
  compressed: AsyncIterable<Uint8Array>,
  name: string,
  { stream, ended }: Decompressor,
): AsyncGenerator<Uint8Array, void, undefined> {
  const fed = feed(compressed, stream);
  try {
    for await (const chunk of stream) yield chunk;
    await ended;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const ofFile = "syscall" in error || error instanceof DecompressionError;
    throw ofFile ? error : new DecompressionError(`${name}: ${error.message}`);
  } finally {
    stream.destroy();
    await fed;
  }
}

/**
 * Chunks stay as they are while the decompressor has them. Of a file that ends too early a decompressor forgets, at its end, what
 * nobody has read yet: so the end waits for that. An error of the file ends the decompressor, and so comes out of it again.
 */
async function feed(compressed: AsyncIterable<Uint8Array>, stream: Duplex): Promise<void> {
  try {
    for await (const chunk of compressed) {
      await new Promise((resolve) => stream.write(chunk.slice(), resolve));
      if (stream.destroyed) return;
    }
    while (stream.readableLength > 0 && !stream.destroyed) await setImmediate();
    stream.end();
  } catch (error) {
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** A stream that ends with an error unless it was all. */
const alone = (stream: Duplex): Decompressor => ({ stream, ended: Promise.resolve() });

/** Node.js 22.15 and later decompress zstd themselves; before that the program zstd does. */
function zstd(): Decompressor {
  const own: unknown = Reflect.get(zlib, "createZstdDecompress");
  if (typeof own === "function") return alone(own());
  const child = spawn("zstd", ["-d", "-c", "-q"], { stdio: ["pipe", "pipe", "pipe"] });
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  let said = "";
  child.stderr.on("data", (text) => {
    said = `${said}${text}`.slice(0, 200);
  });
  const ended = new Promise<void>((resolve, reject) => {
    const fail = (message: string): void => {
      const error = new DecompressionError(message);
      reject(error);
      stream.destroy(error);
    };
    child.once("error", () => fail("zstd-compressed: Node.js 22.15 or newer reads it, or the program zstd"));
    // What it has written is read before anybody asks how it ended.
    child.once("close", (code) =>
      code === 0 ? resolve() : reject(new DecompressionError(`zstd: ${said.trim() || `ended with ${code}`}`)),
    );
  });
  // It may be refused before anybody waits for it.
  ended.catch(() => {});
  stream.once("error", () => child.kill());
  return { stream, ended };
}
