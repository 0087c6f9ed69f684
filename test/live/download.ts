/**
 * A program of the tests: downloads at a steady rate, many at once, each checked by its SHA-256.
 *
 *   node download.js serve PORT                          serves for ever; prints `ready`
 *   node download.js get HOST PORT COUNT SECONDS         prints `open` when all have begun, in the end a line of JSON
 *   node download.js ask HOST PORT RATE SECONDS          so many short requests a second; the same
 */
import { createHash } from "node:crypto";
import { connect, createServer, type Socket } from "node:net";

/** Bytes in each piece, and milliseconds from one to the next. */
const PIECE = 20_000;
const PACE = 100;
const PIECES_A_SECOND = 1000 / PACE;

/** What all of the downloads gave. */
export interface Downloads {
  readonly done: number;
  /** Ended before their time. */
  readonly broken: number;
  /** Whole, but with another SHA-256. */
  readonly wrong: number;
  /** The longest time in milliseconds in which nothing came on a connection. */
  readonly longestGap: number;
}

const pieceOf = (number: number): Buffer => Buffer.alloc(PIECE, createHash("sha256").update(String(number)).digest());

function serve(port: number): void {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (head: Buffer) => send(socket, Number(head.toString())));
  });
  server.listen(port, () => process.stdout.write("ready\n"));
}

function send(socket: Socket, pieces: number): void {
  if (pieces === 0) {
    socket.end("well\n");
    return;
  }
  let sent = 0;
  const timer = setInterval(() => {
    if (socket.writableNeedDrain) return;
    if (sent < pieces) socket.write(pieceOf(sent++));
    else socket.end(() => clearInterval(timer));
  }, PACE);
  socket.on("close", () => clearInterval(timer));
}

/** How long a download may hear nothing, in milliseconds, before it counts as broken. */
const DOWNLOAD_PATIENCE = 60_000;

interface Download {
  readonly bytes: number;
  readonly digest: string;
  readonly gap: number;
}

function get(host: string, port: number, pieces: number, begun: () => void): Promise<Download> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => socket.write(`${pieces}\n`));
    const hash = createHash("sha256");
    let bytes = 0;
    let last = 0;
    let gap = 0;
    const end = (): void => resolve({ bytes, digest: hash.digest("hex"), gap });
    socket.on("data", (piece: Buffer) => {
      const now = performance.now();
      if (bytes === 0) begun();
      else gap = Math.max(gap, now - last);
      last = now;
      bytes += piece.length;
      hash.update(piece);
    });
    socket.setTimeout(DOWNLOAD_PATIENCE, () => socket.destroy());
    socket.on("error", () => {});
    socket.on("close", end);
  });
}

async function getAll(host: string, port: number, count: number, seconds: number): Promise<void> {
  const pieces = seconds * PIECES_A_SECOND;
  const hash = createHash("sha256");
  for (let piece = 0; piece < pieces; piece++) hash.update(pieceOf(piece));
  const digest = hash.digest("hex");
  let open = 0;
  const begun = (): void => {
    if (++open === count) process.stdout.write("open\n");
  };
  const all = await Promise.all(Array.from({ length: count }, () => get(host, port, pieces, begun)));
  const whole = all.filter(({ bytes }) => bytes === pieces * PIECE);
  const result: Downloads = {
    done: whole.filter((one) => one.digest === digest).length,
    broken: count - whole.length,
    wrong: whole.filter((one) => one.digest !== digest).length,
    longestGap: Math.round(Math.max(...all.map(({ gap }) => gap))),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** What became of short requests. */
export interface Requests {
  readonly done: number;
  readonly reset: number;
  /** Nobody answered them; and why that was so, by the system's words, or how far they came in their time. */
  readonly lost: number;
  readonly why: Readonly<Record<string, number>>;
  /** The longest time in milliseconds that one took. */
  readonly slowest: number;
  /** The longest time in milliseconds in which no request was answered. */
  readonly outage: number;
}

/** How long a request may hear nothing, in milliseconds: what is sent again after an outage waits as long as it lasted, and answers do so, too. */
const REQUEST_PATIENCE = 60_000;

const why: Record<string, number> = {};
const because = (reason: string): void => {
  why[reason] = (why[reason] ?? 0) + 1;
};

type Answer = "done" | "reset" | "lost";

function ask(host: string, port: number): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => socket.write("0\n"));
    let answer = "";
    socket.setTimeout(REQUEST_PATIENCE, () => {
      because(socket.connecting ? "no connection" : "no answer");
      socket.destroy();
    });
    socket.on("data", (piece) => {
      answer += piece;
    });
    socket.on("error", ({ code = "" }: NodeJS.ErrnoException) => {
      because(code);
      resolve(code === "ECONNRESET" ? "reset" : "lost");
    });
    socket.on("close", () => resolve(answer === "well\n" ? "done" : "lost"));
  });
}

async function askAll(host: string, port: number, rate: number, seconds: number): Promise<void> {
  const asked: Promise<Answer>[] = [];
  let last = 0;
  let outage = 0;
  let slowest = 0;
  const start = performance.now();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const now = performance.now();
      const due = Math.min(rate * seconds, ((now - start) / 1000) * rate);
      for (; asked.length < due; ) asked.push(timed(ask(host, port)));
      if (now - start < seconds * 1000) return;
      clearInterval(timer);
      resolve();
    }, 5);
  });
  async function timed(asking: Promise<Answer>): Promise<Answer> {
    const begun = performance.now();
    const end = await asking;
    const now = performance.now();
    slowest = Math.max(slowest, now - begun);
    if (end === "done") {
      if (last === 0) process.stdout.write("open\n");
      else outage = Math.max(outage, now - last);
      last = now;
    }
    return end;
  }
  const ends = await Promise.all(asked);
  const count = (end: string): number => ends.filter((one) => one === end).length;
  const result: Requests = {
    done: count("done"),
    reset: count("reset"),
    lost: count("lost"),
    why,
    slowest: Math.round(slowest),
    outage: Math.round(outage),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

const [what, ...rest] = process.argv.slice(2);
if (what === "serve") serve(Number(rest[0]));
else if (what === "get") await getAll(rest[0] ?? "", Number(rest[1]), Number(rest[2]), Number(rest[3]));
else if (what === "ask") await askAll(rest[0] ?? "", Number(rest[1]), Number(rest[2]), Number(rest[3]));
