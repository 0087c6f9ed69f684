/** ICMP about everything: any type and code, about packets of connections, of tunnels, and about none, quoted in part, changed, or damaged. */
import { firstWord } from "../../../../src/core/wire/address.ts";
import { IPV4_HEADER, PROTOCOL_GRE, PROTOCOL_IPIP, PROTOCOL_UDP } from "../../../../src/core/wire/ipv4.ts";
import { concat, icmp, ipv4, type Payload, udp } from "../../frames.ts";
import { randomHeader } from "../packets.ts";
import type { Random } from "../random.ts";
import { senderOf, type World } from "../world.ts";
import { anyConnection, between, sendAs, wildPayload } from "./connections.ts";

/** Errors that IPVS looks into, errors that it does not, and queries. */
const TYPES = [3, 3, 3, 3, 3, 11, 11, 4, 5, 12, 0, 8, 9, 13, 15, 17, 30, 40] as const;
const MTUS = [0, 40, 68, 200, 552, 576, 600, 1000, 1300, 1400, 1480, 1500, 9000] as const;
/** Where a header ends, and one byte less. */
const CUTS = [0, 1, 7, 8, 19, 20, 21, 23, 24, 27, 28, 31, 32, 39, 40, 47, 48, 60, 68] as const;

const GUE = 6080;

/** A packet to be quoted, and to whom an error about it goes. */
interface Offender {
  readonly packet: Uint8Array;
  readonly sender: number;
}

/** A packet of a connection, from either end, on either side of the director; of the director's last; or of nobody's. */
function offender(world: World): Offender | undefined {
  const { random } = world;
  if (world.sent.length > 0 && random.chance(0.35)) return sentBy(random.pick(world.sent));
  const known = anyConnection(world);
  if (known === undefined) return undefined;
  const ends = between(
    known,
    random.pick(["request", "forwarded", "forwarded", "answer", "translated", "translated"] as const),
  );
  const packet = ipv4(wildPayload(random, known.protocol, ends), randomHeader(random));
  if (random.chance(0.8)) return { packet, sender: ends.source };
  return random.chance(0.5) ? tunnelled(world, packet, known.server) : ipsec(random, known.server, known.client);
}

const sentBy = (packet: Uint8Array): Offender => ({
  packet,
  sender: new DataView(packet.buffer, packet.byteOffset, packet.byteLength).getUint32(12),
});

/** As the director wraps it, or nearly so. */
function tunnelled({ random, network }: World, packet: Uint8Array, server: number): Offender {
  const own = network.interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => firstWord(address)));
  const ends = { source: random.pick(own), destination: server };
  const [flags, length] = random.pick([
    [0, 4],
    [0x80, 8],
    [0xa0, 8],
    [0x20, 8],
    [1, 4],
  ] as const);
  const gre = new Uint8Array(length);
  gre.set([flags, 0, random.chance(0.9) ? 8 : 0x86, 0]);
  const gue = Uint8Array.of(random.pick([0, 0, 0, 1, 0x20, 0x40]), random.pick([4, 4, 41]), 0, 0);
  const outer = random.pick<Payload>([
    { ...ends, protocol: PROTOCOL_IPIP, bytes: packet },
    { ...ends, protocol: PROTOCOL_GRE, bytes: concat(gre, packet) },
    udp({ ...ends, sourcePort: 40000, destinationPort: GUE, data: concat(gue, packet) }),
    { ...ends, protocol: PROTOCOL_UDP, bytes: packet },
  ]);
  return { packet: ipv4(outer, randomHeader(random)), sender: ends.source };
}

function ipsec(random: Random, source: number, destination: number): Offender {
  const [from, to] = random.chance(0.5) ? [source, destination] : [destination, source];
  const payload = { protocol: random.pick([50, 51]), source: from, destination: to, bytes: random.bytes(24) };
  return { packet: ipv4(payload, randomHeader(random)), sender: from };
}

/** What of it is quoted, changed in some way now and then; the header's checksum is left as it was. */
function quoted(random: Random, packet: Uint8Array): Uint8Array {
  const bytes = packet.slice(0, random.chance(0.4) ? random.pick(CUTS) : random.integer(28, 600));
  if (bytes.length < IPV4_HEADER || random.chance(0.7)) return bytes;
  const view = new DataView(bytes.buffer);
  random.weighted<() => void>([
    [2, () => view.setUint8(0, 0x40 | random.integer(0, 15))],
    [1, () => view.setUint8(0, random.pick([0x65, 0x05]))],
    [2, () => view.setUint16(6, random.pick([0x2000, 1, 0x2001, 100, 0x4000, 0x8000]))],
    [1, () => view.setUint8(9, random.pick([1, 4, 6, 17, 47, 50, 51, 132, 136]))],
    [1, () => view.setUint16(2, random.integer(0, 1500))],
    [2, () => view.setUint8(random.integer(0, bytes.length - 1), random.integer(0, 255))],
  ])();
  return bytes;
}

/** An error, or something like one, from anybody to whoever sent the packet, or to somebody else. */
export function tellOfAnything(world: World): void {
  const { random } = world;
  const about = offender(world);
  if (about === undefined) return;
  const type = random.pick(TYPES);
  const code = type === 3 ? random.pick([0, 1, 2, 3, 4, 4, 4, 13, 15, 16]) : random.integer(0, 3);
  const rest = type === 3 && code === 4 ? random.pick(MTUS) : random.chance(0.1) ? random.integer(0, 0xffffffff) : 0;
  const anybody = [...world.clients, ...world.servers, world.router.address];
  const destination = random.chance(0.85) ? about.sender : random.pick([...anybody, ...world.virtuals]);
  const source = random.pick(anybody);
  const message = icmp({
    source,
    destination,
    type,
    code,
    rest,
    data: quoted(random, about.packet),
    ...(random.chance(0.06) && { sum: random.pick(["wrong", "none"] as const) }),
  });
  const short = random.chance(0.03) ? { ...message, bytes: message.bytes.subarray(0, random.integer(0, 12)) } : message;
  sendAs(world, senderOf(world, source), short);
}

/** A question of any kind to any address: echo, timestamp, mask, information, and unknown ones. */
export function ask(world: World): void {
  const { random } = world;
  const own = world.network.interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => firstWord(address)));
  const source = random.pick([...world.clients, ...world.servers]);
  const destination = random.pick([
    ...own,
    ...own,
    ...world.servers,
    ...world.clients,
    0x0a0100ff,
    0xe0000001,
    0xffffffff,
  ]);
  const type = random.pick([8, 8, 8, 0, 13, 13, 14, 15, 17, 18, 42]);
  const data = random.bytes(
    random.weighted([
      [3, random.integer(0, 64)],
      [1, random.integer(0, 1600)],
    ]),
  );
  sendAs(
    world,
    senderOf(world, source),
    icmp({ source, destination, type, code: random.pick([0, 0, 0, 1]), rest: random.integer(0, 0xffffffff), data }),
  );
}
