import { createServer as createHttpServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { expect } from "chai";
import type { Probe } from "../../../src/io/health/checks/check.ts";
import { probe } from "../../../src/io/health/checks/probe.ts";

const base: Probe = {
  kind: "tcp",
  address: "127.0.0.1",
  port: 0,
  timeout: 300,
  path: "/",
  host: undefined,
  status: [200, 399],
  body: undefined,
};

describe("a health check", () => {
  const servers: Server[] = [];

  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  function listen(server: Server): Promise<number> {
    servers.push(server);
    return new Promise((resolve) =>
      server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
    );
  }

  const page = async (answer: RequestListener, more: Partial<Probe>): Promise<string | undefined> =>
    probe({ ...base, kind: "http", port: await listen(createHttpServer(answer)), ...more });

  it("by TCP is content with a connection", async () => {
    expect(
      await probe({ ...base, port: await listen(createServer((socket) => void socket.on("error", () => {}))) }),
    ).equals(undefined);
  });

  it("by TCP says why there is none", async () => {
    const port = await listen(createServer());
    for (const server of servers.splice(0)) server.close();
    expect(await probe({ ...base, port })).equals("connection refused");
  });

  it("by HTTP sends path and host, and is content with the status", async () => {
    const seen: string[] = [];
    const answer: RequestListener = (request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.host}`);
      response.end("well");
    };
    expect(await page(answer, { path: "/health?x=1", host: "example.org" })).equals(undefined);
    expect(seen).deep.equals(["GET /health?x=1 example.org"]);
  });

  it("by HTTP tells a wrong status, and follows no redirect", async () => {
    expect(await page((_, response) => response.writeHead(503).end(), {})).equals("status 503, expected 200-399");
    expect(
      await page((_, response) => response.writeHead(302, { Location: "/" }).end(), { status: [200, 200] }),
    ).equals("status 302, expected 200");
  });

  it("by HTTP looks for a text in the body, also where it comes in pieces", async () => {
    const pieces: RequestListener = (_, response) => {
      response.write("all is we");
      setTimeout(() => response.end("ll here"), 20);
    };
    expect(await page(pieces, { body: "well" })).equals(undefined);
    expect(await page(pieces, { body: "ill" })).equals('the body does not have "ill"');
    const endless: RequestListener = (_, response) => {
      const more = (): void => void (response.write("x".repeat(65536)) && setImmediate(more));
      response.on("drain", more);
      more();
    };
    expect(await page(endless, { body: "well" })).match(/^the body does not have "well" in its first/);
  });

  it("gives up in time: no answer, half an answer, a connection that is cut", async () => {
    expect(await page(() => {}, {})).equals("no answer within 0.3 s");
    expect(await page((_, response) => void response.write("half"), { body: "whole" })).equals(
      "no answer within 0.3 s",
    );
    expect(await page((request) => void request.socket.destroy(), {})).match(/socket hang up|connection reset/);
  });
});
