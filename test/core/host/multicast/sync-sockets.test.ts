/** How the host joins a group for a backup, and what its datagrams look like. */

import { readFileSync } from "node:fs";
import { expect } from "chai";
import { runIpvsadm, wordsOf } from "../../../../src/core/control/interpreter.ts";
import { Director } from "../../../../src/core/host/director.ts";
import { parseAddress } from "../../../../src/core/wire/address.ts";
import { Frame } from "../../../../src/core/wire/frame.ts";
import { transcriptOf } from "../../../kernel/verdict.ts";
import { CLIENT, lab, labConfig, SERVER, service, VIP } from "../../../support/lab.ts";
import { internetChecksum } from "../../../support/ones-complement.ts";
import { tcp } from "../../../support/packet.ts";

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const IGMP = 2;

/** The reports of a recorded backup, joining and leaving. */
const recordedReports = (): string[] => {
  const { events } = transcriptOf(readFileSync("fixtures/recordings/sync_backup.jsonl", "utf8"), "sync_backup");
  return events.flatMap((event) => (event.do === "tx" && event.frame[23] === IGMP ? [hexOf(event.frame)] : []));
};

function told(made: Director, args: string): void {
  const { code, err } = runIpvsadm(wordsOf(args), { server: made.server });
  expect(code, err).to.equal(0);
}

describe("the sockets of sync daemons", () => {
  it("join by IGMPv3 as recorded, twice within a second, and leave so", () => {
    const { head } = transcriptOf(readFileSync("fixtures/recordings/sync_backup.jsonl", "utf8"), "sync_backup");
    const sent: string[] = [];
    const made = new Director(head, { link: { send: (frame) => sent.push(hexOf(frame.contents())) } });
    made.advance(0);
    told(made, "--start-daemon backup --mcast-interface eth1 --syncid 7");
    made.advance(20_000);
    expect(sent).to.have.length(1);
    made.advance(1_100_000);
    told(made, "--stop-daemon backup");
    made.advance(2_200_000);
    const [joins, again, leaves] = recordedReports();
    expect(sent).to.deep.equal([joins, again, leaves, leaves]);
  });

  it("a backup that stops at once says only that it leaves", () => {
    const made = lab(["--start-daemon backup --mcast-interface eth1", "--stop-daemon backup"]);
    const records = made.wait(3).map((seen) => seen.packet[32]);
    expect(records).to.deep.equal([3, 3]);
  });

  it("a master joins nothing", () => {
    expect(lab(["--start-daemon master --mcast-interface eth1"]).wait(3)).to.deep.equal([]);
  });

  it("datagrams go out by the interface, whatever the routes say: its address, the group's MAC address, the TTL", () => {
    const made = lab(service("-m", [SERVER]), { sysctl: { sync_version: 1 } });
    made.director.server.setSysctl("sync_threshold", [0, 1]);
    made.ipvsadm(
      "--start-daemon master --mcast-interface eth1 --mcast-group 239.129.2.3 --mcast-port 9000 --mcast-ttl 7",
    );
    made.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "S"));
    made.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "."));
    const [seen, ...more] = made.wait(3.2);
    expect(more).to.deep.equal([]);
    expect([seen?.port, seen?.toMac, seen?.ttl, seen?.dontFragment]).to.deep.equal([
      "eth1",
      "01:00:5e:01:02:03",
      7,
      false,
    ]);
    expect(seen?.ends).to.match(/^192\.168\.1\.1:\d+ > 239\.129\.2\.3:9000$/);
    expect(seen?.problem).to.equal("");
  });

  it("a message longer than the MTU goes out in fragments, and is put together", () => {
    const options = { mtu: [1500, 600] as const };
    const master = lab(service("-m", [SERVER]), options);
    master.director.server.setSysctl("sync_threshold", [0, 1]);
    master.ipvsadm("--start-daemon master --mcast-interface eth1");
    for (let port = 40000; port < 40030; port++) {
      master.receive(tcp(`${CLIENT}:${port} > ${VIP}:80`, "S"));
      master.receive(tcp(`${CLIENT}:${port} > ${VIP}:80`, "."));
    }
    const sent = master.wait(3.2);
    expect(sent).to.have.length(2);
    const backup = lab([...service("-m", [SERVER]), "--start-daemon backup --mcast-interface eth1"], options);
    backup.sysctl("net.ipv4.conf.eth1.accept_local", 1);
    for (const { bytes } of sent) backup.receiveFrame(bytes, "eth1");
    expect(backup.listing()).to.have.length(30);
  });

  describe("of IPv6", () => {
    const GROUP = "ff02::51";
    const linkLocal = "fe80:0000:0000:0000:0000:00ff:fe00:0264".replaceAll(":", "");

    function six(role: string): { readonly director: Director; readonly sent: Uint8Array[] } {
      const sent: Uint8Array[] = [];
      const config = labConfig({});
      const eth1 = config.interfaces[1];
      if (eth1 === undefined) throw new Error("the lab has two interfaces");
      const address = parseAddress("fd00:2::1");
      if (address === undefined) throw new Error("no address");
      const addresses = [...eth1.addresses, { address, prefix: 64 }];
      const interfaces = [...config.interfaces.slice(0, 1), { ...eth1, addresses }];
      const link = { send: (frame: Frame) => sent.push(frame.contents().slice()) };
      const director = new Director({ ...config, interfaces }, { link });
      director.advance(0);
      for (const rule of service("-m", [SERVER])) told(director, rule);
      director.server.setSysctl("sync_threshold", [0, 1]);
      told(director, `--start-daemon ${role} --mcast-interface eth1 --mcast-group ${GROUP} --mcast-ttl 3`);
      return { director, sent };
    }

    it("join by MLDv2, from the link-local address, with a router alert", () => {
      const { director, sent } = six("backup");
      director.advance(1_200_000);
      expect(sent).to.have.length(2);
      const [report = new Uint8Array()] = sent;
      expect(hexOf(report.subarray(0, 6))).to.equal("333300000016");
      expect(hexOf(report.subarray(14, 22))).to.equal("6000000000240001");
      expect(hexOf(report.subarray(22, 38))).to.equal(linkLocal);
      expect(hexOf(report.subarray(54, 62))).to.equal("3a00050200000100");
      expect(report[62]).to.equal(143);
      expect(hexOf(report.subarray(66))).to.equal(`0000000104000000ff02${"0".repeat(26)}51`);
      const pseudo = Uint8Array.from([...report.subarray(22, 54), 0, 0, 0, 28, 0, 0, 0, 58, ...report.subarray(62)]);
      expect(internetChecksum(pseudo)).to.equal(0);
    });

    it("a master's datagrams are heard by a backup of the same group", () => {
      const { director: master, sent } = six("master");
      const { director: backup } = six("backup");
      const client = (flags: string): void => {
        const { bytes } = tcp(`${CLIENT}:40000 > ${VIP}:80`, flags);
        const frame = Uint8Array.from([2, 0, 0, 0, 1, 0x64, 2, 0, 0, 0, 1, 1, 8, 0, ...bytes]);
        master.receive(Frame.of(frame), 0, 1000);
      };
      client("S");
      client(".");
      master.advance(3_200_000);
      const datagram = sent.find((bytes) => bytes[20] === 17);
      if (datagram === undefined) throw new Error("the master sent no datagram");
      expect(datagram[21]).to.equal(3);
      // Another host on the link.
      datagram[37] = 0x99;
      const check = (datagram[60] ?? 0) * 256 + (datagram[61] ?? 0) - (0x99 - 0x64);
      datagram.set([check >>> 8, check & 255], 60);
      expect(backup.receive(Frame.of(datagram), 1, 3_200_000)).to.equal(1);
      const { rows } = backup.server.connections.table;
      expect([rows.count, rows.clientPort(0)]).to.deep.equal([1, 40000]);
    });
  });
});
