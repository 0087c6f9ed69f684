/** What `npm pack` makes, installed as a user installs it: everything that README names is in it and works. */
import { execFile, spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { skip } from "../support/machine.ts";

const README = readFileSync("README.md", "utf8");
/** What npm says where there is no registry. */
const NO_REGISTRY = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ENOTCACHED)\b/;
const LAB = ["fixtures/captures/nat/wire.pcapng", "-c", "fixtures/captures/nat/director.yaml"];

interface Finished {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function execute(program: string, words: readonly string[], cwd: string): Promise<Finished> {
  const env = { ...process.env, TAPVS_SOCKET: join(tmpdir(), "tvs-no-director.sock") };
  try {
    const { stdout, stderr } = await promisify(execFile)(program, words, { cwd, env, maxBuffer: 1 << 26 });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as {
      readonly code: number;
      readonly stdout: string;
      readonly stderr: string;
    };
    return { code, out: stdout, err: stderr };
  }
}

/** The commands of README by their first words, as they are tried here, and what they end with and print. */
const TRIED: Readonly<Record<string, readonly [words: readonly string[], code: number, prints: RegExp]>> = {
  "replay examples/nat": [["replay", ...LAB, "-w", "out.pcapng"], 0, /./],
  "verify fixtures/captures": [["verify", "fixtures/captures", "fixtures/golden"], 0, /^(\d+) of \1 match$/m],
  "verify cases": [["verify", "fixtures/captures", "--summary", "summary.md"], 0, /^(\d+) of \1 match$/m],
  "verify examples/cases": [["verify", "examples/cases"], 0, /^(\d+) of \1 match$/m],
  // It would wait for what somebody types.
  "play dr": [["play", "dr", "--help"], 0, /^Usage: tapvs play/],
  "diff old.yaml": [["diff", "director.yaml", "director.yaml", "--clients", "9"], 0, /^all 9 connections/],
  "adopt web-server.pcap": [["adopt", "fixtures/captures/nat/wire.pcapng", "-o", "case"], 0, /^verify: match/m],
  "explain nat": [["explain", "nat"], 0, /client/],
  "explain examples/nat": [["explain", ...LAB, "--packet", "3"], 0, /^packet 3 /],
  "explain nat --packet": [["explain", "nat", "--packet", "tcp 12.11.0.10:40000 > 12.11.0.101:80 S"], 0, /^what if/],
  "explain fixtures/reports": [["explain", "fixtures/reports/r02.jsonl", "--packet", "4", "--cure"], 0, /--set 86400/],
  "why 'tcp": [["why", "tcp 10.1.0.1:40000 > 10.1.0.100:80 S"], 3, /no director is running/],
  "run -c": [["run", "-c", "no-such.yaml"], 2, /no-such\.yaml: no such file/],
  "ipvsadm -Ln": [["ipvsadm", "-Ln"], 3, /no director is running/],
  "with -- keepalived": [["with", "-c", "director.yaml", "--", "sh", "-c", "echo through; exit 7"], 7, /^through$/m],
  "lab up": [["lab", "up", "dr", "--dry-run"], 0, /^ip netns add /m],
  "lesson list": [["lesson", "list"], 0, /\n.*\n/],
  // What it finds depends on the machine; that it looks does not.
  "doctor --json": [["doctor", "--json"], 0, /"name": ?"node"/],
};

describe("the package", () => {
  let scratch: string;
  let home: string;
  const bin = (name: string): string => join(scratch, "prefix/bin", name);

  before(async function () {
    scratch = mkdtempSync(join(tmpdir(), "tapvs-package-"));
    const packed = await execute("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", scratch], ".");
    const tarball = join(scratch, packed.out.trim());
    const words = ["install", "--global", "--prefix", join(scratch, "prefix"), "--prefer-offline", tarball];
    const { code, err } = await execute("npm", words, scratch);
    if (code !== 0 && NO_REGISTRY.test(err)) skip(this, "needs a registry that npm reaches");
    expect(code, err).equals(0);
    home = join(scratch, "prefix/lib/node_modules/tapvs");
    const [, yaml = ""] = /```yaml\n([\s\S]*?)```/.exec(README) ?? [];
    writeFileSync(join(home, "director.yaml"), yaml);
  });

  after(() => rmSync(scratch, { recursive: true, force: true }));

  for (const [name, [words, code, prints]] of Object.entries(TRIED)) {
    it(`does tapvs ${name}`, async () => {
      const finished = await execute(bin("tapvs"), words, home);
      if (name !== "doctor --json") expect(finished.code, finished.err).equals(code);
      expect(finished.out + finished.err).matches(prints);
    });
  }

  it("serves the page", async () => {
    const child = spawn(bin("tapvs"), ["serve", "--port", "0"], { cwd: scratch });
    try {
      const url = await new Promise<string>((resolve, reject) => {
        child.stdout.once("data", (text) => resolve(String(text).trim()));
        child.once("exit", (code) => reject(new Error(`ended with ${code}`)));
      });
      expect(await (await fetch(url)).text()).includes("<title>tapvs");
    } finally {
      child.kill();
    }
  });

  it("stands in for ipvsadm", async () => {
    const { code, err } = await execute(bin("tapvs-ipvsadm"), ["-Ln"], home);
    expect(code).equals(3);
    expect(err).includes("no director is running");
  });

  it("is a library", async () => {
    const script = 'const names = Object.keys(await import("tapvs")); console.log(names.includes("createDirector"));';
    const { out, err } = await execute(process.execPath, ["--input-type=module", "-e", script], home);
    expect([out, err]).deep.equals(["true\n", ""]);
  });

  it("goes from a capture to a job of CI by README's three lines, in an empty folder", async () => {
    const folder = join(scratch, "repository");
    mkdirSync(folder);
    copyFileSync("fixtures/captures/nat/wire.pcapng", join(folder, "web-server.pcap"));
    const tarball = readdirSync(scratch).find((name) => name.endsWith(".tgz")) ?? "";
    const installed = await execute(
      "npm",
      ["install", "--save-dev", "--prefer-offline", join(scratch, tarball)],
      folder,
    );
    expect(installed.code, installed.err).equals(0);
    const [, lines = ""] = /```sh\n(npx tapvs adopt[\s\S]*?)```/.exec(README) ?? [];
    const { code, out, err } = await execute("sh", ["-e", "-c", lines], folder);
    expect([code, err]).deep.equals([0, ""]);
    expect(out).includes("verify: match").and.includes("1 of 1 match");
    expect(readFileSync(join(folder, "summary.md"), "utf8")).includes("1 of 1 match");
    const job = readFileSync(join(folder, ".github/workflows/github.yml"), "utf8");
    const [, step = ""] = /run: (npx tapvs .*)/.exec(job) ?? [];
    const inCi = await execute("sh", ["-e", "-c", `GITHUB_STEP_SUMMARY=step.md; ${step}`], folder);
    expect(inCi).includes({ code: 0, err: "" });
    expect(readFileSync(join(folder, "step.md"), "utf8")).includes("1 of 1 match");
  });

  it("was tried with every command that README names", () => {
    const named = [...README.matchAll(/^(?:npx )?tapvs (.*?) *(?:&& .*)?(?:#.*)?$/gm)].map(([, words = ""]) => words);
    const untried = named.filter(
      (words) => words !== "serve" && !Object.keys(TRIED).some((name) => `${words} --json`.startsWith(name)),
    );
    expect(named.length).greaterThan(9);
    expect(untried).deep.equals([]);
  });

  it("has every file that README names", () => {
    const links = [...README.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path = ""]) => path);
    expect(links.length).greaterThan(5);
    expect(links.filter((path) => !existsSync(join(home, path)))).deep.equals([]);
  });
});
