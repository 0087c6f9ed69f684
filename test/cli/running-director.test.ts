import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { runTapvs } from "./tapvs.ts";

describe("commands that speak to a running director", () => {
  const folder = mkdtempSync(join(tmpdir(), "tapvs-"));
  const socket = join(folder, "other.sock");
  let server: Server;

  before((done) => {
    server = createServer((client) =>
      client.on("error", () => {}).end("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"),
    );
    server.listen(socket, done);
  });

  after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  it("end with 1 and one line where somebody else answers at its socket", async () => {
    const line = `${socket} answers as no director does\n`;
    for (const words of [["status"], ["top", "--once"], ["serve", "--port", "0", "--director", socket]])
      expect(await runTapvs(words, { TAPVS_SOCKET: socket }), words.join(" ")).deep.equals({
        code: 1,
        out: "",
        err: line,
      });
    const ipvsadm = await runTapvs(["ipvsadm", "-Ln"], { TAPVS_SOCKET: socket });
    expect(ipvsadm).deep.equals({ code: 1, out: "", err: `ipvsadm: ${line}` });
  });

  it("end with 3 where the name is none that a socket can have", async () => {
    const long = join(folder, "x".repeat(120));
    const line = `no director is running at ${long}: that is too long for a socket's name\n`;
    expect(await runTapvs(["status"], { TAPVS_SOCKET: long })).deep.equals({ code: 3, out: "", err: line });
  });
});
