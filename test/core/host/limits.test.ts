/** How often the director tells anybody anything: the buckets of ICMP errors and redirects. */

import { expect } from "chai";
import { between, ends, expectFrame, icmpError, onPort, quotes, ttl } from "tapvs/testing";
import { HostSysctl } from "../../../src/core/host/host-sysctl.ts";
import { Peers } from "../../../src/core/host/own/peers.ts";
import { KernelTicks } from "../../../src/core/time/kernel-ticks.ts";
import { AddressTable } from "../../../src/core/wire/address-table.ts";
import { CLIENT, CLIENT2, DIRECTOR, lab, SERVER, VIP } from "../../support/lab.ts";
import { counting, ip, tcp, udp } from "../../support/packet.ts";

const SECOND = 1e6;
const MINUTE = 60 * SECOND;

describe("limits of ICMP errors", () => {
  const limited = { sysctl: { "net.ipv4.icmp_ratelimit": 1000 } };
  const refused = (port: number) => udp(`${CLIENT}:${port} > ${VIP}:9`);

  it("six at once, then one for each icmp_ratelimit", () => {
    const made = lab([], limited);
    made.wait(100);
    const told = (count: number): number =>
      Array.from({ length: count }, (_, port) => made.receive(refused(port + 1)).sent.length).filter(Boolean).length;
    expect(told(20)).to.equal(6);
    made.wait(0.5);
    expect(told(3)).to.equal(0);
    made.wait(0.5);
    expect(told(3)).to.equal(1);
    made.wait(4);
    expect(told(10)).to.equal(4);
    made.wait(1000);
    expect(told(10)).to.equal(6);
  });

  it("each receiver has a bucket of its own", () => {
    const made = lab([], limited);
    made.wait(100);
    for (let port = 1; port < 10; port++) made.receive(refused(port));
    expect(made.receive(udp(`${CLIENT2}:1 > ${VIP}:9`)).sent).to.have.length(1);
  });

  it("fragmentation needed is never held back, nor what icmp_ratemask leaves out", () => {
    const made = lab([], { ...limited, mtu: [1500, 576] });
    const big = udp(`${CLIENT}:1 > ${SERVER}:9`, { data: counting(600), dontFragment: true });
    for (let count = 0; count < 20; count++) {
      expectFrame(made.receive(big).sent[0], icmpError(3, 4, 576), between(`${DIRECTOR} > ${CLIENT}`), quotes(ttl(64)));
    }
    const unmasked = lab([], { sysctl: { "net.ipv4.icmp_ratelimit": 1000, "net.ipv4.icmp_ratemask": 0 } });
    for (let port = 1; port < 20; port++) expect(unmasked.receive(refused(port)).sent).to.have.length(1);
  });

  it("a packet without a route earns an error five times, then once a second", () => {
    const peers = new Peers(new AddressTable(), new KernelTicks(100), new HostSysctl([]));
    const may = (now: number, count: number): number =>
      Array.from({ length: count }, () => peers.mayRouteError(ip(CLIENT), now)).filter(Boolean).length;
    expect(may(MINUTE, 10)).to.equal(5);
    expect(may(MINUTE + 0.9 * SECOND, 10)).to.equal(0);
    expect(may(MINUTE + SECOND, 10)).to.equal(1);
    expect(may(2 * MINUTE, 10)).to.equal(5);
  });
});

describe("redirects", () => {
  it("come ever more seldom: after 20 ms, 40, 80, ...; nine in vain, then not before 20 s of silence", () => {
    const peers = new Peers(new AddressTable(), new KernelTicks(100), new HostSysctl([]));
    const sent: number[] = [];
    const ask = (now: number): void => peers.redirect(ip(SERVER), now, () => sent.push(now / 10_000));
    for (let tick = 0; tick < 4000; tick++) ask(MINUTE + tick * 10_000);
    const gaps = sent.map((tick) => tick - (sent[0] ?? 0));
    expect(gaps).to.deep.equal([0, 5, 14, 31, 64, 129, 258, 515, 1028]);
    sent.length = 0;
    ask(MINUTE + 40 * SECOND + 21 * SECOND);
    expect(sent).to.have.length(1);
  });

  it("tell a sender of a shorter way if send_redirects is on, before the packet itself leaves", () => {
    const redirecting = lab([], { sysctl: { "net.ipv4.conf.all.send_redirects": 1 } });
    const packet = tcp(`${CLIENT}:1 > ${CLIENT2}:2`, "S");
    const [redirect, forwarded] = redirecting.receive(packet).sent;
    expectFrame(
      redirect,
      onPort("eth0"),
      between(`${DIRECTOR} > ${CLIENT}`),
      icmpError(5, 1, ip(CLIENT2)),
      quotes(ttl(63)),
    );
    expectFrame(forwarded, ends(`${CLIENT}:1 > ${CLIENT2}:2`), ttl(63));
    expect(lab().receive(packet).sent).to.have.length(1);
  });
});
