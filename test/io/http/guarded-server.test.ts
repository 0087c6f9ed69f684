import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect } from "chai";
import { askDirector } from "../../../src/io/control/client.ts";
import { type Routes, serveControl, type WriteLine } from "../../../src/io/control/server.ts";
import { splitTarget } from "../../../src/io/http/guarded-server.ts";
import {
  ALL_BODIES,
  LARGEST_BODY,
  LARGEST_HEADER,
  MOST_CONNECTIONS,
  MOST_STREAMS,
} from "../../../src/io/http/limits.ts";
import { followDirector } from "../../support/follow.ts";
import { sendMutated } from "../../support/raw-requests.ts";

describe("a control socket", function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), "tapvs-guard-"));
  const path = join(folder, "a.sock");
  const told: string[] = [];
  const writers: WriteLine[] = [];
  let streams = 0;
  const routes: Routes = {
    "GET /v1/status": () => ({ kind: "json", value: { v: 1 } }),
    "GET /v1/broken": () => {
      throw new TypeError("of nothing");
    },
    "GET /v1/trace": () => ({
      kind: "stream",
      start: (write) => {
        streams++;
        writers.push(write);
        return () => {
          streams--;
        };
      },
    }),
    "POST /v1/ipvsadm": ({ body }) => ({ kind: "json", value: { body } }),
  };
  let server: Server;

  before(async () => {
    server = await serveControl(path, routes, (message) => told.push(message));
  });

  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  const isAlive = async (): Promise<void> => {
    expect((await askDirector(path, "GET", "/v1/status")).status).equals(200);
  };

  /** Sends bytes and resolves to all that comes back. */
  function exchange(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = "";
      const socket = connect(path, () => socket.write(text));
      socket.setEncoding("utf8");
      socket.on("data", (piece: string) => {
        answer += piece;
      });
      socket.on("error", reject);
      socket.on("close", () => resolve(answer));
    });
  }

  /** Sends the beginning of a body and stays. */
  function begin(length: number, body: Buffer): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect(path, () => {
        socket.write(`POST /v1/ipvsadm HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`);
        socket.write(body, () => resolve(socket));
      });
      socket.on("error", reject);
    });
  }

  /** A client that connects, and does not mind being cut off. */
  function stay(): Socket {
    return connect(path).on("error", () => {});
  }

  it("takes any bytes for a target", () => {
    for (const [target, wanted] of [
      ["//", "//"],
      ["http://director/v1/status?a=b", "/v1/status"],
      ["http://director?a=b", "/"],
      ["*", "*"],
      ["?x", "/"],
    ] as const)
      expect(splitTarget(target).path, target).equals(wanted);
    expect([...splitTarget("/a?b=%zz&c=1+2").query]).deep.equals([
      ["b", "%zz"],
      ["c", "1 2"],
    ]);
  });

  it("answers a target that is no URL with 404, and goes on", async () => {
    for (const target of ["//", "///", "/\\", "*", "http://["])
      expect(await exchange(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`), target).match(/^HTTP\/1\.1 404 /);
    await isAlive();
  });

  it("goes on when a client leaves in the middle of a body", async () => {
    const socket = await begin(100, Buffer.from("{"));
    socket.destroy();
    await isAlive();
    expect(told).deep.equals([]);
  });

  it("outlives 10000 mutated and cut-off requests, and none of them is a bug", async () => {
    await sendMutated({ path }, 10_000, 20_261_128);
    await isAlive();
    expect(told).deep.equals([]);
    for (let tries = 0; streams > 0 && tries < 100; tries++) await wait(10);
    expect(streams).equals(0);
  });

  it("answers a bug with 500, and tells where it is", async () => {
    const { status, text } = await askDirector(path, "GET", "/v1/broken");
    expect([status, JSON.parse(text)]).deep.equals([500, { v: 1, error: "a bug in tapvs: its log has more" }]);
    expect(told.splice(0).join())
      .match(/^a bug, please report it: GET \/v1\/broken: TypeError: of nothing\n/)
      .and.contains("guarded-server.test");
  });

  it("refuses a body that is too large, and says so to a client that sends all of it", async () => {
    const body = { words: ["x".repeat(LARGEST_BODY)] };
    const { status, text } = await askDirector(path, "POST", "/v1/ipvsadm", body);
    expect([status, text]).deep.equals([413, '{"v":1,"error":"the body is too large"}\n']);
    const fits = { words: ["x".repeat(LARGEST_BODY - 100)] };
    expect((await askDirector(path, "POST", "/v1/ipvsadm", fits)).status).equals(200);
  });

  it("holds no more of all bodies together than it says, and has room again when their clients are gone", async () => {
    const memory = process.memoryUsage().arrayBuffers;
    const part = Buffer.alloc(LARGEST_BODY / 2 + 1, " ");
    const held = await Promise.all(Array.from({ length: 20 }, () => begin(LARGEST_BODY, part)));
    for (let tries = 0; (await askDirector(path, "POST", "/v1/ipvsadm", {})).status === 200 && tries < 200; tries++)
      await wait(10);
    const { status, text } = await askDirector(path, "POST", "/v1/ipvsadm", {});
    expect([status, text]).deep.equals([503, '{"v":1,"error":"too many requests at once: try again"}\n']);
    expect(process.memoryUsage().arrayBuffers - memory).lessThan(3 * ALL_BODIES);
    await isAlive();
    for (const socket of held) socket.destroy();
    for (let tries = 0; (await askDirector(path, "POST", "/v1/ipvsadm", {})).status !== 200 && tries < 200; tries++)
      await wait(10);
    expect((await askDirector(path, "POST", "/v1/ipvsadm", {})).status).equals(200);
  });

  it("refuses long headers with 431", async () => {
    const header = `X: ${"x".repeat(LARGEST_HEADER)}`;
    expect(await exchange(`GET / HTTP/1.1\r\n${header}\r\n\r\n`)).match(/^HTTP\/1\.1 431 /);
  });

  it("tells a client beyond the last that there is no room, and one that waits is served when there is", async () => {
    const idle = Array.from({ length: MOST_CONNECTIONS }, () => stay());
    await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
    // Both, whether they send a request that would be read or nothing at all.
    for (const request of ["GET /v1/status HTTP/1.1\r\nHost: a\r\n\r\n", ""])
      expect(await exchange(request))
        .match(/^HTTP\/1\.1 503 /)
        .and.includes("\r\nRetry-After: 1\r\n")
        .and.includes(`"error":"${MOST_CONNECTIONS} connections are open: no more at once, try again"`);
    const asked = askDirector(path, "GET", "/v1/status");
    for (const socket of idle.slice(0, 9)) socket.destroy();
    expect((await asked).status).equals(200);
    for (const socket of idle) socket.destroy();
  });

  it("keeps so many streams and no more, and leaves out lines that a client does not read", async () => {
    writers.length = 0;
    const deaf = Array.from({ length: MOST_STREAMS }, () => stay());
    for (const socket of deaf) socket.write("GET /v1/trace HTTP/1.1\r\nHost: a\r\n\r\n");
    for (let tries = 0; streams < MOST_STREAMS && tries < 200; tries++) await wait(10);
    expect(await followDirector(path, "/v1/trace", () => {})).equals(503);
    const line = "x".repeat(1000);
    const taken = Array.from({ length: 10_000 }, () => writers[0]?.(line)).filter((went) => went === true).length;
    expect(taken).within(500, 3000);
    for (const socket of deaf) socket.destroy();
    for (let tries = 0; streams > 0 && tries < 200; tries++) await wait(10);
    expect(streams).equals(0);
  });
});
