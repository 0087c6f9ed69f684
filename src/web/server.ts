/** Serves the page, and what a running director says of itself: reading only, and only to those who ask for this very host. */
import { request, type Server, type ServerResponse } from "node:http";
import { BadRequest, guardedServer, type HttpCall } from "../io/http/guarded-server.ts";

export interface PageServerOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** The page as it was built. */
  readonly page: string;
  /** The director to be shown; `name` is its own. */
  readonly director?: { readonly name: string; readonly socket: string };
}

/** Paths of the director that are passed on: nothing that changes anything. */
const DIRECTOR_PATHS = new Set(["/v1/status", "/v1/services", "/v1/connections", "/v1/statistics", "/v1/trace"]);

const HEADERS = {
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
};

/** Listens; resolves when it does, rejects with the system's error when it cannot. `tell` hears of what only a bug can bring about. */
export function servePage(options: PageServerOptions, tell: (message: string) => void): Promise<Server> {
  const page = withDirector(options.page, options.director?.name ?? "");
  const server = guardedServer((call) => answer(call, page, options), tell);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => resolve(server));
  });
}

/** The page with the director's name, by which it knows that there is one. */
export function withDirector(page: string, name: string): string {
  if (name === "") return page;
  const escaped = name.replace(/[^\w.-]/g, (letter) => `&#${letter.codePointAt(0)};`);
  return page.replace("<html", () => `<html data-director="${escaped}"`);
}

function answer(call: HttpCall, page: string, { host, director }: PageServerOptions): void {
  const { request: asked, response, path, query } = call;
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  // The page alone may stand in other pages; one that shows a running director may not.
  if (director !== undefined) response.setHeader("X-Frame-Options", "DENY");
  if (!isAskedFor(asked.headers.host ?? "", host)) throw new BadRequest(403, "this is not the host that was asked for");
  if (asked.method !== "GET") throw new BadRequest(405, "only GET");
  if (path === "/") {
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
    response.end(page);
    return;
  }
  if (director === undefined || !DIRECTOR_PATHS.has(path)) throw new BadRequest(404, `no such path: ${path}`);
  passOn(`${path}?${query}`, response, director.socket);
}

/** By a name that somebody else made point here, other people's pages could read ours (DNS rebinding): names must be addresses, or the local one. */
function isAskedFor(header: string, host: string): boolean {
  const name = header.replace(/:\d+$/, "");
  return (
    name === "localhost" ||
    name === host ||
    name === `[${host}]` ||
    /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]+\])$/i.test(name)
  );
}

/** The director's answer as it comes, streams too. Whoever has gone is not streamed to. */
function passOn(path: string, response: ServerResponse, socket: string): void {
  const sent = request({ socketPath: socket, method: "GET", path, agent: false }, (answered) => {
    const type = answered.headers["content-type"] ?? "application/json";
    response.writeHead(answered.statusCode ?? 502, { "Content-Type": type });
    response.flushHeaders();
    // It may have nothing to say for hours.
    if (path.startsWith("/v1/trace")) response.socket?.setTimeout(0);
    answered.on("error", () => response.destroy());
    answered.pipe(response);
  });
  sent.on("error", () => {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.writeHead(502, { "Content-Type": "application/json" });
    response.end(`${JSON.stringify({ v: 1, error: "no director is running at its socket" })}\n`);
  });
  response.on("close", () => sent.destroy());
  sent.end();
}
