/** Requests as no client that means well sends them: mutated, cut off, left in every way that there is to leave. */
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { type Dice, diceOf, pick } from "../core/properties/random.ts";

/** A whole request, before anything is done to it. */
const SOUND = [
  "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "GET /v1/services?x=%41 HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n",
  "GET /v1/trace?filter=tcp+port+80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "GET http://localhost/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "GET // HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
  'POST /v1/ipvsadm HTTP/1.1\r\nHost: localhost\r\nContent-Length: 17\r\n\r\n{"words":["-Ln"]}',
  'POST /v1/ipvsadm HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 17\r\n\r\n{"words":["-Ln"]}',
  'POST /v1/sysctl HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"nam\r\n7\r\ne":"x"}\r\n0\r\n\r\n',
  "POST /v1/ipvsadm HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n{",
] as const;

/** Texts that parsers stumble over. */
const STUMBLES = [
  "//",
  "///x",
  "/\\",
  "http://",
  "http://[",
  "?",
  "%",
  "%zz",
  "#",
  "*",
  "\0",
  "\r\n",
  "\r\n\r\n",
  "\n",
  " ",
  "\u00ff",
  "__proto__",
  "Content-Length: -1\r\n",
  "Content-Length: 5\r\n",
  "Transfer-Encoding: chunked\r\n",
  "ffffffffffffffff\r\n",
  "Host: [::1\r\n",
  '{"words":',
  "[[[[[[[[",
  "x".repeat(20_000),
] as const;

/** A sound request after up to four changes of bytes, or cut off, or both. */
export function mutatedRequest(dice: Dice): Buffer {
  let bytes: Buffer = Buffer.from(pick(dice, SOUND), "latin1");
  for (let changes = dice(5); changes > 0; changes--) bytes = changed(bytes, dice);
  return dice(3) === 0 ? bytes.subarray(0, dice(bytes.length + 1)) : bytes;
}

function changed(bytes: Buffer, dice: Dice): Buffer {
  const at = dice(bytes.length + 1);
  const to = Math.min(bytes.length, at + dice(16));
  switch (dice(4)) {
    case 0:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([dice(256)]), bytes.subarray(at + 1)]);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]);
    default:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(pick(dice, STUMBLES), "latin1"), bytes.subarray(at)]);
  }
}

/** So many connections at once. */
const AT_ONCE = 32;
/** Whoever waits for an answer waits no longer, in milliseconds: many of these requests have none. */
const PATIENCE = 20;

/** Sends so many mutated requests, each on a connection of its own, and leaves in one of four ways. */
export async function sendMutated(to: NetConnectOpts, count: number, seed: number): Promise<void> {
  const dice = diceOf(seed);
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await sendOne(to, mutatedRequest(dice), dice(4), dice(1000));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function sendOne(to: NetConnectOpts, bytes: Buffer, way: number, cut: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(to);
    socket.on("error", () => {});
    socket.on("close", () => resolve());
    socket.resume();
    // In two pieces, so that parsers are left in the middle.
    const middle = Math.floor((bytes.length * cut) / 1000);
    socket.write(bytes.subarray(0, middle));
    socket.write(bytes.subarray(middle), () => leave(socket, "path" in to && way === 0 ? 1 : way));
  });
}

/** By a reset, which a Unix socket has not, by closing both directions at once, by closing one's own, or by waiting. */
function leave(socket: Socket, way: number): void {
  if (way === 0) socket.resetAndDestroy();
  else if (way === 1) socket.destroy();
  else {
    if (way === 2) socket.end();
    setTimeout(() => socket.destroy(), PATIENCE);
  }
}
