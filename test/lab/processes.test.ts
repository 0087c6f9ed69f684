import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect } from "chai";
import { LabError } from "../../src/lab/lab-error.ts";
import { endProcesses, isRunning, startProcess, startTimeOf } from "../../src/lab/processes.ts";

describe("processes of a lab", () => {
  const folder = mkdtempSync(`${tmpdir()}/tapvs-lab-`);
  const log = `${folder}/log`;
  const children: ChildProcess[] = [];
  const sleeper = (): number => {
    const child = spawn("sleep", ["60"]);
    children.push(child);
    return child.pid ?? 0;
  };

  after(() => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  it("are ended, and nobody else who got their number later", async () => {
    const [mine, stranger] = [sleeper(), sleeper()];
    const entry = (pid: number, startTime: string) => ({ host: "rs1", program: "web", pid, startTime });
    const own = entry(mine, startTimeOf(mine) ?? "");
    const recycled = entry(stranger, "1");
    expect([own, recycled].map(isRunning)).to.deep.equal([true, false]);
    await endProcesses([own, recycled]);
    expect(isRunning(own)).to.equal(false);
    expect(startTimeOf(stranger)).to.be.a("string");
  });

  it("are ended although they are stopped", async () => {
    const pid = sleeper();
    const own = { host: "rs1", program: "web", pid, startTime: startTimeOf(pid) ?? "" };
    process.kill(pid, "SIGSTOP");
    await endProcesses([own]);
    expect(isRunning(own)).to.equal(false);
  });

  it("say when they are ready", async () => {
    const { process: started, ready } = startProcess({
      host: "rs1",
      program: "web",
      words: ["sh", "-c", "echo ready >&$TAPVS_READY_FD; exec sleep 60"],
      log,
      announces: true,
    });
    await ready;
    expect(isRunning(started)).to.equal(true);
    await endProcesses([started]);
    expect(isRunning(started)).to.equal(false);
  });

  it("tell with the end of their log why they ended", async () => {
    const { ended } = startProcess({
      host: "rs1",
      program: "web",
      words: ["sh", "-c", "echo port 80 is taken >&2; exit 3"],
      log,
      announces: true,
    });
    const error = await ended.catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(LabError);
    expect((error as LabError).message).to.equal("rs1: web ended with code 3: port 80 is taken");
  });

  it("which are not installed are named", () => {
    expect(() => startProcess({ host: "a", program: "b", words: ["/nonexistent/x"], log, announces: false })).to.throw(
      LabError,
      "/nonexistent/x is not installed",
    );
  });
});
