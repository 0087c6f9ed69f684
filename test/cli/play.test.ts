import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { expect } from "chai";
import { until } from "../live/director.ts";
import { needs } from "../support/machine.ts";
import { scratch } from "./scratch.ts";
import { MAIN, tapvs, tapvsProcess } from "./tapvs.ts";

const play = (lines: readonly string[], ...words: readonly string[]) =>
  tapvsProcess(["play", ...words], { input: Buffer.from(`${lines.join("\n")}\n`) });

describe("tapvs play", () => {
  const path = scratch();

  it("reads its lines from a pipe, and ends with 1 if one failed", () => {
    expect(play(["curl http://12.11.0.101/", "expect picks 172.16.1.2", "quit", "nonsense"])).deep.equals({
      code: 0,
      out: "I am rs1.\n",
      err: "",
    });
    expect(play(["# a comment", "expect picks 172.16.1.2", "curl http://12.11.0.101/"], "dr")).deep.equals({
      code: 1,
      out: "I am rs1.\n",
      err: "tapvs play: failed: expect picks 172.16.1.2\nexpected picks 172.16.1.2, got\n  sent nothing\n",
    });
  });

  it("ends with 1 if a page does not come that was only begun, also where no line waits for it", () => {
    const error = "curl: (7) Failed to connect to 12.11.0.101 port 80: host unreachable\n";
    const begun = ["fault dead", "curl http://12.11.0.101/ &"];
    expect(play([...begun, "step"])).deep.include({
      code: 1,
      err: `tapvs play: failed: what was begun with &\n${error}`,
    });
    expect(play([...begun.slice(1), "quit"])).deep.include({ code: 0, err: "" });
  });

  it("saves a session that verify takes", () => {
    const file = path("session.case");
    expect(play(["client2 curl http://12.11.0.101/", `save ${file}`], "fullnat", "--clients", "2").code).equals(0);
    expect(existsSync(file)).equals(true);
    expect(tapvs(["verify", file]).out).includes("1 of 1 match");
  });

  it("goes on if a session cannot be saved", () => {
    expect(play([`save ${path("missing/session.case")}`, "curl http://12.11.0.101/"])).deep.equals({
      code: 1,
      out: "I am rs1.\n",
      err: `tapvs play: failed: save ${path("missing/session.case")}\n${path("missing/session.case")}: no such file or directory\n`,
    });
  });

  it("takes Ctrl-C on a terminal as a shell does: the line goes, the session stays", async function () {
    needs(this, "script");
    const words = `'${process.execPath}' '${MAIN}' play nat --no-history`;
    const child = spawn("script", ["-qec", words, "/dev/null"], { stdio: ["pipe", "pipe", "ignore"] });
    let out = "";
    child.stdout.on("data", (piece) => {
      out += piece;
    });
    // What is typed before the prompt is there goes to the terminal itself.
    await until(
      () => out.includes("tapvs> "),
      () => out,
    );
    child.stdin.write("save nowhere\u0003ipvsadm -Ln\rexit\r");
    const [code] = (await once(child, "close")) as [number | null];
    expect(code).equals(0);
    expect(out).includes("IP Virtual Server version").and.not.includes("no such command");
  });

  it("refuses what is no network and no case", () => {
    expect(tapvsProcess(["play", "natt"])).deep.include({ code: 2, err: "natt: no such file or directory\n" });
    expect(tapvsProcess(["play", "examples/cases/nat.case", "--ipv6"]).code).equals(2);
  });
});

describe("tapvs ipvsadm without a director", () => {
  const env = { TAPVS_SOCKET: "/nonexistent/socket" };

  it("gives help, its version, and says what is wrong with a command line", () => {
    expect(tapvsProcess(["ipvsadm", "-h"], { env }).out).includes("Usage:\n  ipvsadm -A|E virtual-service");
    expect(tapvsProcess(["ipvsadm", "--version"], { env })).deep.include({ code: 0, err: "" });
    expect(tapvsProcess(["ipvsadm", "-A", "-x"], { env })).deep.include({ code: 255, err: "-x: missing argument\n" });
  });

  it("needs one for all else", () => {
    expect(tapvsProcess(["ipvsadm", "-Ln"], { env }).code).equals(3);
  });
});
