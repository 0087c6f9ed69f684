/** The control interface: HTTP over a Unix socket, JSON unless a path says otherwise. See docs/live.md for its paths. */
import { chmodSync } from "node:fs";
import type { Server, ServerResponse } from "node:http";
import { Bodies } from "../http/bodies.ts";
import { BadRequest, guardedServer, type HttpCall, sendText } from "../http/guarded-server.ts";
import { MOST_STREAMS, UNREAD_OF_STREAM } from "../http/limits.ts";

/** Takes a line of a stream; false if it was left out, because the client does not read as fast. */
export type WriteLine = (line: string) => boolean;

/** What a path answers with; what `start` of a stream returns is called when the client has gone. */
export type Reply =
  | { readonly kind: "json"; readonly value: object; readonly status?: number }
  | { readonly kind: "text"; readonly text: string; readonly contentType?: string }
  | { readonly kind: "stream"; readonly start: (write: WriteLine) => () => void };

export interface ControlCall {
  readonly query: URLSearchParams;
  /** The parsed body; an empty object if there is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** Paths by method and name, `GET /v1/status`. */
export type Routes = Readonly<Record<string, (call: ControlCall) => Reply | Promise<Reply>>>;

/** Owner and group may talk to the director. */
const SOCKET_MODE = 0o660;

/** Listens on the socket, which must not exist; resolves when it does. `tell` hears of what only a bug can bring about. */
export function serveControl(path: string, routes: Routes, tell: (message: string) => void): Promise<Server> {
  const bodies = new Bodies();
  const streams = new Streams();
  const server = guardedServer((call) => {
    const route = routeOf(routes, call);
    return bodies.use(call.request, async (text) => {
      send(call.response, await route({ query: call.query, body: parsed(text) }), streams);
    });
  }, tell);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    // The umask keeps others out until the mode is set.
    const umask = process.umask(0o177);
    server.listen(path, () => {
      server.off("error", reject);
      try {
        chmodSync(path, SOCKET_MODE);
        resolve(server);
      } catch (error) {
        server.close();
        reject(error);
      }
    });
    process.umask(umask);
  });
}

function routeOf(routes: Routes, { request, path }: HttpCall): Routes[string] {
  const route = routes[`${request.method} ${path}`];
  if (route !== undefined) return route;
  const known = Object.keys(routes).some((name) => name.endsWith(` ${path}`));
  throw new BadRequest(known ? 405 : 404, known ? "method not allowed" : `no such path: ${path}`);
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  if (text === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadRequest(400, "the body is no JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BadRequest(400, "the body is no object");
  }
  return value as Readonly<Record<string, unknown>>;
}

function send(response: ServerResponse, reply: Reply, streams: Streams): void {
  switch (reply.kind) {
    case "json":
      sendText(response, reply.status ?? 200, "application/json", `${JSON.stringify(reply.value)}\n`);
      return;
    case "text":
      sendText(response, 200, reply.contentType ?? "text/plain; charset=utf-8", reply.text);
      return;
    case "stream":
      streams.begin(response, reply.start);
  }
}

/** The streams that are open. */
class Streams {
  #open = 0;

  begin(response: ServerResponse, start: (write: WriteLine) => () => void): void {
    if (response.destroyed) return;
    if (this.#open >= MOST_STREAMS) throw new BadRequest(503, `${MOST_STREAMS} streams are open: no more at once`);
    this.#open++;
    response.writeHead(200, { "Content-Type": "application/x-ndjson" });
    response.flushHeaders();
    // There may be nothing to say for hours.
    response.socket?.setTimeout(0);
    const end = start((line) => {
      if (response.writableLength > UNREAD_OF_STREAM) return false;
      response.write(`${line}\n`);
      return true;
    });
    response.on("close", () => {
      this.#open--;
      end();
    });
  }
}
