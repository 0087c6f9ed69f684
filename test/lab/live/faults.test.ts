/** Labs with something wrong: the check names host and reason. */
import { expect } from "chai";
import { type CheckResult, checkLab } from "../../../src/lab/check.ts";
import { execute } from "../../../src/lab/execute.ts";
import type { LabFault } from "../../../src/lab/faults.ts";
import { namespaceOf } from "../../../src/lab/names.ts";
import type { Lab } from "../../../src/lab/plan.ts";
import { endProcesses } from "../../../src/lab/processes.ts";
import { labOptions } from "../options.ts";
import { processesOf, testName, withLab } from "./lab.ts";
import { loseServer } from "./load.ts";
import { describeLab, tapvs } from "./machine.ts";

const on = async (lab: Lab, host: string, ...words: readonly string[]): Promise<void> => {
  const { code, err } = await execute(["ip", "netns", "exec", namespaceOf(lab.name, host), ...words]);
  expect(code, err).to.equal(0);
};

const check = (lab: Lab, requests: number): Promise<CheckResult> =>
  checkLab(lab, processesOf(lab), { requests, statistics: false });

const faultsOf = async (lab: Lab, requests: number): Promise<readonly LabFault[]> =>
  (await check(lab, requests)).faults;

const beginnings = (faults: readonly LabFault[]): string[] =>
  faults.map(({ host, message }) => `${host}: ${message.split(". ")[0]}`);

describeLab("live labs with faults", () => {
  it("direct routing: a VIP that is missing, a real server that answers ARP requests for it", () =>
    withLab(labOptions("dr", { name: testName("fault") }), async ({ lab }) => {
      await on(lab, "rs2", "ip", "addr", "del", "10.1.0.100/32", "dev", "lo");
      const { code, err } = await tapvs(["lab", "check", lab.name, "-n", "2"]);
      expect(code).to.equal(1);
      expect(err)
        .to.match(/^1 of 2 requests was lost$/m)
        .and.match(/^rs2: lo lacks 10\.1\.0\.100\/32\. The packets still/m);
    }));

  it("NAT: a gateway that is not the director, a web server that has ended", () =>
    withLab(labOptions("nat", { name: testName("fault") }), async ({ lab }) => {
      await on(lab, "rs1", "ip", "route", "del", "default");
      const found = await check(lab, 2);
      expect(found.lost).to.equal(1);
      expect(beginnings(found.faults)).to.deep.equal(["rs1: there is no route to default by 10.2.0.254"]);
      await on(lab, "rs1", "ip", "route", "add", "default", "via", "10.2.0.254");
      await endProcesses(processesOf(lab).filter(({ host, program }) => host === "rs2" && program === "web"));
      const faults = beginnings(await faultsOf(lab, 2));
      expect(faults[0]).to.equal("rs2: the web server does not run any more");
      expect(faults[1]).to.match(/^rs2: http:\/\/10\.2\.0\.12:80\/ does not answer/);
    }));

  it("tunnel: the end of a tunnel that has ended", () =>
    withLab(labOptions("tun", { name: testName("fault") }), async ({ lab }) => {
      await endProcesses(processesOf(lab).filter(({ host, program }) => host === "rs1" && program === "decapsulator"));
      expect(beginnings(await faultsOf(lab, 2))).to.include("rs1: the end of the tunnel does not run any more");
    }));

  it("FULLNAT: a director that has ended", () =>
    withLab(labOptions("fullnat", { name: testName("fault") }), async ({ lab }) => {
      await endProcesses(processesOf(lab).filter(({ program }) => program === "run"));
      expect(beginnings(await faultsOf(lab, 1))).to.include.members([
        "director: tapvs does not run any more",
        "director: its port eth0, the TAP device tvs-eth0, is not there",
        "director: it has no service at 10.1.0.100:80",
      ]);
    }));
});

describeLab("live health checks", () => {
  it("take a server that ends under load out of service: then no request is lost any more", () =>
    withLab(labOptions("nat", { name: testName("health"), health: true }), async ({ lab }) => {
      await loseServer(lab);
    }));
});
