/** Debian's keepalived, unmodified: the example of docs/keepalived.md, as root and as an ordinary user. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { expect } from "chai";
import { tryFilter } from "../../src/io/with/run-with.ts";
import { until } from "../live/director.ts";
import { needs, skip } from "../support/machine.ts";
import { scratch } from "./scratch.ts";
import { MAIN, NOBODY, runsForNobody } from "./tapvs.ts";

const SCRIPT = resolve("examples/keepalived/test.sh");
/** keepalived stands where only root looks. */
const PATH = `${process.env.PATH}:/usr/sbin`;
const LONGEST = 120_000;

const run = (user: object) =>
  spawnSync("sh", [SCRIPT], {
    encoding: "utf8",
    cwd: "/",
    env: { PATH, TAPVS: `${process.execPath} ${MAIN}` },
    timeout: LONGEST,
    ...user,
  });

describe("keepalived with tapvs", () => {
  const path = scratch();

  before(async function () {
    needs(this, "keepalived");
    const obstacle = await tryFilter();
    if (obstacle !== undefined) skip(this, obstacle);
  });

  it("removes servers that fail, lets the sorry server stand in, and takes them back", () => {
    const { stdout, stderr, status } = run({});
    expect({ stdout, stderr, status }).deep.equals({ stdout: "passed\n", stderr: "", status: 0 });
  });

  it("does so for an ordinary user, too", function () {
    if (!runsForNobody()) skip(this, "needs root to become another user, and a build that others can read");
    const { stdout, stderr, status } = run(NOBODY);
    expect({ stdout, stderr, status }).deep.equals({ stdout: "passed\n", stderr: "", status: 0 });
  });

  it("reloads at SIGHUP, in the background too, and stops in order", async function () {
    this.timeout(LONGEST);
    const servers = [9081, 9082].map((port) => createServer((socket) => socket.end()).listen(port, "127.0.0.1"));
    const configuration = readFileSync("examples/keepalived/keepalived.conf", "utf8");
    writeFileSync(path("keepalived.conf"), configuration);
    const files = ["-f", path("keepalived.conf"), "-p", path("pid"), "-c", path("checkers.pid")];
    // Without -n it goes to the background; tapvs goes on until it ends.
    const words = ["with", "--report", path("report"), "--", "keepalived", "-C", "-l", ...files];
    const child = spawn(process.execPath, [MAIN, ...words], { env: { PATH }, stdio: "ignore" });
    const lines = (): string[] => {
      const text = existsSync(path("report")) ? readFileSync(path("report"), "utf8") : "";
      return text
        .trimEnd()
        .split("\n")
        .map((line) => line.trim().replace(/^\S+ +/, ""));
    };
    try {
      await until(
        () => lines().some((line) => line.includes("9082")),
        () => lines().join("\n"),
      );
      await until(
        () => existsSync(path("pid")),
        () => "its pid file",
      );
      const before = lines();
      writeFileSync(path("keepalived.conf"), configuration.replace("weight 3", "weight 7"));
      process.kill(Number(readFileSync(path("pid"), "utf8")), "SIGHUP");
      await until(
        () => lines().some((line) => line.includes("-w 7")),
        () => lines().join("\n"),
      );
      child.kill("SIGTERM");
      const [code] = (await once(child, "exit")) as [number | null];
      expect(code).equals(0);
      const after = lines().slice(before.length);
      expect(new Set(after)).deep.equals(
        new Set([
          "-e -t 10.0.0.100:80 -r 127.0.0.1:9081 -m -w 7",
          "-d -t 10.0.0.100:80 -r 127.0.0.1:9081",
          "-d -t 10.0.0.100:80 -r 127.0.0.1:9082",
          "-D -t 10.0.0.100:80",
        ]),
      );
    } finally {
      child.kill("SIGKILL");
      for (const server of servers) server.close();
    }
  });

  it("is configured as its page says", () => {
    const page = readFileSync("docs/keepalived.md", "utf8");
    const configuration = readFileSync("examples/keepalived/keepalived.conf", "utf8");
    const [, block = ""] = /```text\n(virtual_server[^`]*)```/.exec(page) ?? [];
    expect(block).not.equals("");
    expect(configuration).contains(block);
    const expected = readFileSync("examples/keepalived/expected.txt", "utf8");
    for (const [, line = ""] of page.matchAll(/^ +\d\.\d{3} {2}(.*)$/gm)) expect(expected).contains(`${line}\n`);
  });
});
