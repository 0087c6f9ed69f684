/** What a command loads before its first word: time is what that costs, and files and modules can be counted. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { expect } from "chai";
import { MAIN, runTapvs } from "./tapvs.ts";

interface Loaded {
  readonly files: readonly string[];
  readonly builtins: readonly string[];
}

describe("the start of a command", () => {
  const folder = mkdtempSync(join(tmpdir(), "tapvs-start-"));
  const socket = join(folder, "a.sock");
  const hook = join(folder, "hook.cjs");
  const report = join(folder, "loaded.json");
  const body = JSON.stringify({ code: 0, out: "a listing\n", err: "" });
  let server: Server;

  before((done) => {
    writeFileSync(
      hook,
      `process.on("exit", () => require("node:fs").writeFileSync(${JSON.stringify(report)}, JSON.stringify({
        files: Object.keys(require.cache), builtins: process.moduleLoadList })));`,
    );
    server = createServer((client) => {
      client.on("error", () => {}).end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
    server.listen(socket, done);
  });

  after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  async function loadedBy(words: readonly string[], code: number, out: RegExp): Promise<Loaded> {
    const run = await runTapvs(words, { TAPVS_SOCKET: socket, NODE_OPTIONS: `--require=${hook}` });
    expect([run.code, run.err]).deep.equals([code, ""]);
    expect(run.out).match(out);
    const { files, builtins } = JSON.parse(readFileSync(report, "utf8")) as Loaded;
    return { files: files.filter((file) => file !== hook), builtins };
  }

  for (const [words, out] of [
    [["--help"], /^Usage: tapvs/],
    [["--version"], /^\d/],
    [["ipvsadm", "-Ln"], /^a listing$/m],
  ] as const)
    it(`reads one file: tapvs ${words.join(" ")}`, async () => {
      const { files, builtins } = await loadedBy(words, 0, out);
      expect(files.map((file) => basename(file))).deep.equals(["main.js"]);
      for (const costly of ["http", "child_process", "internal/modules/esm/load", "worker_threads"])
        expect(builtins, costly).not.include(`NativeModule ${costly}`);
    });

  it("takes no package of its own for a command that it loads later", async () => {
    const { files } = await loadedBy(["status", "--help"], 0, /^Usage: tapvs status/);
    expect(files.filter((file) => file.includes("/commander/"))).deep.equals([]);
  });

  it("finds the language without a director, also from the name that stands in for ipvsadm", () => {
    const words = [join(dirname(MAIN), "tapvs-ipvsadm.js"), "-h"];
    const env = { ...process.env, TAPVS_SOCKET: join(folder, "none.sock") };
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { env, encoding: "utf8" });
    expect([status, stderr]).deep.equals([0, ""]);
    expect(stdout).match(/^ipvsadm v1\.31 /);
  });
});
