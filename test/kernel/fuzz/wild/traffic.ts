/** Traffic that traffic.ts does not make: any protocol from anywhere to anywhere, IPsec beside its UDP, ARP of all kinds. */
import { firstWord } from "../../../../src/core/wire/address.ts";
import { arpFrame } from "../../../../src/core/wire/arp.ts";
import { macNumber } from "../../../../src/core/wire/ethernet.ts";
import { concat, macOf, type Payload } from "../../frames.ts";
import type { Random } from "../random.ts";
import { senderOf, settle, type World } from "../world.ts";
import { anyConnection, type Between, sendAs, wildPayload } from "./connections.ts";
import { put } from "./packets.ts";

/** Nobody's, broadcast and network addresses, groups, loopback, zero, "this network", reserved. */
const STRANGE = [
  0xc0000201, 0x0a0100ff, 0x0a010000, 0x0a0200ff, 0x0a020000, 0x0a030003, 0xffffffff, 0xe0000001, 0xe0000112,
  0xe0000051, 0x7f000001, 0x00000000, 0x00000005, 0xf0000001,
] as const;

const ownAddresses = ({ network }: World): number[] =>
  network.interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => firstWord(address)));

/** A client's first packet to a service, mostly one that opens a connection. */
export function openWildly(world: World): void {
  const { random } = world;
  const service = random.pick(world.services);
  const source = random.pick(random.chance(0.9) ? world.clients : world.servers);
  const sourcePort = random.chance(0.06) ? random.pick([0, 20, 500]) : 40000 + random.integer(0, 11);
  const destinationPort = random.chance(0.05) ? random.integer(0, 65535) : random.pick(service.ports);
  const ends = { source, destination: service.address, sourcePort, destinationPort };
  const protocol = random.chance(0.04) ? random.pick(["tcp", "udp", "sctp"] as const) : service.protocol;
  sendAs(world, senderOf(world, source), wildPayload(random, protocol, ends, random.chance(0.75)));
}

/** Any packet between any two addresses. */
export function anything(world: World): void {
  const { random } = world;
  const own = ownAddresses(world);
  const address = (): number =>
    random.weighted<number>([
      [4, random.pick(world.clients)],
      [4, random.pick(world.servers)],
      [4, random.pick(world.virtuals)],
      [2, random.pick(own)],
      [2, random.pick(STRANGE)],
    ]);
  const service = random.pick(world.services);
  const port = (): number => random.pick([...service.ports, 500, 20, 0, 40000, 40001, random.integer(0, 65535)]);
  const ends = { source: address(), destination: address(), sourcePort: port(), destinationPort: port() };
  const by = random.chance(0.8) ? senderOf(world, ends.source) : random.pick(world.network.stations);
  sendAs(world, by, anyPayload(random, ends));
}

const PROTOCOLS = [0, 1, 2, 4, 6, 17, 33, 41, 46, 47, 50, 51, 58, 89, 94, 103, 108, 115, 132, 136, 255] as const;

function anyPayload(random: Random, ends: Between): Payload {
  if (random.chance(0.6)) {
    const payload = wildPayload(random, random.pick(["tcp", "udp", "sctp"] as const), ends);
    return random.chance(0.85) ? payload : { ...payload, bytes: payload.bytes.subarray(0, random.integer(0, 24)) };
  }
  return {
    ...ends,
    protocol: random.pick(PROTOCOLS),
    bytes: random.bytes(random.integer(0, random.chance(0.1) ? 1400 : 80)),
  };
}

/** AH or ESP of a client of UDP port 500, or of its real server. */
export function secure(world: World): void {
  const { random } = world;
  const known = anyConnection(world);
  const service = random.pick(world.services);
  const client = known?.client ?? random.pick(world.clients);
  const server = known?.server ?? random.pick(world.servers);
  const virtual = known?.virtual ?? service.address;
  if (random.chance(0.3)) {
    const ends = { source: client, destination: virtual, sourcePort: 500, destinationPort: 500 };
    sendAs(world, senderOf(world, client), wildPayload(random, "udp", ends));
  }
  const [source, destination, by] = random.weighted<readonly [number, number, number]>([
    [4, [client, virtual, client]],
    [3, [server, client, server]],
    [1, [virtual, client, server]],
  ]);
  const bytes = random.bytes(
    random.weighted([
      [4, random.integer(0, 60)],
      [1, 1400],
    ]),
  );
  sendAs(world, senderOf(world, by), { protocol: random.pick([50, 50, 51]), source, destination, bytes });
}

/** Somebody asks, answers or speaks of itself by ARP, as it should or not. */
export function talkByArp(world: World): void {
  const { random, network, stage } = world;
  const by = random.pick(network.stations);
  const own = ownAddresses(world);
  const anybody = [
    ...own,
    ...network.stations.map(({ address }) => address),
    ...world.clients,
    0,
    0xffffffff,
    0xe0000001,
  ];
  const senderIp = random.chance(0.75) ? by.address : random.pick(anybody);
  const targetIp = random.chance(0.6) ? random.pick(own) : random.pick([...anybody, senderIp]);
  const senderMac = macNumber(macOf(random.chance(0.9) ? by.mac : "02:00:00:00:00:77"));
  const to = macNumber(macOf(random.pick(["ff:ff:ff:ff:ff:ff", network.directorMac(by.dev)])));
  const operation = random.pick([1, 1, 1, 2, 2, 3]);
  const bytes = arpFrame({ operation, senderMac, senderIp, targetMac: random.pick([0, to]), targetIp, to })
    .contents()
    .slice();
  if (random.chance(0.1)) bytes[random.integer(14, bytes.length - 1)] = random.integer(0, 255);
  settle(world, stage.rx(by.dev, random.chance(0.9) ? bytes : bytes.subarray(0, random.integer(14, bytes.length))));
}

/** Bytes that are no packet at all. */
export function noise(world: World): void {
  const { random } = world;
  const by = random.pick(world.network.stations);
  const version = Uint8Array.of(random.pick([0x45, 0x45, 0x46, 0x4f, 0x60]));
  put(world, by, concat(version, random.bytes(random.integer(0, 80))), 0.3);
}
