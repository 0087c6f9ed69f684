/** Deleted real servers: who is given back to whom, and who is freed when. */

import { expect } from "chai";
import { Destination } from "../../../src/core/ipvs/destination.ts";
import { nat } from "../../../src/core/ipvs/forwarding/nat.ts";
import { Service, type ServiceKey } from "../../../src/core/ipvs/service.ts";
import { Trash } from "../../../src/core/ipvs/trash.ts";
import { KernelTicks } from "../../../src/core/time/kernel-ticks.ts";
import { KernelTimers } from "../../../src/core/time/kernel-timers.ts";
import { AF_INET, AF_INET6, ANY, ipv4, parseIpv6 } from "../../../src/core/wire/address.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../../../src/core/wire/ipv4.ts";
import { SERVER, SERVER2, VIP, VIP2 } from "../../support/lab.ts";
import { ip } from "../../support/packet.ts";

const SECOND = 1e6;
const OPTIONS = { scheduler: "none", flags: 0, timeoutSeconds: 0, netmask: 0, persistenceEngine: "" };
const SERVER_OPTIONS = {
  forwarding: nat.number,
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  tunnelType: 0,
  tunnelPort: 0,
  tunnelFlags: 0,
};

const KEY: ServiceKey = { family: AF_INET, protocol: PROTOCOL_TCP, address: ipv4(ip(VIP)), port: 80, fwmark: 0 };
const MARKED: ServiceKey = { family: AF_INET, protocol: PROTOCOL_TCP, address: ANY, port: 0, fwmark: 7 };
/** The first 32 bits of an IPv6 address that are those of VIP. */
const SHOWN_AS_IPV6 = [ip(VIP) >>> 16, ip(VIP) & 0xffff].map((half) => half.toString(16)).join(":");
const serviceOf = (key: ServiceKey): Service => new Service(key, OPTIONS);
const serverOf = (key: ServiceKey, address: string = SERVER, port = 80): Destination =>
  new Destination(serviceOf(key), ipv4(ip(address)), port, SERVER_OPTIONS);

function trash() {
  const agenda = new KernelTimers(new KernelTicks(100));
  const freed: Destination[] = [];
  const made = new Trash(agenda, (destination) => freed.push(destination));
  /** Lets sweeps happen up to a time in seconds. */
  const pass = (seconds: number): void => {
    for (let due = agenda.takeDue(seconds * SECOND); due !== undefined; due = agenda.takeDue(seconds * SECOND)) {
      due.run(due.at);
    }
  };
  return { trash: made, freed, pass, agenda };
}

describe("the trash of destinations", () => {
  it("gives a server back to a service of the same name only", () => {
    for (const [key, given] of [
      [KEY, true],
      [{ ...KEY, protocol: PROTOCOL_UDP }, false],
      [{ ...KEY, port: 81 }, false],
      [{ ...KEY, address: ipv4(ip(VIP2)) }, false],
      [{ ...KEY, family: AF_INET6, address: parseIpv6("2001:db8::1") ?? ANY }, false],
      [{ ...KEY, family: AF_INET6, address: parseIpv6(`${SHOWN_AS_IPV6}::`) ?? ANY }, true],
      [MARKED, false],
    ] as const) {
      const { trash: made } = trash();
      const server = serverOf(KEY);
      made.add(server, 0);
      const back = made.takeBack(serviceOf(key), ipv4(ip(SERVER)), 80);
      expect(back === server, JSON.stringify(key)).to.equal(given);
    }
  });

  it("knows services of a mark by the mark", () => {
    const { trash: made } = trash();
    const server = serverOf(MARKED);
    made.add(server, 0);
    const take = (mark: number) => made.takeBack(serviceOf({ ...MARKED, fwmark: mark }), ipv4(ip(SERVER)), 80);
    expect(take(8)).to.equal(undefined);
    expect(take(7)).to.equal(server);
    expect(take(7), "once").to.equal(undefined);
  });

  it("gives back the server of that address and port, and nobody with it", () => {
    const { trash: made } = trash();
    const servers = [serverOf(KEY), serverOf(KEY, SERVER, 81), serverOf(KEY, SERVER2)];
    for (const server of servers) made.add(server, 0);
    const take = (address: string, port: number) => made.takeBack(serviceOf(KEY), ipv4(ip(address)), port);
    expect(take(SERVER2, 81)).to.equal(undefined);
    expect(take(SERVER, 81)).to.equal(servers[1]);
    expect(take(SERVER2, 80)).to.equal(servers[2]);
    expect(take(SERVER, 80)).to.equal(servers[0]);
  });

  it("frees a server 120 s after a sweep first found it idle, and its neighbor when that is", () => {
    const { trash: made, freed, pass, agenda } = trash();
    const [early, late] = [serverOf(KEY), serverOf(KEY, SERVER2)];
    made.add(early, 0);
    pass(70);
    made.add(late, 70 * SECOND);
    pass(190);
    expect(freed).to.deep.equal([early]);
    pass(260);
    expect(freed).to.deep.equal([early, late]);
    expect(agenda.next, "nothing is left to do").to.equal(Number.POSITIVE_INFINITY);
  });

  it("keeps whoever has connections, templates or a place in a scheduler's cache, whatever they add up to", () => {
    for (const references of [
      { activeConnections: 1 },
      { inactiveConnections: 1 },
      { persistentConnections: 1 },
      { cacheReferences: 1 },
      { activeConnections: 2, inactiveConnections: 2, persistentConnections: 4 },
    ]) {
      const { trash: made, freed, pass } = trash();
      const server = Object.assign(serverOf(KEY), references);
      made.add(server, 0);
      pass(1000);
      expect(freed, JSON.stringify(references)).to.deep.equal([]);
      Object.assign(server, {
        activeConnections: 0,
        inactiveConnections: 0,
        persistentConnections: 0,
        cacheReferences: 0,
      });
      pass(1300);
      expect(freed).to.deep.equal([server]);
    }
  });

  it("begins to count anew for a server that comes back into it", () => {
    const { trash: made, freed, pass } = trash();
    const server = serverOf(KEY);
    made.add(server, 0);
    pass(130);
    made.takeBack(serviceOf(KEY), ipv4(ip(SERVER)), 80);
    made.add(server, 130 * SECOND);
    pass(300);
    expect(freed).to.deep.equal([]);
    pass(330);
    expect(freed).to.deep.equal([server]);
  });
});
