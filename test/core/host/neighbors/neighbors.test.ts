/** Who is behind a next hop: frames wait in order, requests are repeated, and an address that was learnt is doubted in time. */
import { expect } from "chai";
import { between, ends, expectFrame, expectFrames, icmpError, onPort, quotes, toMac, ttl } from "tapvs/testing";
import {
  DELAY,
  FAILED,
  INCOMPLETE,
  NEIGHBOR_STATES,
  PROBE,
  REACHABLE,
  STALE,
} from "../../../../src/core/host/neighbors/neighbor.ts";

import {
  CLIENT,
  DIRECTOR,
  DIRECTOR_MACS,
  FAR_CLIENT,
  INSIDE,
  type Lab,
  lab,
  macOf,
  SERVER,
  service,
  VIP,
} from "../../../support/lab.ts";
import { counting, ethernet, ip, tcp, udp } from "../../../support/packet.ts";
import type { Seen } from "../../../support/seen.ts";

const EVERYBODY = "ff:ff:ff:ff:ff:ff";
const hex = (mac: string): number[] => mac.split(":").map((pair) => Number.parseInt(pair, 16));
const quad = (address: string): number[] => address.split(".").map(Number);

/** An ARP message of a station of the lab. */
function arp(operation: number, from: string, to: string, mac = macOf(from)): Uint8Array {
  const target = operation === 1 ? [0, 0, 0, 0, 0, 0] : hex(DIRECTOR_MACS.eth1 ?? "");
  return Uint8Array.from([0, 1, 8, 0, 6, 4, 0, operation, ...hex(mac), ...quad(from), ...target, ...quad(to)]);
}

const replies = (made: Lab, from: string = SERVER, mac = macOf(from), port = "eth1") =>
  made.receiveFrame(
    ethernet(DIRECTOR_MACS[port] ?? "", mac, arp(2, from, port === "eth1" ? INSIDE : DIRECTOR, mac), 0x0806),
    port,
  );
const asks = (made: Lab, from: string = SERVER, target = INSIDE, port = "eth1") =>
  made.receiveFrame(ethernet(EVERYBODY, macOf(from), arp(1, from, target), 0x0806), port);

/** `who has TARGET tell SENDER`, or `IS at MAC`. */
function arpText(seen: Seen | undefined): string {
  if (seen?.etherType !== 0x0806) return `${seen}`;
  const at = (offset: number): string => Array.from(seen.bytes.subarray(14 + offset, 18 + offset)).join(".");
  const unicast = seen.toMac === EVERYBODY ? "" : " you";
  return seen.bytes[21] === 1 ? `who${unicast} has ${at(24)} tell ${at(14)}` : `${at(14)} is at ${seen.fromMac}`;
}

const state = (made: Lab, address: string = SERVER): string => {
  const found = made.director.neighbors.find(1, ip(address));
  return NEIGHBOR_STATES[found?.state ?? FAILED] ?? "";
};
const strange = (): Lab => lab(service("-m"), { neighbors: false });
const passing = (port: number) => udp(`${FAR_CLIENT}:${port} > ${SERVER}:7`);

describe("neighbors", () => {
  it("frames wait for an answer, in order, and copies of them at that", () => {
    const made = strange();
    const first = made.receive(passing(1), "eth0");
    expect([first.verdict, ...first.sent.map(arpText)]).to.deep.equal(["parked", `who has ${SERVER} tell ${INSIDE}`]);
    for (const port of [2, 3]) {
      const { verdict, sent } = made.receive(passing(port), "eth0");
      expect([verdict, sent.length], "asked once").to.deep.equal(["parked", 0]);
    }
    const { sent } = replies(made);
    expectFrames(
      sent,
      ...[1, 2, 3].map((port) => [toMac(macOf(SERVER)), ends(`${FAR_CLIENT}:${port} > ${SERVER}:7`), ttl(63)]),
    );
    expect(made.receive(passing(4), "eth0").verdict).to.equal("sent");
    expect(state(made)).to.equal("REACHABLE");
  });

  it("a request carries the waiting packet's source if that is the host's own", () => {
    const made = strange();
    made.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "S"));
    replies(made);
    const { sent } = made.receive(tcp(`${SERVER}:80 > ${CLIENT}:40000`, "S."));
    expect(sent.map(arpText)).to.deep.equal([`who has ${CLIENT} tell ${VIP}`]);
    for (const [announce, teller] of [
      [1, DIRECTOR],
      [2, DIRECTOR],
    ] as const) {
      const shy = lab(service("-m"), { neighbors: false, sysctl: { "net.ipv4.conf.all.arp_announce": announce } });
      shy.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "S"));
      replies(shy);
      const asked = shy.receive(tcp(`${SERVER}:80 > ${CLIENT}:40000`, "S.")).sent;
      expect(asked.map(arpText), `arp_announce ${announce}`).to.deep.equal([`who has ${CLIENT} tell ${teller}`]);
    }
  });

  it("asks three times, a second apart, and then tells each sender that the host is unreachable", () => {
    const made = strange();
    for (const port of [1, 2]) made.receive(udp(`${CLIENT}:${port} > ${SERVER}:7`));
    replies(made, CLIENT, macOf(CLIENT), "eth0");
    const asked: string[] = [];
    for (let tick = 0; tick < 25; tick++) asked.push(...made.wait(0.1).map(arpText));
    expect(asked).to.deep.equal([`who has ${SERVER} tell ${INSIDE}`, `who has ${SERVER} tell ${INSIDE}`]);
    const sent = made.wait(1);
    // The client is not known either, so the errors wait for it.
    expect(sent.map(arpText)).to.deep.equal([`who has ${CLIENT} tell ${DIRECTOR}`]);
    const told = replies(made, CLIENT, macOf(CLIENT), "eth0").sent;
    expectFrames(
      told,
      ...[1, 2].map((port) => [
        onPort("eth0"),
        between(`${DIRECTOR} > ${CLIENT}`),
        icmpError(3, 1),
        quotes(ends(`${CLIENT}:${port} > ${SERVER}:7`), ttl(63)),
      ]),
    );
    expect(state(made)).to.equal("FAILED");
    expect(made.receive(passing(3), "eth0").sent.map(arpText), "begins anew").to.deep.equal([
      `who has ${SERVER} tell ${INSIDE}`,
    ]);
  });

  it("of too many waiting frames the oldest go, and are counted", () => {
    const made = strange();
    for (let port = 1; port <= 150; port++) {
      made.receive(udp(`${FAR_CLIENT}:${port} > ${SERVER}:7`, { data: counting(1400) }), "eth0");
    }
    const { sent } = replies(made);
    expect(sent.length).to.be.within(100, 115);
    expect(sent.at(-1)?.sourcePort).to.equal(150);
    expect(made.counted()).to.equal("parking-full");
    expect([...made.director.counts].filter((count) => count === 150 - sent.length)).to.have.length(1);
  });

  it("who asks for the director is learnt, stale; who answers it is reachable", () => {
    const made = strange();
    expect(asks(made).sent.map(arpText)).to.deep.equal([`${INSIDE} is at ${DIRECTOR_MACS.eth1}`]);
    expect(state(made)).to.equal("STALE");
    const other = strange();
    expect(replies(other).verdict, "an answer to nobody").to.equal("arp-not-for-us");
    expect(other.director.neighbors.find(1, ip(SERVER))).to.equal(undefined);
  });

  it("a stale address is used at once, doubted after 5 s, asked for, and given up after three requests", () => {
    const made = strange();
    asks(made);
    expect(made.receive(passing(1), "eth0").verdict).to.equal("sent");
    expect(state(made)).to.equal("DELAY");
    const asked: string[] = [];
    for (let tick = 0; tick < 60; tick++) asked.push(...made.wait(0.1).map(arpText));
    expect(asked).to.deep.equal([`who you has ${SERVER} tell ${INSIDE}`]);
    expect(state(made)).to.equal("PROBE");
    expect(made.receive(passing(2), "eth0").verdict, "in doubt, but used").to.equal("sent");
    asked.length = 0;
    for (let tick = 0; tick < 30; tick++) asked.push(...made.wait(0.1).map(arpText));
    expect(asked).to.have.length(2);
    expect(state(made)).to.equal("FAILED");
    expect(made.receive(passing(3), "eth0").verdict).to.equal("parked");
  });

  it("an answer in time makes it reachable again; one that nobody uses becomes stale without a question", () => {
    const made = strange();
    asks(made);
    made.receive(passing(1), "eth0");
    made.wait(5.5);
    replies(made);
    expect(state(made)).to.equal("REACHABLE");
    expect(made.wait(60)).to.have.length(0);
    expect(state(made)).to.equal("STALE");
  });

  it("one that is in use when its 30 s are over is asked again; confirmed in the meantime, it is not", () => {
    const used = strange();
    asks(used);
    used.receive(passing(1), "eth0");
    used.wait(5.5);
    replies(used);
    for (let second = 0; second < 40; second++) {
      used.receive(passing(2), "eth0");
      used.wait(1);
    }
    expect(used.director.neighbors.find(1, ip(SERVER))?.state, "asked for").to.not.equal(REACHABLE);
    const confirmed = strange();
    confirmed.receive(passing(1), "eth0");
    replies(confirmed);
    for (let second = 0; second < 100; second++) {
      confirmed.wait(1);
      if (second % 20 === 19) replies(confirmed);
      expect(state(confirmed), `after ${second} s`).to.equal("REACHABLE");
    }
  });

  it("another MAC address is believed a second after the last one, not before; from the owner himself at once", () => {
    const other = "02:00:00:00:02:99";
    const made = strange();
    made.receive(passing(1), "eth0");
    replies(made);
    replies(made, SERVER, other);
    expectFrame(made.receive(passing(2), "eth0").sent[0], toMac(macOf(SERVER)));
    made.wait(1.5);
    replies(made, SERVER, other);
    expectFrame(made.receive(passing(3), "eth0").sent[0], toMac(other));
    const gratuitous = ethernet(EVERYBODY, macOf(SERVER), arp(1, SERVER, SERVER), 0x0806);
    made.receiveFrame(gratuitous, "eth1");
    expectFrame(made.receive(passing(4), "eth0").sent[0], toMac(macOf(SERVER)));
  });

  it("a configured neighbor is never asked for and believes nobody", () => {
    const made = lab(service("-m"));
    replies(made, SERVER, "02:00:00:00:02:99");
    asks(made);
    expect(made.wait(3600)).to.have.length(0);
    expectFrame(made.receive(passing(1), "eth0").sent[0], toMac(macOf(SERVER)));
    expect(state(made)).to.equal("PERMANENT");
  });

  it("the states have the kernel's names", () => {
    expect([INCOMPLETE, REACHABLE, STALE, DELAY, PROBE, FAILED].map((number) => NEIGHBOR_STATES[number])).to.deep.equal(
      ["INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE", "FAILED"],
    );
  });
});

describe("ARP", () => {
  it("any address of the director is answered for on any port, another one nowhere", () => {
    const made = strange();
    for (const target of [INSIDE, DIRECTOR, VIP]) {
      expect(asks(made, SERVER, target).sent.map(arpText)).to.deep.equal([`${target} is at ${DIRECTOR_MACS.eth1}`]);
    }
    expect(asks(made, SERVER, "203.0.113.7").sent).to.have.length(0);
  });

  it("arp_ignore 1 answers for the port's own addresses only, 8 for none, 3 for all but those of the loopback", () => {
    const answered = (ignore: number, target: string): number =>
      asks(lab([], { neighbors: false, sysctl: { "net.ipv4.conf.eth1.arp_ignore": ignore } }), SERVER, target).sent
        .length;
    expect([answered(0, VIP), answered(1, VIP), answered(1, INSIDE)]).to.deep.equal([1, 0, 1]);
    expect([answered(3, INSIDE), answered(8, INSIDE)]).to.deep.equal([1, 0]);
  });

  it("whoever says that he has the director's own address is not believed", () => {
    const made = strange();
    expect(asks(made, INSIDE, INSIDE).sent).to.have.length(0);
    expect(made.director.neighbors.find(1, ip(INSIDE))).to.equal(undefined);
  });
});
