import { expect } from "chai";
import { factsOf } from "../../../src/core/explain/decode/facts.ts";
import { Host } from "../../../src/core/simulator/host.ts";
import { ip, onLink, port } from "../../../src/core/simulator/layout.ts";
import { Network } from "../../../src/core/simulator/network.ts";
import { type Address, ANY, formatAddress, sameAddress } from "../../../src/core/wire/address.ts";

const VIRTUAL = ip(12, 11, 0, 101);
/** In no network of the port. */
const FOREIGN = ip(192, 0, 2, 1);

/** A host asks for its neighbor in order to send it a packet from `source`; whom the question names as its sender. */
function senderOf(source: Address, announce: number): string {
  const network = new Network();
  const lan = network.addSegment("lan");
  const host = new Host(network, {
    name: "rs1",
    interfaces: [port("eth0", lan, [onLink(ip(12, 11, 0, 103))])],
    loopback: [VIRTUAL, FOREIGN],
    sysctl: { "net.ipv4.conf.all.arp_announce": announce },
  });
  host.datagrams.ping(source, ip(12, 11, 0, 10), Uint8Array.of(1), () => {});
  network.run();
  const [question] = network.hops;
  const arp = question === undefined ? undefined : factsOf(question.bytes)?.arp;
  return formatAddress(arp?.senderIp ?? ANY);
}

/** Whether a host with the virtual address on `lo` answers ARP for it. */
function answers(ignore: number): boolean {
  const network = new Network();
  const lan = network.addSegment("lan");
  const asking = new Host(network, { name: "client", interfaces: [port("eth0", lan, [onLink(ip(12, 11, 0, 10))])] });
  new Host(network, {
    name: "rs1",
    interfaces: [port("eth0", lan, [onLink(ip(12, 11, 0, 103))])],
    loopback: [VIRTUAL],
    sysctl: { "net.ipv4.conf.eth0.arp_ignore": ignore },
  });
  asking.datagrams.ping(asking.address, VIRTUAL, Uint8Array.of(1), () => {});
  network.run();
  return network.hops.some(
    ({ from, bytes }) => from === "rs1" && sameAddress(factsOf(bytes)?.arp?.senderIp ?? ANY, VIRTUAL),
  );
}

describe("a host's ARP", () => {
  it("names the packet's source by arp_announce 0, one of the port's networks by 1, the port's own by 2", () => {
    const own = "12.11.0.103";
    expect([0, 1, 2].map((mode) => senderOf(VIRTUAL, mode))).deep.equals(["12.11.0.101", "12.11.0.101", own]);
    expect([0, 1, 2].map((mode) => senderOf(FOREIGN, mode))).deep.equals(["192.0.2.1", own, own]);
    expect([0, 1, 2].map((mode) => senderOf(ip(12, 11, 0, 103), mode))).deep.equals([own, own, own]);
  });

  it("answers for an address on lo, unless arp_ignore is 1 or 2", () => {
    expect([0, 1, 2].map(answers)).deep.equals([true, false, false]);
  });
});
