/** Clients for whom a server has no room: each is told so, at once and without its request being read, and then has to go. */
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { MOST_CONNECTIONS, MOST_REFUSED, TIME_TO_GO } from "./limits.ts";

const TEXT = `${JSON.stringify({ v: 1, error: `${MOST_CONNECTIONS} connections are open: no more at once, try again` })}\n`;
/** With it a client knows that the same request may go well in a moment. */
const ANSWER = [
  "HTTP/1.1 503 Service Unavailable",
  "Retry-After: 1",
  "Connection: close",
  "Content-Type: application/json",
  `Content-Length: ${TEXT.length}`,
  "",
  TEXT,
].join("\r\n");

/** Lets a server have so many connections at once; what is returned tells whether a connection was refused, and its requests are nobody's. */
export function withRoom(server: Server): (socket: Socket) => boolean {
  const refused = new WeakSet<Socket>();
  let open = 0;
  // Beyond these nobody can be told.
  server.maxConnections = MOST_CONNECTIONS + MOST_REFUSED;
  server.on("connection", (socket: Socket) => {
    if (open >= MOST_CONNECTIONS) {
      refused.add(socket);
      refuse(socket);
      return;
    }
    open++;
    socket.once("close", () => open--);
  });
  return (socket) => refused.has(socket);
}

/** It is closed by the client, which may still be sending: what closes first would take the answer away from it. */
function refuse(socket: Socket): void {
  socket.on("error", () => {});
  socket.end(ANSWER);
  const timer = setTimeout(() => socket.destroy(), TIME_TO_GO);
  socket.once("close", () => clearTimeout(timer));
}
