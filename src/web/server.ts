/** Serves the page, and what a running director says of itself: reading only, and only to those who ask for this very host. */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";

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
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
};

/** Listens; resolves when it does, rejects with the system's error when it cannot. */
export function servePage(options: PageServerOptions): Promise<Server> {
  const page = withDirector(options.page, options.director?.name ?? "");
  const server = createServer((call, response) => answer(call, response, page, options));
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

function answer(
  call: IncomingMessage,
  response: ServerResponse,
  page: string,
  { host, director }: PageServerOptions,
): void {
  const url = new URL(call.url ?? "/", "http://page");
  if (!isAskedFor(call.headers.host ?? "", host)) refuse(response, 403, "this is not the host that was asked for");
  else if (call.method !== "GET") refuse(response, 405, "only GET");
  else if (url.pathname === "/") {
    response.writeHead(200, { ...HEADERS, "Content-Type": "text/html; charset=utf-8" });
    response.end(page);
  } else if (director !== undefined && DIRECTOR_PATHS.has(url.pathname)) passOn(url, response, director.socket);
  else refuse(response, 404, `no such path: ${url.pathname}`);
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

function refuse(response: ServerResponse, status: number, error: string): void {
  response.writeHead(status, { ...HEADERS, "Content-Type": "application/json" });
  response.end(`${JSON.stringify({ v: 1, error })}\n`);
}

/** The director's answer as it comes, streams too. Whoever has gone is not streamed to. */
function passOn(url: URL, response: ServerResponse, socket: string): void {
  const sent = request(
    { socketPath: socket, method: "GET", path: `${url.pathname}${url.search}`, agent: false },
    (answered) => {
      const type = answered.headers["content-type"] ?? "application/json";
      response.writeHead(answered.statusCode ?? 502, { ...HEADERS, "Content-Type": type });
      response.flushHeaders();
      answered.on("error", () => response.destroy());
      answered.pipe(response);
    },
  );
  sent.on("error", () => {
    if (response.headersSent) response.destroy();
    else refuse(response, 502, "no director is running at its socket");
  });
  response.on("close", () => sent.destroy());
  sent.end();
}
