import { mkdtempSync, rmSync } from "node:fs";
import { request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Routes, serveControl } from "../../src/io/control/server.ts";
import { servePage, withDirector } from "../../src/web/server.ts";
import { unexpected } from "../support/unexpected.ts";

const PAGE = '<!doctype html>\n<html lang="en"><p>page</p></html>';

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly type: string;
}

function get(
  server: Server,
  path: string,
  settings: { readonly method?: string; readonly host?: string } = {},
): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  const { method = "GET", host } = settings;
  return new Promise((resolve, reject) => {
    const headers = host === undefined ? {} : { host };
    const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        text += piece;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text, type: response.headers["content-type"] ?? "" }),
      );
    });
    sent.on("error", reject);
    sent.end();
  });
}

describe("the page's server", () => {
  const folder = mkdtempSync(join(tmpdir(), "tapvs-page-"));
  const socket = join(folder, "a.sock");
  const asked: string[] = [];
  let streams = 0;
  const routes: Routes = {
    "GET /v1/status": async () => ({ kind: "json", value: { v: 1, name: "a" } }),
    "GET /v1/trace": ({ query }) => ({
      kind: "stream",
      start: (write) => {
        asked.push(query.get("filter") ?? "");
        streams++;
        write('{"packet":1}');
        return () => {
          streams--;
        };
      },
    }),
    "POST /v1/ipvsadm": () => {
      asked.push("ipvsadm");
      return { kind: "json", value: {} };
    },
  };
  let control: Server;
  let server: Server;

  before(async () => {
    control = await serveControl(socket, routes, unexpected);
    server = await servePage({ host: "127.0.0.1", port: 0, page: PAGE, director: { name: 'a"b', socket } }, unexpected);
  });

  after(() => {
    server.closeAllConnections();
    server.close();
    control.closeAllConnections();
    control.close();
    rmSync(folder, { recursive: true });
  });

  it("may stand in other pages where it shows no running director, and only there", async () => {
    const alone = await servePage({ host: "127.0.0.1", port: 0, page: PAGE }, unexpected);
    const framing = async (of: Server): Promise<string | null> => {
      const { port } = of.address() as AddressInfo;
      return (await fetch(`http://127.0.0.1:${port}/?embed`)).headers.get("x-frame-options");
    };
    expect(await framing(alone)).equals(null);
    expect(await framing(server)).equals("DENY");
    alone.closeAllConnections();
    alone.close();
  });

  it("serves the page, which knows the director's name", async () => {
    const { status, text, type } = await get(server, "/");
    expect([status, type]).deep.equals([200, "text/html; charset=utf-8"]);
    expect(text).includes('<html data-director="a&#34;b" lang="en">');
    expect(withDirector(PAGE, "")).equals(PAGE);
  });

  it("passes on what the director says", async () => {
    const { status, text } = await get(server, "/v1/status");
    expect(status).equals(200);
    expect(JSON.parse(text)).deep.equals({ v: 1, name: "a" });
  });

  it("passes nothing on that could change anything, and nothing that the page does not need", async () => {
    expect((await get(server, "/v1/ipvsadm", { method: "POST" })).status).equals(405);
    for (const path of ["/v1/ipvsadm", "/v1/state", "/metrics", "/v1/../v1/state", "/etc/passwd"]) {
      expect((await get(server, path)).status, path).equals(404);
    }
    expect(asked).not.include("ipvsadm");
  });

  it("answers only those who ask for this host, so that no other page's name can be made to mean it", async () => {
    expect((await get(server, "/", { host: "evil.example" })).status).equals(403);
    expect((await get(server, "/v1/status", { host: "evil.example:80" })).status).equals(403);
    for (const host of ["localhost:1", "127.0.0.1", "[::1]:80"])
      expect((await get(server, "/", { host })).status, host).equals(200);
  });

  it("streams explained packets while somebody listens, and ends the director's stream when nobody does", async () => {
    const { port } = server.address() as AddressInfo;
    await new Promise<void>((resolve, reject) => {
      const sent = request(
        { host: "127.0.0.1", port, path: "/v1/trace?filter=tcp%20port%2080", agent: false },
        (response) => {
          response.setEncoding("utf8");
          response.once("data", (piece: string) => {
            expect(piece).equals('{"packet":1}\n');
            response.destroy();
            resolve();
          });
        },
      );
      sent.on("error", reject);
      sent.end();
    });
    expect(asked).include("tcp port 80");
    for (let wait = 0; streams > 0 && wait < 100; wait++) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(streams).equals(0);
  });

  it("says that there is no director, where there is none", async () => {
    const alone = await servePage({ host: "127.0.0.1", port: 0, page: PAGE }, unexpected);
    expect((await get(alone, "/v1/status")).status).equals(404);
    alone.close();
    const director = { name: "b", socket: join(folder, "none.sock") };
    const gone = await servePage({ host: "127.0.0.1", port: 0, page: PAGE, director }, unexpected);
    const { status, text } = await get(gone, "/v1/status");
    expect(status).equals(502);
    expect(JSON.parse(text)).deep.equals({ v: 1, error: "no director is running at its socket" });
    gone.close();
  });
});
