import { readFileSync } from "node:fs";
import { expect } from "chai";
import { parseTranscript } from "../../../src/core/capture/transcript.ts";
import { transcriptTrial } from "../../../src/core/replay/cure-runs.ts";
import { curesOf } from "../../../src/core/replay/cures.ts";

function curesFor(name: string, number: number): readonly (readonly [string, string])[] {
  const parsed = parseTranscript(readFileSync(`fixtures/reports/${name}.jsonl`, "utf8"));
  if (parsed.kind !== "transcript") throw new Error(name);
  return curesOf(...transcriptTrial(parsed.transcript, number)).map(
    ({ change, outcome }) => [change, outcome] as const,
  );
}

/** Report, packet, a change that turns its end, and words of the new end. */
const CASES: readonly (readonly [string, number, string, string])[] = [
  ["r01m0", 7, "net.ipv4.vs.conn_reuse_mode=1", "new connection by rr, NAT to 172.16.1.2:80"],
  ["r02", 4, "ipvsadm --set 86400 0 0", "known connection, NAT to 172.16.1.3:80"],
  ["r02", 4, "net.ipv4.vs.sloppy_tcp=1", "new connection by rr"],
  ["r04q0", 7, "net.ipv4.vs.expire_quiescent_template=1", "NAT to 172.16.1.2:80"],
  ["r07n", 11, "ipvsadm -A -t 12.11.0.101:80 -s mh -b mh-fallback", "NAT to 172.16.1.2:80"],
  ["r07n", 11, "without ipvsadm -e -t 12.11.0.101:80 -r 172.16.1.3 -m -w 0", "NAT to 172.16.1.3:80"],
  ["r09", 1, "ipvsadm -P -t 12.11.0.101:80 -z 172.16.1.1", "full NAT to 172.16.1.2:80"],
  ["r09b", 3, "net.ipv4.vs.fullnat_lport_max=65535", "full NAT to 172.16.1.2:80"],
  ["r10s0", 1, "net.ipv4.vs.sloppy_sctp=1", "NAT to 172.16.1.3:55003"],
  ["r14b", 6, "the module ip_vs_ftp loaded", "NAT to 172.16.1.3:50069"],
  ["r18d0", 4, "net.ipv4.vs.expire_nodest_conn=1", "TCP R"],
  ["q6", 3, "net.ipv4.conf.eth1.rp_filter=0", "sent on eth0"],
  ["r44", 1, "ip address add 2001:db8::1/128 dev eth0", "direct routing to [2001:db8:1::2]:80"],
];

describe("cures", () => {
  for (const [name, number, change, outcome] of CASES) {
    it(`of ${name}, packet ${number}: ${change}`, () => {
      const [, end = ""] = curesFor(name, number).find(([words]) => words === change) ?? [];
      expect(end).includes(outcome);
    });
  }

  it("are none where nothing of it turns the end", () => {
    expect(curesFor("q8a", 1)).deep.equal([]);
  });

  it("are only those that turn it", () => {
    const changes = curesFor("r10s0", 1).map(([words]) => words);
    expect(changes).deep.equal(["net.ipv4.vs.sloppy_sctp=1"]);
  });

  it("tell how many changes were tried", () => {
    const parsed = parseTranscript(readFileSync("fixtures/reports/r09.jsonl", "utf8"));
    if (parsed.kind !== "transcript") throw new Error("r09");
    const told: number[] = [];
    curesOf(...transcriptTrial(parsed.transcript, 1), (done) => told.push(done));
    expect(told.length).greaterThan(20);
    expect(told.at(-1)).equals(told.length);
  });
});
