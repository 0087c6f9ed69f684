/** Who keeps the table of a lab's director: Debian's keepalived and ldirectord, unmodified, under load. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect } from "chai";
import { tryFilter } from "../../../src/io/with/run-with.ts";
import { ipvsadmOrFail } from "../../../src/lab/director-control.ts";
import { namespaceOf } from "../../../src/lab/names.ts";
import type { Lab } from "../../../src/lab/plan.ts";
import { directoryOf } from "../../../src/lab/state.ts";
import { until } from "../../live/director.ts";
import { end } from "../../live/network.ts";
import { needs, skip } from "../../support/machine.ts";
import { labOptions } from "../options.ts";
import { processesOf, testName, withLab } from "./lab.ts";
import { isWebServer, loseServer } from "./load.ts";
import { describeLab, tapvsWords } from "./machine.ts";

const EXAMPLE = "examples/labs/keepalived/keepalived.conf";

/** Waits until `ipvsadm -S -n` says of both servers what is wanted, `-w 1` or `gone`. */
async function kept(socket: string, rs1: string, rs2: string): Promise<void> {
  let rules = "";
  const said = (address: string): string => new RegExp(`-r ${address}:80 -m (-w .*)`).exec(rules)?.[1] ?? "gone";
  await until(
    async () => {
      rules = await ipvsadmOrFail(socket, "-S -n");
      return said("10.2.0.11") === rs1 && said("10.2.0.12") === rs2;
    },
    () => rules,
  );
}

/** Starts the web server of rs2 as the lab had started it. */
async function restart(lab: Lab): Promise<ChildProcess> {
  const [web] = processesOf(lab).filter(isWebServer);
  expect(web).to.not.equal(undefined);
  const program = new URL("../../../src/lab/programs/web-server.js", import.meta.url).pathname;
  const words = ["netns", "exec", namespaceOf(lab.name, "rs2"), process.execPath, program, "--name", "rs2"];
  return spawn("ip", [...words, "--port", "80", "--sessions", "memory"], { stdio: "ignore" });
}

describeLab("a lab's director", () => {
  let folder: string;

  before(async function () {
    const obstacle = await tryFilter();
    if (obstacle !== undefined) skip(this, obstacle);
    folder = mkdtempSync(`${tmpdir()}/tapvs-keepers-`);
  });

  after(() => folder !== undefined && rmSync(folder, { recursive: true, force: true }));

  it("is kept by keepalived: services, VRRP and a sync daemon; a server that dies, comes back, and gets another weight", async function () {
    needs(this, "keepalived");
    const keepalived = `${folder}/keepalived.conf`;
    const configuration = readFileSync(EXAMPLE, "utf8");
    writeFileSync(keepalived, configuration);
    await withLab(labOptions("nat", { name: testName("keep"), keepalived }), async ({ lab, socket }) => {
      const log = (): string => readFileSync(`${directoryOf(lab.name)}/log/director-keepalived.log`, "utf8");
      await kept(socket, "-w 1", "-w 1");
      await loseServer(lab);
      await kept(socket, "-w 1", "gone");
      const web = await restart(lab);
      try {
        await kept(socket, "-w 1", "-w 1");
        writeFileSync(keepalived, configuration.replaceAll("weight 1", "weight 5"));
        process.kill(Number(readFileSync(`${directoryOf(lab.name)}/keepalived.pid`, "utf8")), "SIGHUP");
        await kept(socket, "-w 5", "-w 5");
        await until(() => log().includes("(VI_1) Entering MASTER STATE"), log);
        await until(
          async () =>
            (await ipvsadmOrFail(socket, "-L --daemon")).startsWith("master sync daemon (mcast=eth0, syncid=51"),
          log,
        );
      } finally {
        await end(web);
      }
      // What it says of the server that died are no errors of its own. At a reload it starts its sync daemon once more, which the
      // kernel refuses as well (ip_vs_sync.c: start_sync_thread).
      const complaints = /IPVS.*(error|fail|refused)|Unknown keyword|invalid|outside range/i;
      expect(
        log()
          .split("\n")
          .filter((line) => complaints.test(line) && !line.includes("Daemon has already run")),
      ).to.deep.equal([]);
    });
  });

  it("is kept by ldirectord, which has the real ipvsadm", async function () {
    needs(this, "ldirectord", "ipvsadm");
    const file = `${folder}/ldirectord.cf`;
    await withLab(labOptions("nat", { name: testName("ldir") }), async ({ lab, socket }) => {
      const { address, port } = lab.service;
      writeFileSync(
        file,
        [
          "checktimeout=4",
          "negotiatetimeout=4",
          "checkinterval=1",
          "autoreload=no",
          "quiescent=no",
          `virtual=${address}:${port}`,
          ...lab.service.servers.map((server) => `    real=${server.address}:${port} masq 2`),
          "    scheduler=rr",
          "    protocol=tcp",
          "    checktype=connect",
          "",
        ].join("\n"),
      );
      const words = [
        ...["netns", "exec", namespaceOf(lab.name, "director")],
        ...tapvsWords("with", "--socket", socket, "--", "ldirectord", "-d", file, "start"),
      ];
      const ldirectord = spawn("ip", words, { cwd: folder, stdio: "ignore" });
      try {
        await kept(socket, "-w 2", "-w 2");
        await loseServer(lab);
        await kept(socket, "-w 2", "gone");
        const web = await restart(lab);
        await kept(socket, "-w 2", "-w 2");
        await end(web);
      } finally {
        await end(ldirectord);
      }
      expect(await ipvsadmOrFail(socket, "-S -n")).to.equal("");
    });
  });
});
