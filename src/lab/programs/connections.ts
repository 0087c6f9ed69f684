/**
 * Many connections to a web server that stay open: each asks again every second. Prints `open` when all have had their first answer; at
 * the end of its standard input it sees each answered once more, and prints what became of them, a line of JSON (HeldConnections).
 *
 *     node connections.js ADDRESS PORT COUNT SOURCE...        from these addresses in turn
 */
import { connect, type Socket } from "node:net";
import type { HeldConnections } from "../held-connections.ts";

/** Milliseconds from an answer to the next request; and how long one may take. */
const PACE = 1000;
const PATIENCE = 6000;

const [address = "", port = "", count = "", ...sources] = process.argv.slice(2);
const REQUEST = `GET / HTTP/1.1\r\nHost: ${address}\r\n\r\n`;

type End = "reset" | "closed" | "silent";

class HeldConnection {
  /** Why it is no more. */
  end: End | undefined;
  server = "";
  /** Resolves at the first answer, or when it breaks. */
  readonly begun: Promise<void>;
  readonly #socket: Socket;
  #answered: () => void = () => {};
  #asking: NodeJS.Timeout | undefined;

  constructor(localAddress: string | undefined) {
    this.#socket = connect({ host: address, port: Number(port), ...(localAddress && { localAddress }) });
    this.begun = this.#nextAnswer();
    this.#socket.once("connect", () => this.#ask());
    this.#socket.on("data", (piece) => {
      this.server = /"server":"(\w+)"/.exec(piece.toString())?.[1] ?? this.server;
      this.#answered();
      this.#asking = setTimeout(() => this.#ask(), PACE);
    });
    this.#socket.setTimeout(PATIENCE, () => this.#break("silent"));
    this.#socket.on("error", () => this.#break("reset"));
    this.#socket.on("close", () => this.#break("closed"));
  }

  #nextAnswer(): Promise<void> {
    return new Promise((resolve) => {
      this.#answered = resolve;
    });
  }

  #ask(): void {
    if (this.end === undefined) this.#socket.write(REQUEST);
  }

  #break(how: End): void {
    this.end ??= how;
    clearTimeout(this.#asking);
    this.#socket.destroy();
    this.#answered();
  }

  /** Resolves at the next answer, or when it breaks. */
  async answersAgain(): Promise<void> {
    if (this.end === undefined) await this.#nextAnswer();
  }
}

const all = Array.from({ length: Number(count) }, (_, index) => new HeldConnection(sources[index % sources.length]));
await Promise.all(all.map(({ begun }) => begun));
const early = all.filter(({ end }) => end !== undefined).length;
process.stdout.write("open\n");
process.stdin.resume().once("end", async () => {
  await Promise.all(all.map((one) => one.answersAgain()));
  // One that was lost in the meantime, too: what is answered now was asked after the beginning.
  await Promise.all(all.map((one) => one.answersAgain()));
  const ended = (how: End): number => all.filter(({ end }) => end === how).length;
  const result: HeldConnections = {
    connections: all.length,
    reset: ended("reset"),
    closed: ended("closed"),
    silent: ended("silent"),
    early,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
});
