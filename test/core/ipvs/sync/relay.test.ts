/** A master's datagrams, byte for byte, in a backup with the same rules: its table becomes the master's. */
import { expect } from "chai";
import { prefixed } from "../../../../src/core/host/config/config.ts";
import { PROTOCOL_TCP } from "../../../../src/core/wire/ipv4.ts";
import { audit } from "../../../support/audit.ts";
import { Conversation } from "../../../support/conversation.ts";
import { CLIENT, type Lab, type LabOptions, LOCAL, lab, SERVER, SERVER2, service, VIP } from "../../../support/lab.ts";
import { ip, tcp, udp } from "../../../support/packet.ts";
import type { Seen } from "../../../support/seen.ts";
import { datagram } from "./made-message.ts";

const DAEMON = "--mcast-interface eth1 --syncid 5";
const EVERY_PACKET = { sync_threshold: 0, sync_period: 1 };

interface Pair {
  readonly master: Lab;
  readonly backup: Lab;
}

/** `everyPacket`: nothing is left out for its number of packets. */
function pair(rules: readonly string[], options: Omit<LabOptions, "rules"> = {}, more = "", everyPacket = true): Pair {
  const master = lab(rules, options);
  if (everyPacket)
    master.director.server.setSysctl("sync_threshold", [EVERY_PACKET.sync_threshold, EVERY_PACKET.sync_period]);
  master.ipvsadm(`--start-daemon master ${DAEMON}${more}`);
  const backup = lab(rules, options);
  backup.ipvsadm(`--start-daemon backup ${DAEMON}${more}`);
  return { master, backup };
}

const isSync = (seen: Seen): boolean =>
  seen.port === "eth1" && seen.toMac.startsWith("01:00:5e") && seen.packet[9] === 17;

/** Lets the master's messages go, and hands them to the backup. */
function relay({ master, backup }: Pair): readonly Seen[] {
  const sent = master.wait(3.2).filter(isSync);
  for (const seen of sent) {
    // From another address: both labs have the same.
    const again = datagram(seen.packet.subarray(28), seen.destinationPort);
    expect(backup.receive(again, "eth1").verdict).to.equal("delivered");
  }
  return sent;
}

function expectSame({ master, backup }: Pair): void {
  expect(backup.listing()).to.deep.equal(master.listing());
  audit(backup.director.server);
}

describe("a backup fed by a master", () => {
  for (const [method, sysctl] of [
    ["-m", {}],
    ["-m", { sync_version: 0 }],
    ["-g", {}],
    ["-i", {}],
  ] as const) {
    it(`has its connections: ${method} ${JSON.stringify(sysctl)}`, () => {
      const both = pair(service(method, [SERVER, SERVER2]), { sysctl });
      for (let port = 40000; port < 40003; port++) {
        both.master.receive(tcp(`${CLIENT}:${port} > ${VIP}:80`, "S"));
        both.master.receive(tcp(`${CLIENT}:${port} > ${VIP}:80`, "."));
      }
      expect(relay(both)).to.have.length(1);
      expect(both.backup.listing()).to.have.length(3);
      expectSame(both);
    });
  }

  it("lets a conversation go on where the master stopped", () => {
    const both = pair(service("-m", [SERVER, SERVER2], { at: `-t ${VIP}:80` }));
    const talk = new Conversation(both.master).open();
    relay(both);
    const { sent } = both.backup.receive(talk.request("P.", { data: "and on" }));
    expect(sent[0]?.ends).to.equal(`${CLIENT}:40000 > ${talk.server}`);
    const { sent: back } = both.backup.receive(tcp(`${talk.server} > ${CLIENT}:40000`, "P.", { data: "too" }));
    expect(back[0]?.ends).to.equal(`${VIP}:80 > ${CLIENT}:40000`);
  });

  it("has its templates, and schedules new connections of their clients by them", () => {
    const both = pair(service("-m", [SERVER, SERVER2], { extra: "-p 300" }), { sysctl: { sync_persist_mode: 1 } });
    const first = both.master.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "S")).sent[0]?.destination;
    both.master.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "."));
    relay(both);
    expect(both.backup.listing()).to.have.length(1);
    expect(both.backup.listing()[0]).to.include(`${CLIENT}:0 ${VIP}:80 ${first}:80`);
    expect(both.backup.receive(tcp(`${CLIENT}:40001 > ${VIP}:80`, "S")).sent[0]?.destination).to.equal(first);
  });

  it("has the templates that a persistence engine named", () => {
    const at = `-u ${VIP}:5060`;
    const both = pair(service("-m", [SERVER, SERVER2], { at, extra: "-p 300 --pe sip -o" }));
    const invite = "INVITE sip:a@b SIP/2.0\r\nCall-ID: 12345678901234567890\r\nContent-Length: 0\r\n\r\n";
    for (let packet = 0; packet < 3; packet++)
      both.master.receive(udp(`${CLIENT}:5060 > ${VIP}:5060`, { data: invite }));
    expect(relay(both)).to.have.length(1);
    expect(both.backup.listing()).to.have.length(1);
    expectSame(both);
    const { rows } = both.backup;
    expect(rows.extras(0)?.engineData?.data).to.deep.equal(both.master.rows.extras(0)?.engineData?.data);
  });

  it("hears of marks, and finds its real servers by them", () => {
    const marks = [
      { protocol: PROTOCOL_TCP, destination: prefixed(ip(VIP), 32), portFirst: 80, portLast: 81, mark: 7 } as const,
    ];
    for (const method of ["-m", "-g"]) {
      const both = pair(service(method, [`${SERVER}:0`], { at: "-f 7", extra: "-p 300" }), { marks });
      both.master.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "S"));
      both.master.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "."));
      relay(both);
      expect(both.backup.listing()).to.have.length(2);
      expectSame(both);
      expect(both.backup.director.server.services.list()[0]?.destinations[0]?.persistentConnections).to.equal(1);
    }
  });

  it("gets messages in threads of their own ports, none longer than --sync-maxlen", () => {
    const both = pair(service("-m", [SERVER, SERVER2]), { sysctl: { sync_ports: 2 } }, " --sync-maxlen 1024");
    for (let port = 40000; port < 40100; port++) {
      both.master.receive(tcp(`${CLIENT}:${port} > ${VIP}:80`, "S"));
      both.master.receive(tcp(`${CLIENT}:${port} > ${VIP}:80`, "."));
    }
    const sent = relay(both);
    expect(new Set(sent.map((seen) => seen.destinationPort))).to.deep.equal(new Set([8848, 8849]));
    for (const seen of sent) expect(seen.packet.length).most(1024 + 28);
    expect(both.backup.listing()).to.have.length(100);
    expectSame(both);
  });

  it("hears nothing of half-open connections, nor of FULLNAT's in version 0", () => {
    const half = pair(service("-m", [SERVER]));
    half.master.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "S"));
    expect(relay(half)).to.deep.equal([]);
    const full = pair([...service("-b", [SERVER]), `-P -t ${VIP}:80 -z ${LOCAL}`], { sysctl: { sync_version: 0 } });
    full.master.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "S"));
    full.master.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "."));
    expect(relay(full)).to.deep.equal([]);
  });

  it("has FULLNAT's with their local ends and numbers, and hands out other ports from then on", () => {
    const both = pair([...service("-b", [`${SERVER}:8080`]), `-P -t ${VIP}:80 -z ${LOCAL}`]);
    const talk = new Conversation(both.master).open();
    relay(both);
    expectSame(both);
    const told = both.master.receive(talk.request("P.", { data: "and on" })).sent[0];
    const { sent } = both.backup.receive(talk.request("P.", { data: "and on" }));
    expect(sent[0]?.ends).to.equal(told?.ends);
    expect(sent[0]?.sequence).to.equal(told?.sequence);
    const { sent: back } = both.backup.receive(talk.reply("P.", { data: "too" }));
    expect(back[0]?.ends).to.equal(`${VIP}:80 > ${CLIENT}:40000`);
    const next = both.backup.receive(tcp(`${CLIENT}:40001 > ${VIP}:80`, "S")).sent[0];
    expect(next?.sourcePort).to.equal((told?.sourcePort ?? 0) + 1);
  });

  it("takes the local end of a younger connection between the same ends", () => {
    const both = pair([...service("-b", [`${SERVER}:8080`]), `-P -t ${VIP}:80 -z ${LOCAL}`]);
    const talk = new Conversation(both.master).open();
    relay(both);
    both.master.connections.delete(0);
    talk.open();
    relay(both);
    both.backup.wait(0.1);
    expect(both.backup.ipvsadm("-Lnc").split("\n")).to.have.length(4);
    expect(both.backup.rows.localPort(1)).to.equal(both.master.rows.localPort(0));
    audit(both.backup.director.server);
  });

  it("is told at once of what begins and changes, where both are prompt, and of all when it asks", () => {
    const rules = service("-m", [SERVER, SERVER2]);
    const daemon = {
      mcastInterface: "eth1",
      syncId: 5,
      maxLength: 0,
      group: undefined,
      port: 0,
      ttl: 0,
      prompt: true,
    } as const;
    const both = { master: lab(rules), backup: lab(rules) };
    for (const state of ["master", "backup"] as const) both.master.director.server.startDaemon({ ...daemon, state });
    both.master.wait(2);
    const told = () => both.master.wait(0.001).filter(isSync);
    const hear = (sent: readonly Seen[]) => {
      for (const seen of sent) both.backup.receive(datagram(seen.packet.subarray(28), seen.destinationPort), "eth1");
    };
    both.master.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "S"));
    const first = told();
    expect(first).to.have.length(1);
    both.master.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "."));
    expect(told()).to.have.length(1);
    // By its count, as ever: that is no news, and waits for more to tell.
    both.master.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "."));
    both.master.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "."));
    expect(told()).to.have.length(0);
    both.master.receive(tcp(`${CLIENT}:40001 > ${VIP}:80`, "S"));
    const [both0and1] = told();
    expect(both0and1?.packet[28 + 4], "records").to.equal(2);
    both.backup.director.server.startDaemon({ ...daemon, state: "backup" });
    both.backup.director.server.sync.learn();
    const asked = both.backup.collect().filter(isSync);
    expect(asked[0]?.packet.subarray(28)).to.deep.equal(Uint8Array.of(0, 5, 0, 8, 0, 1, 0, 0));
    for (const seen of asked) both.master.receive(datagram(seen.packet.subarray(28), 8848), "eth1");
    expect(both.backup.director.server.sync.isLearning).to.equal(true);
    hear([...told(), ...told()]);
    expect(both.backup.director.server.sync.isLearning).to.equal(false);
    expectSame(both);
  });

  it("asks again where a datagram was lost, but not for ever", () => {
    const rules = service("-m", [SERVER]);
    const daemon = {
      ...{ mcastInterface: "eth1", syncId: 5, maxLength: 0, group: undefined, port: 0, ttl: 0 },
      prompt: true,
    } as const;
    const both = { master: lab(rules), backup: lab(rules) };
    for (let port = 40000; port < 40100; port++) both.master.receive(tcp(`${CLIENT}:${port} > ${VIP}:80`, "S"));
    for (const state of ["master", "backup"] as const) both.master.director.server.startDaemon({ ...daemon, state });
    both.backup.director.server.startDaemon({ ...daemon, state: "backup" });
    const { sync } = both.backup.director.server;
    let turns = 0;
    let asked: readonly Seen[] = [];
    const ask = (): void => {
      sync.learn();
      asked = both.backup.collect();
    };
    /** What the backup asks reaches the master; of what that tells, the first `lost` datagrams are lost. */
    const turn = (lost: number): void => {
      turns++;
      for (const seen of asked.filter(isSync)) both.master.receive(datagram(seen.packet.subarray(28), 8848), "eth1");
      const told = both.master.wait(0.01).filter(isSync);
      expect(told).to.have.length(4);
      asked = told
        .slice(lost)
        .flatMap((seen) => both.backup.receive(datagram(seen.packet.subarray(28), seen.destinationPort), "eth1").sent);
    };
    ask();
    turn(1);
    expect([both.backup.listing().length, sync.isLearning]).to.deep.equal([60, true]);
    turn(0);
    expect(sync.isLearning).to.equal(false);
    expectSame(both);
    for (let port = 40100; port < 40120; port++) both.master.receive(tcp(`${CLIENT}:${port} > ${VIP}:80`, "S"));
    both.master.wait(0.01);
    turns = 0;
    ask();
    while (sync.isLearning) turn(3);
    expect(turns).to.equal(3);
  });

  it("is told before the packet's answer can come, where the director hurries its master", () => {
    for (const prompt of [true, undefined] as const) {
      const master = lab(service("-m", [SERVER]));
      const { server } = master.director;
      server.startDaemon({
        ...{ state: "master", mcastInterface: "eth1", syncId: 5, maxLength: 0, group: undefined, port: 0, ttl: 0 },
        ...(prompt && { prompt }),
      });
      master.wait(2);
      master.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "S"));
      server.sync.master?.hurry();
      expect(master.collect().filter(isSync), `${prompt}`).to.have.length(prompt ? 1 : 0);
      server.sync.master?.hurry();
      expect(master.wait(0.001).filter(isSync), "once").to.have.length(0);
    }
  });

  it("takes no FULLNAT connection whose local address it has not", () => {
    const both = pair([...service("-b", [SERVER]), `-P -t ${VIP}:80 -z ${LOCAL}`]);
    both.backup.ipvsadm(`-Q -t ${VIP}:80 -z ${LOCAL}`);
    new Conversation(both.master).open();
    relay(both);
    expect(both.backup.listing()).to.deep.equal([]);
  });

  it("is told the same by a master whose packets take the fast path", () => {
    for (const [method, more] of [
      ["-m", []],
      ["-g", []],
      ["-b", [`-P -t ${VIP}:80 -z ${LOCAL}`]],
    ] as const) {
      const [walked, fast] = [false, true].map((fastPath) => {
        const made = lab([...service(method, [SERVER, SERVER2]), ...more], { silent: true, fastPath });
        made.ipvsadm(`--start-daemon master ${DAEMON}`);
        for (let port = 40000; port < 40010; port++) {
          made.receive(tcp(`${CLIENT}:${port} > ${VIP}:80`, "S"));
          for (let packet = 0; packet < 120; packet++) made.receive(tcp(`${CLIENT}:${port} > ${VIP}:80`, "."));
        }
        const told = made.wait(3.2).filter(isSync);
        return { packets: made.director.fastPackets, told: told.map((seen) => [...seen.packet.subarray(28)]) };
      });
      expect(walked?.packets).to.equal(0);
      // All but those that open a connection; also those that are told of.
      expect(fast?.packets, method).at.least(10 * 119);
      expect(fast?.told, method).to.deep.equal(walked?.told);
      expect(fast?.told.length, method).above(0);
    }
  });

  it("loses what had gathered when the master is stopped", () => {
    const both = pair(service("-m", [SERVER]));
    both.master.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "S"));
    both.master.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "."));
    both.master.ipvsadm("--stop-daemon master");
    expect(relay(both)).to.deep.equal([]);
  });

  it("is told again of a template that lives on for its connections", () => {
    const both = pair(service("-m", [SERVER], { extra: "-p 5" }), { sysctl: { sync_persist_mode: 1 } });
    both.master.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "S"));
    both.master.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "."));
    relay(both);
    both.master.wait(4);
    expect(relay(both)).to.have.length(1);
    expect(both.backup.ipvsadm("-Lnc")).to.match(/TCP 0(0:5\d|1:00) /);
  });
});
