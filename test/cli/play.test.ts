import { existsSync } from "node:fs";
import { expect } from "chai";
import { scratch } from "./scratch.ts";
import { tapvs, tapvsProcess } from "./tapvs.ts";

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
