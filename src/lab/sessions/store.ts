/** Sessions in a session server that all real servers share. */
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { encodeCommand, type Reply, ReplyReader } from "./resp.ts";
import type { Sessions } from "./sessions.ts";

/** Seconds after which the store forgets a session that nobody used. */
const SESSION_SECONDS = 1800;
/** The store may start after the web servers. */
const TRIES = 100;
const PAUSE = 50;

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

export class StoredSessions implements Sessions {
  readonly #host: string;
  readonly #port: number;
  #connection: StoreConnection | undefined;

  /** `store` is `ADDRESS:PORT`. */
  constructor(store: string) {
    const [host = "", port] = store.split(":");
    this.#host = host;
    this.#port = Number(port);
  }

  async count(id: string): Promise<number | undefined> {
    const reply = await this.#ask("GET", keyOf(id));
    return reply.kind === "text" ? Number(reply.text) : undefined;
  }

  async remember(id: string, count: number): Promise<void> {
    await this.#ask("SET", keyOf(id), `${count}`, "EX", `${SESSION_SECONDS}`);
  }

  async ready(): Promise<void> {
    for (let left = TRIES; ; left--) {
      try {
        await this.#ask("PING");
        return;
      } catch (error) {
        if (left === 0) throw error;
        await sleep(PAUSE);
      }
    }
  }

  async #ask(...words: readonly string[]): Promise<Reply> {
    if (this.#connection === undefined || this.#connection.failed) {
      this.#connection = new StoreConnection(connect(this.#port, this.#host));
    }
    const reply = await this.#connection.ask(words);
    if (reply.kind === "error") throw new Error(`the session server refused ${words[0]}: ${reply.message}`);
    return reply;
  }
}

const keyOf = (id: string): string => `session:${id}`;

/** One connection; replies come in the order of the commands. */
class StoreConnection {
  failed = false;
  readonly #socket: Socket;
  readonly #reader = new ReplyReader();
  readonly #waiting: Waiting[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (piece) => this.#take(piece));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the session server has hung up")));
  }

  ask(words: readonly string[]): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#socket.write(encodeCommand(...words));
    });
  }

  #take(piece: Uint8Array): void {
    try {
      for (const reply of this.#reader.read(piece)) this.#waiting.shift()?.resolve(reply);
    } catch (error) {
      this.#socket.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #fail(error: Error): void {
    this.failed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
