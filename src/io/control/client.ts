/** Talks to a running director through its socket. Imports little, because `ipvsadm` must start fast. */
import { request } from "node:http";
import { isSocketName } from "./socket-path.ts";

export interface ControlAnswer {
  readonly status: number;
  readonly text: string;
}

/** Nobody answers at the socket. `message` is the whole line for people. */
export class NoDirector extends Error {
  override readonly name = "NoDirector";
}

/** Sends one request; a body goes out as JSON. Rejects with NoDirector. */
export function askDirector(
  socket: string,
  method: "GET" | "POST",
  path: string,
  body?: object,
): Promise<ControlAnswer> {
  if (!isSocketName(socket)) return Promise.reject(new NoDirector(noName(socket)));
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void => reject(noDirector(socket, error));
    const sent = request({ socketPath: socket, method, path, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        text += piece;
      });
      response.on("error", refuse);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on("error", refuse);
    if (body !== undefined) sent.setHeader("Content-Type", "application/json");
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Hands over each line of a stream as it comes; resolves when the director ends it. */
export function followDirector(socket: string, path: string, take: (line: string) => void): Promise<ControlAnswer> {
  if (!isSocketName(socket)) return Promise.reject(new NoDirector(noName(socket)));
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: socket, method: "GET", path, agent: false }, (response) => {
      const status = response.statusCode ?? 0;
      let rest = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        const lines = `${rest}${piece}`.split("\n");
        rest = lines.pop() ?? "";
        if (status === 200) for (const line of lines) take(line);
        else rest = [...lines, rest].join("\n");
      });
      response.on("error", (error) => reject(noDirector(socket, error)));
      response.on("end", () => resolve({ status, text: rest }));
    });
    sent.on("error", (error) => reject(noDirector(socket, error)));
    sent.end();
  });
}

const noName = (socket: string): string => `no director is running at ${socket}: that is too long for a socket's name`;

function noDirector(socket: string, error: NodeJS.ErrnoException): NoDirector {
  const why =
    error.code === "ENOENT"
      ? "there is no such socket"
      : error.code === "ECONNREFUSED"
        ? "nobody listens there"
        : error.code === "EACCES"
          ? "you may not use it (it belongs to its director's user and group)"
          : error.message;
  return new NoDirector(`no director is running at ${socket}: ${why}`);
}
