import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect } from "chai";
import { askDirector, NoDirector } from "../../../src/io/control/client.ts";

describe("the client of a control socket", () => {
  const folder = mkdtempSync(join(tmpdir(), "tapvs-client-"));
  const socket = join(folder, "a.sock");
  let server: Server;
  let asked = "";
  /** What the server sends, piece by piece, before it closes. */
  let pieces: readonly Uint8Array[] = [];

  before((done) => {
    server = createServer(async (client) => {
      asked = "";
      client.on("error", () => {});
      client.on("data", (piece) => {
        asked += piece;
      });
      for (const piece of pieces) {
        client.write(piece);
        await wait(5);
      }
      client.end();
    });
    server.listen(socket, done);
  });

  after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  it("waits for a server that is held up, whose queue is full", async () => {
    const path = join(folder, "full.sock");
    const program = `require("net").createServer((one) => one.on("data", () => one.end("HTTP/1.0 200 OK\\r\\n\\r\\n")))
      .listen({ path: ${JSON.stringify(path)}, backlog: 1 }, () => console.log("listening"))`;
    const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await once(child.stdout, "data");
      child.kill("SIGSTOP");
      // Those who wait to be let in, until there is no place for one more.
      for (let full = false; !full; ) {
        const waiting = connect(path);
        full = await once(waiting, "connect").then(
          () => false,
          (error: NodeJS.ErrnoException) => error.code === "EAGAIN",
        );
        waiting.on("error", () => {});
        waiting.unref();
      }
      const asked = askDirector(path, "GET", "/");
      await wait(60);
      child.kill("SIGCONT");
      expect((await asked).status).equals(200);
    } finally {
      child.kill("SIGKILL");
    }
  });

  const problemOf = (text: string): Promise<string> => {
    pieces = [Buffer.from(text)];
    return askDirector(socket, "GET", "/").then(
      ({ status }) => `a reply, ${status}`,
      (error: unknown) => (error instanceof NoDirector ? error.message : `a bug: ${String(error)}`),
    );
  };

  it("sends one request of HTTP/1.0, and the length of its body in bytes", async () => {
    pieces = [Buffer.from("HTTP/1.1 200 OK\r\n\r\n")];
    await askDirector(socket, "POST", "/v1/ipvsadm", { words: ["ä"] });
    expect(asked).equals(
      'POST /v1/ipvsadm HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"words":["ä"]}',
    );
    await askDirector(socket, "GET", "/v1/status?a=b");
    expect(asked).equals("GET /v1/status?a=b HTTP/1.0\r\n\r\n");
  });

  it("puts a reply together that comes byte by byte", async () => {
    const reply = Buffer.from("HTTP/1.1 404 Not Found\r\ncontent-length:4\r\n\r\näö");
    pieces = Array.from(reply, (_, at) => reply.subarray(at, at + 1));
    expect(await askDirector(socket, "GET", "/")).deep.equals({ status: 404, text: "äö" });
  });

  it("takes a reply without a length to its end", async () => {
    pieces = [Buffer.from("HTTP/1.0 200 OK\r\n\r\nall"), Buffer.from(" of it")];
    expect(await askDirector(socket, "GET", "/")).deep.equals({ status: 200, text: "all of it" });
  });

  it("knows a reply that is not whole, and what is none", async () => {
    const line = `no director is running at ${socket}: the connection ended before the reply did`;
    expect(await problemOf("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfour")).equals(line);
    expect(await problemOf("HTTP/1.1 200 OK\r\n")).equals(line);
    expect(await problemOf("")).equals(line);
    expect(await problemOf("SSH-2.0-OpenSSH_9.2\r\n\r\n")).equals(
      `no director is running at ${socket}: what listens there does not speak HTTP`,
    );
  });

  it("says why nobody answers", async () => {
    const missing = join(folder, "b.sock");
    const long = join(folder, "x".repeat(120));
    const problems = [missing, long].map((path) => askDirector(path, "GET", "/").catch(({ message }) => message));
    expect(await Promise.all(problems)).deep.equals([
      `no director is running at ${missing}: there is no such socket`,
      `no director is running at ${long}: that is too long for a socket's name`,
    ]);
  });
});
