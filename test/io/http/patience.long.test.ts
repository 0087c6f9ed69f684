/** How long a server waits for a client that does not go on. */
import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect } from "chai";
import { type Routes, serveControl } from "../../../src/io/control/server.ts";
import { LONGEST_SILENCE, TIME_FOR_HEADERS, TIME_FOR_REQUEST } from "../../../src/io/http/limits.ts";
import { unexpected } from "../../support/unexpected.ts";

/** Node looks once a second, and a busy machine later. */
const LATE = 10_000;

describe("the patience of a control socket", function () {
  this.timeout(2 * LONGEST_SILENCE + 3 * LATE);
  const folder = mkdtempSync(join(tmpdir(), "tapvs-patience-"));
  const path = join(folder, "a.sock");
  const routes: Routes = {
    "GET /v1/large": () => ({ kind: "text", text: "x".repeat(64 * 1024 * 1024) }),
    "GET /v1/trace": () => ({ kind: "stream", start: () => () => {} }),
  };
  let server: Server;

  before(async () => {
    server = await serveControl(path, routes, unexpected);
  });

  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  /** Sends a text and stays; resolves to what came back and after how many milliseconds the connection was closed. */
  function stay(text: string): Promise<{ readonly answer: string; readonly after: number }> {
    return new Promise((resolve) => {
      const since = Date.now();
      let answer = "";
      const socket = connect(path, () => socket.write(text));
      socket.setEncoding("utf8");
      socket.on("error", () => {});
      socket.on("data", (piece: string) => {
        answer += piece;
      });
      socket.on("close", () => resolve({ answer, after: Date.now() - since }));
    });
  }

  /** Whoever does not read does not hear of the end: the server is asked. */
  const connections = (): Promise<number> =>
    new Promise((resolve) => void server.getConnections((_, count) => resolve(count)));

  it("ends with the time for headers, for a request, and for silence, but a stream may be silent", async () => {
    const stream = connect(path, () => stream.write("GET /v1/trace HTTP/1.1\r\nHost: a\r\n\r\n"));
    let ended = false;
    stream.on("close", () => {
      ended = true;
    });
    stream.resume();
    const deaf = connect(path, () => deaf.write("GET /v1/large HTTP/1.1\r\nHost: a\r\n\r\n"));
    deaf.on("error", () => {});
    const since = Date.now();
    const [nothing, headers, body] = await Promise.all([
      stay(""),
      stay("GET /v1/large HTTP/1.1\r\nHo"),
      stay("POST /v1/large HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n{"),
    ]);
    for (const { answer } of [nothing, headers, body]) expect(answer).match(/^HTTP\/1\.1 408 /);
    for (const { after } of [nothing, headers]) expect(after).within(TIME_FOR_HEADERS - 100, TIME_FOR_HEADERS + LATE);
    expect(body.after).within(TIME_FOR_REQUEST - 100, TIME_FOR_REQUEST + LATE);
    while ((await connections()) > 1) await wait(500);
    // What went out since Node last looked counts as no silence.
    expect(Date.now() - since).within(LONGEST_SILENCE - 100, 2 * LONGEST_SILENCE + LATE);
    expect(ended).equals(false);
    stream.destroy();
  });
});
