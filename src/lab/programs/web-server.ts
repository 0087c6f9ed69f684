/**
 * The web server of a real server. Every answer is one line of JSON: which server it is, at which address it was reached,
 * and who asked.
 *
 *     GET  /            {"server":"rs1","address":"10.2.0.11:80","peer":"10.0.0.10:41200"}
 *     GET  /login       begins a session, kept in a cookie
 *     GET  /count       counts the requests of the session; 401 if this server does not know it
 *     GET  /bytes/N     N bytes
 *     POST /            takes whatever is sent, and says how many bytes came
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { parseArgs } from "node:util";
import { ReplicatedSessions } from "../sessions/replicated.ts";
import { OwnSessions, type Sessions } from "../sessions/sessions.ts";
import { StoredSessions } from "../sessions/store.ts";
import { announceReady } from "./ready.ts";

const { values: options } = parseArgs({
  options: {
    name: { type: "string", default: "web" },
    port: { type: "string", default: "80" },
    sessions: { type: "string", default: "memory" },
    peer: { type: "string", multiple: true, default: [] },
    store: { type: "string", default: "" },
    ipv6: { type: "boolean", default: false },
  },
});

const sessions: Sessions =
  options.sessions === "replicated"
    ? new ReplicatedSessions(options.peer)
    : options.sessions === "store"
      ? new StoredSessions(options.store)
      : new OwnSessions();

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const ANSWERS: Readonly<Record<string, Answer>> = {
  "/login": async (request, response) => {
    const id = randomUUID();
    await sessions.remember(id, 1);
    response.setHeader("Set-Cookie", `session=${id}; Path=/; HttpOnly`);
    reply(request, response, 200, { session: "new", count: 1 });
  },
  "/count": async (request, response) => {
    const [, id] = /\bsession=([\w-]+)/.exec(request.headers.cookie ?? "") ?? [];
    const before = id === undefined ? undefined : await sessions.count(id);
    if (id === undefined || before === undefined) return reply(request, response, 401, { session: "lost" });
    await sessions.remember(id, before + 1);
    reply(request, response, 200, { session: "kept", count: before + 1 });
  },
};

const server = createServer((request, response) => {
  answer(request, response).catch((error: Error) => reply(request, response, 500, { error: error.message }));
});
server.on("error", fail);
// Not Node's five seconds: a connection that nothing reaches for a while, because a director dies, is not the server's to close.
server.keepAliveTimeout = 60_000;

function fail(error: Error): never {
  process.stderr.write(`${options.name}: ${error.message}\n`);
  process.exit(1);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let received = 0;
  for await (const piece of request as AsyncIterable<Uint8Array>) received += piece.length;
  const path = request.url ?? "/";
  const special = ANSWERS[path];
  const [, size] = /^\/bytes\/(\d{1,9})$/.exec(path) ?? [];
  if (special !== undefined) await special(request, response);
  else if (size !== undefined) response.end(Buffer.alloc(Number(size), "x"));
  else reply(request, response, 200, request.method === "POST" ? { received } : {});
}

function reply({ socket }: IncomingMessage, response: ServerResponse, status: number, more: object): void {
  const address = `${socket.localAddress}:${socket.localPort}`;
  const peer = `${socket.remoteAddress}:${socket.remotePort}`;
  const line = `${JSON.stringify({ server: options.name, address, peer, ...more })}\n`;
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(line) });
  response.end(line);
}

await sessions.ready().catch(fail);
// Of one family, so that peers are not shown as ::ffff:10.0.0.10.
const host = options.ipv6 ? "::" : "0.0.0.0";
server.listen({ port: Number(options.port), host, ipv6Only: true }, announceReady);
