/**
 * Talks to a running director through its socket. `ipvsadm` must start fast, and Node's HTTP client takes longer to load than a
 * director to reply: so this is HTTP/1.0 (RFC 1945), one request a connection, over a plain socket.
 */
import { connect } from "node:net";
import { isSocketName } from "./socket-path.ts";

export interface ControlAnswer {
  readonly status: number;
  readonly text: string;
}

/** Nobody answers at the socket. `message` is the whole line for people. */
export class NoDirector extends Error {
  override readonly name = "NoDirector";
}

/** Milliseconds from one try to the next where there is no room for one more client, and how long it is tried. */
const PAUSE = 50;
const PATIENCE = 10_000;

/** Sends one request; a body goes out as JSON. Rejects with NoDirector. */
export function askDirector(
  socket: string,
  method: "GET" | "POST",
  path: string,
  body?: object,
): Promise<ControlAnswer> {
  if (!isSocketName(socket)) return Promise.reject(noDirector(socket, "that is too long for a socket's name"));
  return ask(socket, requestOf(method, path, body), PATIENCE);
}

function ask(socket: string, request: string, patience: number): Promise<ControlAnswer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let failure: NodeJS.ErrnoException | undefined;
    const connection = connect(socket);
    connection.on("data", (piece) => pieces.push(piece));
    connection.on("error", (error) => {
      failure = error;
    });
    // Also after an error: a director that refuses a request has replied before it closes.
    connection.on("close", () => {
      // A director that is held up lets nobody in for a while (unix(7): EAGAIN): nothing of the request has gone out.
      if (failure?.code === "EAGAIN") {
        if (patience > 0) setTimeout(() => resolve(ask(socket, request, patience - PAUSE)), PAUSE);
        else reject(new NoDirector(`the director at ${socket} is stopped, or held up: it has let nobody in for 10 s`));
        return;
      }
      const answer = answerOf(Buffer.concat(pieces));
      if (typeof answer === "object" && answer.later && patience > 0)
        setTimeout(() => resolve(ask(socket, request, patience - PAUSE)), PAUSE);
      else if (typeof answer === "object") resolve({ status: answer.status, text: answer.text });
      else reject(noDirector(socket, failure === undefined ? answer : reasonOf(failure)));
    });
    connection.write(request);
  });
}

function requestOf(method: string, path: string, body: object | undefined): string {
  if (body === undefined) return `${method} ${path} HTTP/1.0\r\n\r\n`;
  const text = JSON.stringify(body);
  const length = Buffer.byteLength(text);
  return `${method} ${path} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${text}`;
}

const HEAD_END = "\r\n\r\n";

/** What was received, if it is a whole response, and whether the same request may go well later; else what it is. */
function answerOf(bytes: Buffer): (ControlAnswer & { readonly later: boolean }) | string {
  const headEnd = bytes.indexOf(HEAD_END);
  const head = bytes.toString("latin1", 0, headEnd < 0 ? bytes.length : headEnd);
  const body = bytes.subarray(headEnd + HEAD_END.length);
  const status = /^HTTP\/1\.\d (\d{3})/.exec(head)?.[1];
  const length = /^content-length: *(\d+)/im.exec(head)?.[1] ?? 0;
  if (head !== "" && status === undefined) return "what listens there does not speak HTTP";
  if (headEnd < 0 || body.length < Number(length)) return "the connection ended before the reply did";
  return { status: Number(status), text: body.toString(), later: status === "503" && /^retry-after:/im.test(head) };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such socket",
  ECONNREFUSED: "nobody listens there",
  EACCES: "you may not use it (it belongs to its director's user and group)",
};

const reasonOf = ({ code = "", message }: NodeJS.ErrnoException): string => REASONS[code] ?? message;

const noDirector = (socket: string, why: string): NoDirector =>
  new NoDirector(`no director is running at ${socket}: ${why}`);
