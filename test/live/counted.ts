/**
 * A program of the tests: numbered datagrams at a steady rate, and who answers them.
 *
 *   node counted.js serve PORT                      answers for ever; prints `ready`
 *   node counted.js send HOST PORT RATE SECONDS     prints `open` with the first answer, in the end a line of JSON
 */
import { createSocket } from "node:dgram";

/** How long it waits for the last answers, in milliseconds. */
const PATIENCE = 2000;
const BUFFER = 8 * 1024 * 1024;

/** Datagrams sent, and numbers that came back. */
export interface Counted {
  readonly sent: number;
  readonly answered: number;
}

function serve(port: number): void {
  const socket = createSocket({ type: "udp4", recvBufferSize: BUFFER });
  socket.on("message", (message, { address, port: from }) => socket.send(message, from, address));
  socket.bind(port, () => process.stdout.write("ready\n"));
}

function send(host: string, port: number, rate: number, seconds: number): void {
  const socket = createSocket({ type: "udp4", recvBufferSize: BUFFER });
  const answered = new Set<number>();
  socket.on("message", (message) => {
    if (answered.size === 0) process.stdout.write("open\n");
    answered.add(message.readUInt32BE(0));
  });
  const total = rate * seconds;
  let sent = 0;
  const start = performance.now();
  const timer = setInterval(() => {
    const due = Math.min(total, Math.floor(((performance.now() - start) / 1000) * rate));
    for (; sent < due; sent++) {
      const message = Buffer.alloc(64);
      message.writeUInt32BE(sent);
      socket.send(message, port, host);
    }
    if (sent < total) return;
    clearInterval(timer);
    setTimeout(() => {
      process.stdout.write(`${JSON.stringify({ sent, answered: answered.size } satisfies Counted)}\n`);
      socket.close();
    }, PATIENCE);
  }, 2);
}

const [what, ...rest] = process.argv.slice(2);
if (what === "serve") serve(Number(rest[0]));
else if (what === "send") send(rest[0] ?? "", Number(rest[1]), Number(rest[2]), Number(rest[3]));
