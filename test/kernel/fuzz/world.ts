/** A random network with a director in it, and everything that has happened there. */

import { prefixed } from "../../../src/core/host/config/config.ts";
import { ANY, firstWord, ipv4 as ipv4Address } from "../../../src/core/wire/address.ts";
import { ARP_OPERATION, ARP_REPLY, ARP_REQUEST, ARP_TARGET_IP, arpFrame } from "../../../src/core/wire/arp.ts";
import { ETHERNET_HEADER, ETHERTYPE_ARP, macNumber } from "../../../src/core/wire/ethernet.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../../../src/core/wire/ipv4.ts";
import type { Conversation } from "../conversation.ts";
import { addressOf, concat, ethernet, macOf } from "../frames.ts";
import { Network, type Station } from "../network.ts";
import { type SentFrame, sentPacket } from "../sent.ts";
import { Stage } from "../stage.ts";
import type { Random } from "./random.ts";

/** A virtual service that the case knows of; whether it exists is another matter. */
export interface FuzzService {
  readonly option: "-t" | "-u" | "--sctp-service" | "-f";
  /** As ipvsadm wants it: `10.1.0.100:80`, or a mark. */
  readonly name: string;
  readonly protocol: "tcp" | "udp" | "sctp";
  readonly address: number;
  /** Where its traffic goes; any port if there is none. */
  readonly ports: readonly number[];
  /** 0 for all ports, 21, or a mark: only persistence serves these well. */
  readonly persistent: boolean;
}

export interface World {
  readonly random: Random;
  readonly network: Network;
  readonly stage: Stage;
  readonly virtuals: readonly number[];
  readonly services: FuzzService[];
  readonly conversations: Conversation[];
  /** Addresses of clients; some behind a router. */
  readonly clients: readonly number[];
  /** Addresses that real servers may have. */
  readonly servers: readonly number[];
  /** A host of the clients' side that is no client: a router. */
  readonly router: Station;
  /** One that never answers ARP. */
  readonly silent: Station | undefined;
  /** The last packets that the director sent, from the IPv4 header on. */
  readonly sent: Uint8Array[];
}

const MTUS: readonly (readonly [number, number])[] = [
  [8, 1500],
  [1, 1400],
  [1, 1000],
  [1, 600],
];

/** A director with clients on eth0 and real servers on eth1, or all of them on one wire. */
export function makeWorld(random: Random, name: string): World {
  const oneArm = random.chance(0.3);
  const network = new Network();
  const virtuals = [addressOf("10.1.0.100"), ...(random.chance(0.4) ? [addressOf("10.1.0.101")] : [])];
  const side = prefixed(addressOf("10.1.0.254"), 24);
  network.addInterface("eth0", [side, ...virtuals.map((ip) => prefixed(ip, 32))], random.weighted(MTUS));
  const inner = oneArm ? "eth0" : "eth1";
  const innerNet = oneArm ? "10.1.0" : "10.2.0";
  if (!oneArm) network.addInterface("eth1", [prefixed(addressOf("10.2.0.1"), 24)], random.weighted(MTUS));
  network.addStation({ name: "c1", address: addressOf("10.1.0.1"), dev: "eth0" });
  const router = network.addStation({ name: "router", address: addressOf("10.1.0.9"), dev: "eth0" });
  const servers = Array.from({ length: 5 }, (_, index) => addressOf(`${innerNet}.${index + 2}`));
  const silent = random.chance(0.1) ? random.pick(servers) : undefined;
  for (const [index, address] of servers.entries()) {
    const known = address !== silent && random.chance(0.85);
    network.addStation({ name: `s${index + 2}`, address, dev: inner, known });
  }
  const behind = network.addStation({ name: "inner", address: addressOf(`${innerNet}.250`), dev: inner });
  network.routes.push({ to: prefixed(addressOf("10.9.0.0"), 16), via: ipv4Address(router.address) });
  network.routes.push({ to: prefixed(addressOf("10.8.0.0"), 16), via: ipv4Address(behind.address) });
  if (random.chance(0.3)) network.routes.push({ to: prefixed(0, 0), via: ipv4Address(router.address) });
  addMarks(network, random, virtuals);
  addSysctls(network, random, oneArm);
  const far = Array.from({ length: 4 }, () => addressOf(`10.9.${random.integer(0, 3)}.${random.integer(1, 5)}`));
  return worldOf(name, {
    random,
    network,
    virtuals,
    clients: [addressOf("10.1.0.1"), ...far],
    servers: [...servers, addressOf("10.8.0.5")],
    router,
    silent: network.stations.find(({ address }) => address === silent),
  });
}

/** A world before anything happens in it. */
export const worldOf = (name: string, made: Omit<World, "stage" | "services" | "conversations" | "sent">): World => ({
  ...made,
  stage: new Stage({ name, ...made.network.head() }),
  services: [],
  conversations: [],
  sent: [],
});

/** The ports that packets are marked by: some of these are services, too. */
export const MARKED_PORTS = [8000, 8001, 8002, 443] as const;

function addMarks(network: Network, random: Random, virtuals: readonly number[]): void {
  for (const port of MARKED_PORTS) {
    if (!random.chance(0.35)) continue;
    const mark = random.integer(1, 3);
    const destination = prefixed(random.pick(virtuals), 32);
    for (const protocol of random.sample([PROTOCOL_TCP, PROTOCOL_UDP] as const, random.integer(1, 2))) {
      network.marks.push({ protocol, destination, portFirst: port, portLast: port, mark });
    }
  }
}

/** Switches, each on its own seldom. */
const SYSCTLS: readonly (readonly [number, string, readonly number[]])[] = [
  [0.2, "net.ipv4.vs.expire_nodest_conn", [1]],
  [0.15, "net.ipv4.vs.conn_reuse_mode", [0, 2, 3]],
  [0.1, "net.ipv4.vs.sloppy_tcp", [1]],
  [0.12, "net.ipv4.vs.expire_quiescent_template", [1]],
  [0.12, "net.ipv4.vs.schedule_icmp", [1]],
  [0.12, "net.ipv4.vs.nat_icmp_send", [1]],
  [0.1, "net.ipv4.vs.secure_tcp", [3]],
  [0.1, "net.ipv4.vs.pmtu_disc", [0]],
  [0.05, "net.ipv4.vs.snat_reroute", [0]],
  [0.03, "net.ipv4.ip_forward", [0]],
  [0.04, "net.ipv4.ip_default_ttl", [3, 255]],
  [0.05, "net.ipv4.icmp_echo_ignore_all", [1]],
];

function addSysctls(network: Network, random: Random, oneArm: boolean): void {
  for (const [probability, key, values] of SYSCTLS) {
    if (random.chance(probability)) network.sysctl[key] = random.pick(values);
  }
  // The rate is looked at when the defence is switched on, so it comes first.
  if (random.chance(0.06)) {
    network.sysctl["net.ipv4.vs.am_droprate"] = random.integer(2, 5);
    network.sysctl["net.ipv4.vs.drop_packet"] = 3;
  }
  if (oneArm && random.chance(0.2)) network.sysctl["net.ipv4.conf.eth0.send_redirects"] = 1;
  if (random.chance(0.06)) network.sysctl["net.ipv4.conf.eth0.rp_filter"] = random.integer(1, 2);
}

/** A packet arrives from a host on a wire; what the director sends, after the hosts have answered its ARP requests. */
export function arrive(world: World, by: Station, packet: Uint8Array, padding = 0): SentFrame[] {
  const frame = concat(ethernet(world.network.directorMac(by.dev), by.mac, packet), new Uint8Array(padding));
  return settle(world, world.stage.rx(by.dev, frame));
}

/** Remembers what was sent, and answers ARP requests in the hosts' place; all frames together. */
export function settle(world: World, sent: readonly SentFrame[]): SentFrame[] {
  const all = [...sent];
  for (const frame of sent) {
    const packet = sentPacket(frame)?.packet;
    if (packet !== undefined) world.sent.push(packet);
    const asked = askedFor(world, frame);
    if (asked !== undefined && world.random.chance(0.85)) all.push(...settle(world, isAt(world, asked)));
  }
  world.sent.splice(0, world.sent.length - 8);
  return all;
}

function askedFor(world: World, { frame }: SentFrame): Station | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint16(12) !== ETHERTYPE_ARP) return undefined;
  if (view.getUint16(ETHERNET_HEADER + ARP_OPERATION) !== ARP_REQUEST) return undefined;
  const target = view.getUint32(ETHERNET_HEADER + ARP_TARGET_IP);
  const station = world.network.stations.find(({ address }) => address === target);
  return station === world.silent ? undefined : station;
}

/** A host tells its MAC address. */
function isAt(world: World, station: Station): SentFrame[] {
  const ours = macNumber(macOf(world.network.directorMac(station.dev)));
  const own = world.network.interfaces.find(({ name }) => name === station.dev)?.addresses[0]?.address ?? ANY;
  const targetIp = firstWord(own);
  const sender = { senderMac: macNumber(macOf(station.mac)), senderIp: station.address };
  const frame = arpFrame({ operation: ARP_REPLY, ...sender, targetMac: ours, targetIp, to: ours });
  return world.stage.rx(station.dev, frame.contents());
}

/** Who puts packets of an address on the wire: itself or the gateway to it, else the router. */
export const senderOf = (world: World, address: number): Station => world.network.senderFor(address) ?? world.router;
