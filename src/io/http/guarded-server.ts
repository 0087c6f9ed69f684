/**
 * HTTP servers that no client can end. Whatever goes wrong with a request stays with its connection: bytes that are no
 * HTTP, targets that are no URL, a client that leaves in the middle, and also a bug in what answers.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  LARGEST_HEADER,
  LONGEST_SILENCE,
  REQUESTS_PER_CONNECTION,
  TIME_FOR_HEADERS,
  TIME_FOR_REQUEST,
} from "./limits.ts";
import { withRoom } from "./room.ts";

/** A request that cannot be served; `status` is HTTP's, `message` for people. */
export class BadRequest extends Error {
  override readonly name = "BadRequest";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface HttpCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Of the target, as it was sent: nothing is decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** How often Node looks for requests that take too long. */
const CHECKING_INTERVAL = 1000;

/**
 * A server that does not listen yet. `answer` may throw BadRequest; other errors are bugs, are answered with 500 and told
 * by `tell`, as is what the system says of the listening socket.
 */
export function guardedServer(
  answer: (call: HttpCall) => void | Promise<void>,
  tell: (message: string) => void,
): Server {
  const options = {
    maxHeaderSize: LARGEST_HEADER,
    headersTimeout: TIME_FOR_HEADERS,
    requestTimeout: TIME_FOR_REQUEST,
    connectionsCheckingInterval: CHECKING_INTERVAL,
  };
  const server = createServer(options, (request, response) => {
    // Who has gone, or sends nonsense in the middle of a body, is heard of where the body is read.
    request.on("error", () => {});
    response.on("error", () => {});
    if (isRefused(request.socket)) return;
    // Else the connection of a served request would stay for more.
    response.shouldKeepAlive = false;
    guarded(answer, request, response).catch((error: unknown) => refuse(request, response, error, tell));
  });
  const isRefused = withRoom(server);
  server.maxRequestsPerSocket = REQUESTS_PER_CONNECTION;
  server.timeout = LONGEST_SILENCE;
  // As when the process has no descriptor left for one more connection.
  server.once("listening", () => server.on("error", (error) => tell(`listening: ${error.message}`)));
  return server;
}

async function guarded(
  answer: (call: HttpCall) => void | Promise<void>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await answer({ request, response, ...splitTarget(request.url ?? "/") });
}

/** A request target, also in its absolute form (RFC 9112 3.2.2). Unlike URL it takes any bytes: `//` is a path that there is not. */
export function splitTarget(target: string): { readonly path: string; readonly query: URLSearchParams } {
  const relative = target.replace(/^https?:\/\/[^/?]*/i, "");
  const mark = relative.indexOf("?");
  const path = mark < 0 ? relative : relative.slice(0, mark);
  return { path: path === "" ? "/" : path, query: new URLSearchParams(mark < 0 ? "" : relative.slice(mark)) };
}

/** A whole response. Its length goes along: a client of HTTP/1.0 would not notice otherwise that the end is missing. */
export function sendText(response: ServerResponse, status: number, contentType: string, text: string): void {
  response.writeHead(status, { "Content-Type": contentType, "Content-Length": Buffer.byteLength(text) });
  response.end(text);
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  tell: (message: string) => void,
): void {
  if (request.destroyed && !request.complete) return;
  const known = error instanceof BadRequest;
  if (!known) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    tell(`a bug, please report it: ${request.method} ${splitTarget(request.url ?? "/").path}: ${what}`);
  }
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const status = known ? error.status : 500;
  const text = `${JSON.stringify({ v: 1, error: known ? error.message : "a bug in tapvs: its log has more" })}\n`;
  const send = (): void => sendText(response, status, "application/json", text);
  if (request.complete) {
    send();
    return;
  }
  // Whoever is still sending would not read the answer but fail to write: the rest is taken and dropped, in the time that a request has.
  request.once("end", send);
  request.resume();
}
