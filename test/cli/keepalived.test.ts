/** Debian's keepalived, unmodified: the example of docs/keepalived.md, as root and as an ordinary user. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect } from "chai";
import { tryFilter } from "../../src/io/with/run-with.ts";
import { needs, skip } from "../support/machine.ts";
import { MAIN } from "./tapvs.ts";

const SCRIPT = resolve("examples/keepalived/test.sh");
const NOBODY = 65534;
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
    if (process.getuid?.() !== 0) skip(this, "needs root to become another user");
    const { stdout, stderr, status } = run({ uid: NOBODY, gid: NOBODY });
    if (stdout.includes("Cannot find module")) skip(this, "the build is not readable for others");
    expect({ stdout, stderr, status }).deep.equals({ stdout: "passed\n", stderr: "", status: 0 });
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
