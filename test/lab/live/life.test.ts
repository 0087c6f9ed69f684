/** The life of labs: the commands, crashes, several at a time, and a lab typed by hand. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { readCapture } from "../../../src/io/capture-file.ts";
import { takeDown } from "../../../src/lab/down.ts";
import { execute } from "../../../src/lab/execute.ts";
import { namespaceOf } from "../../../src/lab/names.ts";
import { isRunning } from "../../../src/lab/processes.ts";
import { isServed } from "../../../src/lab/requests.ts";
import { forget } from "../../../src/lab/state.ts";
import { labOptions } from "../options.ts";
import { processesOf, request, testName, withLab } from "./lab.ts";
import { describeLab, remainsOf, tapvs, tapvsWords } from "./machine.ts";

/** Starts `lab up` and resolves when half of the lab stands. */
async function halfBuilt(name: string) {
  const [program = "", ...words] = tapvsWords("lab", "up", "nat", "--name", name, "--servers", "8", "--quiet");
  const child = spawn(program, words, { stdio: "ignore" });
  const ended = once(child, "exit");
  while (!(await remainsOf(name)).some((entry) => entry.endsWith("-rs2"))) await sleep(5);
  return { child, ended };
}

describeLab("the life of live labs", () => {
  it("is a matter of commands", async () => {
    const name = testName("life");
    const done = async (...words: readonly string[]): Promise<string> => {
      const { code, out, err } = await tapvs(["lab", ...words]);
      expect(code, err).to.equal(0);
      return out;
    };
    try {
      const typed = await done("up", "nat", "--name", name);
      expect(typed).to.equal(await done("up", "nat", "--name", name, "--dry-run"));
      const { labs } = JSON.parse(await done("list", "--json")) as { labs: { name: string; state: string }[] };
      expect(labs.find((lab) => lab.name === name)).to.include({ state: "up", mode: "nat", servers: 2 });
      const listing = await done("exec", "--name", name, "director", "ipvsadm", "-L", "-n");
      expect(listing).to.match(/^TCP {2}10\.1\.0\.100:80 rr$/m);
      const answer = JSON.parse(await done("exec", "--name", name, "client", "curl", "-s", "http://10.1.0.100/"));
      expect(answer).to.include.keys("server", "address", "peer");
      const check = JSON.parse(await done("check", name, "-n", "4", "--json"));
      expect(check).to.include({ v: 1, lab: name, requests: 4, lost: 0, ok: true });
      expect((await tapvs(["lab", "exec", "--name", name, "rs1", "sh", "-c", "exit 7"])).code).to.equal(7);
      expect((await tapvs(["lab", "exec", "--name", name, "rs9", "true"])).code).to.equal(2);
      expect((await tapvs(["lab", "up", "nat", "--name", name])).code).to.equal(1);
    } finally {
      await done("down", name);
    }
    expect(await remainsOf(name)).to.deep.equal([]);
    expect((await tapvs(["lab", "check", name])).code).to.equal(3);
    expect(await tapvs(["lab", "down", name])).to.deep.equal({ code: 3, out: "", err: `there is no lab ${name}\n` });
  });

  it("ends cleanly after lab up was killed half way", async () => {
    const name = testName("crash");
    const { child, ended } = await halfBuilt(name);
    child.kill("SIGKILL");
    await ended;
    expect(await remainsOf(name)).not.to.deep.equal([]);
    expect((await tapvs(["lab", "down", name])).code).to.equal(0);
    expect(await remainsOf(name)).to.deep.equal([]);
  });

  it("ends cleanly when lab up is interrupted", async () => {
    const name = testName("int");
    const { child, ended } = await halfBuilt(name);
    child.kill("SIGINT");
    expect(await ended).to.deep.equal([130, null]);
    expect(await remainsOf(name)).to.deep.equal([]);
  });

  it("ends cleanly when nobody remembers the lab", () =>
    withLab(labOptions("dr", { name: testName("lost") }), async ({ lab }) => {
      const processes = processesOf(lab);
      expect(processes.every(isRunning)).to.equal(true);
      forget(lab.name);
      await takeDown(lab.name);
      expect(processes.filter(isRunning)).to.deep.equal([]);
    }));

  it("leaves nothing of a director that was killed", () =>
    withLab(labOptions("nat", { name: testName("dead") }), async ({ lab }) => {
      await execute(["sh", "-c", `kill -9 $(ip netns pids ${namespaceOf(lab.name, "director")})`]);
      expect(await remainsOf(lab.name)).to.include(`lab-${lab.name}.rules`);
      await takeDown(lab.name);
      expect(await remainsOf(lab.name)).to.deep.equal([]);
    }));

  it("may be beside that of another lab with the same addresses", () =>
    withLab(labOptions("nat", { name: testName("one") }), ({ lab: one }) =>
      withLab(labOptions("nat", { name: testName("two"), servers: 3 }), async ({ lab: two }) => {
        const [first, second] = await Promise.all([request(one, 12), request(two, 12)]);
        expect([first, second].map((results) => results.filter(isServed).length)).to.deep.equal([12, 12]);
        const servers = (results: typeof first) => [...new Set(results.map(({ server }) => server))].sort();
        expect([servers(first), servers(second)]).to.deep.equal([
          ["rs1", "rs2"],
          ["rs1", "rs2", "rs3"],
        ]);
      }),
    ));

  it("may begin with the printed commands, typed by hand", async () => {
    const name = testName("hand");
    const folder = mkdtempSync(`${tmpdir()}/tapvs-hand-`);
    try {
      const { out } = await tapvs(["lab", "up", "dr", "--name", name, "--dry-run"]);
      writeFileSync(`${folder}/up.sh`, out);
      await execute(["sh", "-c", `sh -e ${folder}/up.sh >${folder}/log 2>&1 </dev/null`]);
      const curl = [
        "ip",
        "netns",
        "exec",
        namespaceOf(name, "client"),
        "curl",
        "-s",
        "--retry",
        "30",
        "--retry-all-errors",
      ];
      const { out: answer } = await execute([...curl, "--retry-delay", "1", "http://10.1.0.100/"]);
      expect(answer, readFileSync(`${folder}/log`, "utf8")).to.match(/^\{"server":"rs/);
    } finally {
      await takeDown(name);
      rmSync(folder, { recursive: true });
    }
    expect(await remainsOf(name)).to.deep.equal([]);
  });
});

describeLab(
  "live captures",
  () => {
    it("hold what passes a host", () =>
      withLab(labOptions("nat", { name: testName("cap") }), async ({ lab }) => {
        const folder = mkdtempSync(`${tmpdir()}/tapvs-capture-`);
        const file = `${folder}/rs1.pcapng`;
        const capture = tapvs([
          "lab",
          "capture",
          "--name",
          lab.name,
          "rs1",
          "-w",
          file,
          "-c",
          "6",
          "tcp",
          "port",
          "80",
        ]);
        while (!(await isCapturing(file))) await sleep(20);
        await request(lab, 4);
        expect((await capture).code).to.equal(0);
        const ports: number[] = [];
        const result = await readCapture(file, ({ bytes }) => {
          ports.push(((bytes[36] ?? 0) << 8) | (bytes[37] ?? 0));
        });
        expect(result).to.equal(undefined);
        expect(ports).to.have.length(6).and.to.include(80);
        rmSync(folder, { recursive: true });
      }));
  },
  "tcpdump",
);

/** Both programs write the file's header when they begin. */
async function isCapturing(file: string): Promise<boolean> {
  try {
    return readFileSync(file).length > 0;
  } catch {
    return false;
  }
}
