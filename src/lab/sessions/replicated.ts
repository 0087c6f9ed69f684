/** Sessions that every real server tells to all the others. */
import { createServer, request } from "node:http";
import { OwnSessions, type Sessions } from "./sessions.ts";

/** Where real servers talk to each other. */
export const REPLICATION_PORT = 8079;
/** A peer that does not answer holds up its neighbors no longer than this, in milliseconds. */
const PATIENCE = 300;

/**
 * A session is known to all peers before the client gets its answer, so that its next request may go to any of them. What
 * a dead peer missed it does not learn later: it starts anew.
 */
export class ReplicatedSessions implements Sessions {
  readonly #own = new OwnSessions();
  readonly #peers: readonly string[];

  /** `peers` are the addresses of the other real servers. */
  constructor(peers: readonly string[]) {
    this.#peers = peers;
  }

  count(id: string): Promise<number | undefined> {
    return this.#own.count(id);
  }

  async remember(id: string, count: number): Promise<void> {
    await this.#own.remember(id, count);
    await Promise.all(this.#peers.map((peer) => tell(peer, id, count)));
  }

  ready(): Promise<void> {
    const server = createServer((message, response) => {
      const [, id, count] = /^\/([\w-]+)\/(\d+)$/.exec(message.url ?? "") ?? [];
      const known = message.method === "PUT" && id !== undefined;
      if (known) this.#own.remember(id, Number(count));
      response.writeHead(known ? 204 : 404).end();
    });
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(REPLICATION_PORT, () => resolve());
    });
  }
}

/** Resolves when the peer knows, or does not answer. */
const tell = (peer: string, id: string, count: number): Promise<void> =>
  new Promise((resolve) => {
    const sent = request(
      { host: peer, port: REPLICATION_PORT, method: "PUT", path: `/${id}/${count}`, timeout: PATIENCE, agent: false },
      (response) => response.resume().once("close", resolve),
    );
    sent.once("timeout", () => sent.destroy());
    sent.once("error", () => resolve());
    sent.end();
  });
