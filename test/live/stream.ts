/**
 * A program of the tests: streams of known bytes both ways over one TCP connection, each byte compared where it arrives.
 *
 *   node stream.js serve PORT             answers for ever; prints `ready`
 *   node stream.js send HOST PORT MIB     sends and receives so many MiB; prints a line of JSON
 */
import { connect, createServer, type Socket } from "node:net";

const MIB = 1024 * 1024;
/** A prime, so that nothing of a frame's size repeats with it. */
const PERIOD = 65_521;
const PATTERN = pattern();

/** Bytes that look random and are the same in every process (xorshift32). */
function pattern(): Buffer {
  const bytes = Buffer.alloc(2 * PERIOD);
  let state = 0x9e3779b9;
  for (let at = 0; at < PERIOD; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state & 0xff;
  }
  bytes.copyWithin(PERIOD, 0, PERIOD);
  return bytes;
}

/** Writes the stream, no faster than the other side reads. */
function write(socket: Socket, length: number): void {
  let sent = 0;
  const more = (): void => {
    while (sent < length) {
      const from = sent % PERIOD;
      const piece = PATTERN.subarray(from, from + Math.min(PERIOD, length - sent));
      sent += piece.length;
      if (!socket.write(piece)) {
        socket.once("drain", more);
        return;
      }
    }
    socket.end();
  };
  more();
}

/** Where the first wrong byte was; -1 if there was none, and the length if the stream ended early. */
function compare(socket: Socket, length: number): Promise<number> {
  let received = 0;
  let wrong = -1;
  return new Promise((resolve) => {
    socket.on("data", (bytes: Buffer) => {
      for (let at = 0; at < bytes.length && wrong < 0; ) {
        const from = (received + at) % PERIOD;
        const size = Math.min(bytes.length - at, PERIOD);
        if (bytes.compare(PATTERN, from, from + size, at, at + size) !== 0) wrong = received + at;
        at += size;
      }
      received += bytes.length;
    });
    socket.on("error", () => resolve(received));
    socket.on("end", () => resolve(wrong >= 0 ? wrong : received === length ? -1 : received));
    socket.resume();
  });
}

function serve(port: number): void {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.once("data", (head: Buffer) => {
      const length = head.readUInt32BE(0) * MIB;
      if (head.length > 4) socket.unshift(head.subarray(4));
      compare(socket, length).then((wrong) => {
        // What was found goes back as the first byte of the answer.
        socket.write(Buffer.of(wrong < 0 ? 0 : 1));
        write(socket, length);
      });
    });
    socket.on("error", () => {});
  });
  server.listen(port, () => process.stdout.write("ready\n"));
}

async function send(host: string, port: number, mebibytes: number): Promise<void> {
  const socket = connect({ host, port, allowHalfOpen: true });
  const length = mebibytes * MIB;
  const head = Buffer.alloc(4);
  head.writeUInt32BE(mebibytes);
  socket.write(head);
  const start = performance.now();
  write(socket, length);
  const first = await new Promise<Buffer>((resolve) => {
    socket.once("data", resolve);
    socket.once("error", (error) => resolve(Buffer.from([2, ...Buffer.from(error.message)])));
  });
  socket.pause();
  if (first.length > 1) socket.unshift(first.subarray(1));
  const wrong = await compare(socket, length);
  const seconds = (performance.now() - start) / 1000;
  process.stdout.write(`${JSON.stringify({ thereWrong: first[0] !== 0, backWrongAt: wrong, seconds })}\n`);
}

const [what, ...rest] = process.argv.slice(2);
if (what === "serve") serve(Number(rest[0]));
else if (what === "send") await send(rest[0] ?? "", Number(rest[1]), Number(rest[2]));
