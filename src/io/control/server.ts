/** The control interface: HTTP over a Unix socket, JSON unless a path says otherwise. See docs/live.md for its paths. */
import { chmodSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

/** What a path answers with; `end` of a stream is called when the client has gone. */
export type Reply =
  | { readonly kind: "json"; readonly value: object; readonly status?: number }
  | { readonly kind: "text"; readonly text: string; readonly contentType?: string }
  | { readonly kind: "stream"; readonly start: (write: (line: string) => boolean) => () => void };

/** A request that cannot be served; `status` is HTTP's. */
export class BadRequest extends Error {
  override readonly name = "BadRequest";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface ControlCall {
  readonly query: URLSearchParams;
  /** The parsed body; an empty object if there is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** Paths by method and name, `GET /v1/status`. */
export type Routes = Readonly<Record<string, (call: ControlCall) => Reply | Promise<Reply>>>;

/** A larger body is refused: a hundred thousand rules fit. */
const LARGEST_BODY = 16 * 1024 * 1024;
/** Owner and group may talk to the director. */
const SOCKET_MODE = 0o660;

/** Listens on the socket, which must not exist; resolves when it does. */
export function serveControl(path: string, routes: Routes): Promise<Server> {
  const server = createServer((request, response) => {
    answer(routes, request, response).catch((error: unknown) => refuse(response, error));
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    // The umask keeps others out until the mode is set.
    const umask = process.umask(0o177);
    server.listen(path, () => {
      chmodSync(path, SOCKET_MODE);
      resolve(server);
    });
    process.umask(umask);
  });
}

async function answer(routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://director");
  const route = routes[`${request.method} ${url.pathname}`];
  if (route === undefined) {
    const known = Object.keys(routes).some((name) => name.endsWith(` ${url.pathname}`));
    throw new BadRequest(known ? 405 : 404, known ? "method not allowed" : `no such path: ${url.pathname}`);
  }
  const reply = await route({ query: url.searchParams, body: await bodyOf(request) });
  switch (reply.kind) {
    case "json":
      response.writeHead(reply.status ?? 200, { "Content-Type": "application/json" });
      response.end(`${JSON.stringify(reply.value)}\n`);
      return;
    case "text":
      response.writeHead(200, { "Content-Type": reply.contentType ?? "text/plain; charset=utf-8" });
      response.end(reply.text);
      return;
    case "stream":
      stream(response, reply.start);
  }
}

function stream(response: ServerResponse, start: (write: (line: string) => boolean) => () => void): void {
  response.writeHead(200, { "Content-Type": "application/x-ndjson" });
  response.flushHeaders();
  const end = start((line) => response.write(`${line}\n`));
  response.on("close", end);
}

async function bodyOf(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  let text = "";
  request.setEncoding("utf8");
  for await (const piece of request as AsyncIterable<string>) {
    text += piece;
    if (text.length > LARGEST_BODY) throw new BadRequest(413, "the body is too large");
  }
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

function refuse(response: ServerResponse, error: unknown): void {
  if (!(error instanceof BadRequest)) throw error;
  response.writeHead(error.status, { "Content-Type": "application/json" });
  response.end(`${JSON.stringify({ v: 1, error: error.message })}\n`);
}
