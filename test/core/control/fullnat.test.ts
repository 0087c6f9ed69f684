/** The FULLNAT dialect beside ipvsadm 1.31: where it speaks, and where it must not. */
import { expect } from "chai";
import { type Outcome, runIpvsadm, wordsOf } from "../../../src/core/control/interpreter.ts";
import type { VirtualServer } from "../../../src/core/ipvs/virtual-server.ts";
import { newServer } from "./world.ts";

const SERVICE = "-t 10.0.0.100:80";

describe("FULLNAT on the command line", () => {
  let server: VirtualServer;
  const run = (line: string): Outcome => runIpvsadm(wordsOf(line), { server });
  const succeed = (line: string): string => {
    const outcome = run(line);
    expect(outcome, line).to.deep.equal({ code: 0, out: outcome.out, err: "" });
    return outcome.out;
  };
  const fail = (line: string): string => {
    const { code, out, err } = run(line);
    expect(out, line).to.equal("");
    return `${code} ${err.trimEnd()}`;
  };

  beforeEach(() => {
    server = newServer();
    succeed(`-A ${SERVICE} -s rr`);
  });

  it("adds and edits servers with -b or --fullnat, keeping the server's port", () => {
    succeed(`-a ${SERVICE} -r 192.168.1.11:8080 -b`);
    succeed(`-a ${SERVICE} -b -r 192.168.1.12 -w 3`);
    succeed(`-a ${SERVICE} -r 192.168.1.13:8080 -m`);
    succeed(`-e ${SERVICE} -r 192.168.1.13:8080 --fullnat -w 2`);
    expect(succeed("-Ln").split("\n").slice(4)).to.deep.equal([
      "  -> 192.168.1.11:8080            FullNat 1      0          0         ",
      "  -> 192.168.1.12:80              FullNat 3      0          0         ",
      "  -> 192.168.1.13:8080            FullNat 2      0          0         ",
      "",
    ]);
  });

  it("counts -b among the forwarding methods", () => {
    expect(fail(`-a ${SERVICE} -r 192.168.1.11 -m -b`)).to.equal("2 multiple 'forwarding-method' options specified");
    expect(fail(`-a ${SERVICE} -r 192.168.1.11 -b --tun-csum`)).to.equal(
      "2 Tunnel options conflict with forward method",
    );
    expect(fail(`-a ${SERVICE} -r 2001:db8::1 -b`)).to.equal(
      "2 Different address family is allowed only for tunneling servers",
    );
  });

  it("leaves -b with a value what it is: flags of a scheduler", () => {
    expect(fail(`-a ${SERVICE} -r 192.168.1.11 -b flag-1`)).to.equal(
      "2 Illegal 'sched-flags' option with the 'add-server' command",
    );
    expect(fail(`-a ${SERVICE} -r 192.168.1.11 -b bogus`)).to.equal("2 invalid scheduler flag `bogus'");
    expect(fail(`-D ${SERVICE} -b`)).to.equal("255 -b: missing argument");
    succeed(`-E ${SERVICE} -s sh -b sh-port`);
    expect(succeed("-Sn")).to.equal(`-A ${SERVICE} -s sh -b sh-port\n`);
  });

  it("keeps a pool of local addresses", () => {
    succeed(`-P ${SERVICE} -z 192.168.1.201`);
    succeed(`--add-laddr ${SERVICE} --laddr 192.168.1.200`);
    expect(fail(`-P ${SERVICE} -z 192.168.1.200`)).to.equal("255 Local address already exists");
    expect(succeed("-G")).to.equal(
      [
        "VIP:VPORT            TOTAL    SNAT_IP              CONFLICTS  CONNS     ",
        "10.0.0.100:80        2        ",
        "                              192.168.1.201        0          0         ",
        "                              192.168.1.200        0          0         ",
        "",
      ].join("\n"),
    );
    succeed(`-Q ${SERVICE} -z 192.168.1.201`);
    expect(fail(`--del-laddr ${SERVICE} -z 192.168.1.201`)).to.equal("255 No such Local address");
    expect(succeed(`--get-laddr ${SERVICE}`)).to.match(/^VIP.*\n10\.0\.0\.100:80 +1 +\n +192\.168\.1\.200 .*\n$/);
  });

  it("tells what is missing or wrong", () => {
    expect(fail("-P -z 192.168.1.200")).to.equal(
      "2 You need to supply the 'service-address' option for the 'add-laddr' command",
    );
    expect(fail(`-Q ${SERVICE}`)).to.equal(
      "2 You need to supply the 'local-address' option for the 'del-laddr' command",
    );
    expect(fail(`-P ${SERVICE} -z nowhere`)).to.equal("2 illegal local address");
    expect(fail(`-P ${SERVICE} -z 1.2.3.4 -n`)).to.equal("2 Illegal 'numeric' option with the 'add-laddr' command");
    expect(fail("-P -t 10.0.0.9:80 -z 192.168.1.200")).to.equal("255 Service not defined");
    expect(fail("-Q -t 10.0.0.9:80 -z 192.168.1.200")).to.equal("255 Service not defined");
    expect(fail("-G -t 10.0.0.9:80")).to.equal("255 No such service");
    expect(fail(`-P ${SERVICE} -z 2001:db8::1`)).to.match(/^255 Invalid operation\./);
  });

  it("is unknown where ipvsadm 1.31 does not know it", () => {
    expect(fail("-L -P")).to.equal("255 -P: unknown option");
    expect(fail("-L -z 1.2.3.4")).to.equal("255 -z: unknown option");
    expect(fail("-L --fullnat")).to.equal("255 --fullnat: unknown option");
    expect(fail(`-A ${SERVICE} --laddr 1.2.3.4`)).to.equal("255 --laddr: unknown option");
  });

  it("is saved and restored, pools and all", () => {
    succeed(`-P ${SERVICE} -z 192.168.1.201`);
    succeed(`-P ${SERVICE} -z 192.168.1.200`);
    succeed(`-a ${SERVICE} -r 192.168.1.11:8080 -b -w 5`);
    const rules = succeed("-Sn");
    expect(rules).to.equal(
      [
        `-A ${SERVICE} -s rr`,
        `-P ${SERVICE} -z 192.168.1.201`,
        `-P ${SERVICE} -z 192.168.1.200`,
        `-a ${SERVICE} -r 192.168.1.11:8080 -b -w 5`,
        "",
      ].join("\n"),
    );
    const pools = succeed("-G");
    succeed("-C");
    expect(succeed("-G")).to.equal("");
    expect(runIpvsadm(["-R"], { server, stdin: rules }).code).to.equal(0);
    expect(succeed("-Sn")).to.equal(rules);
    expect(succeed("-G")).to.equal(pools);
  });
});
