/** Random ICMP: pings, and errors about packets of connections in both directions, about tunnels, about nothing known. */
import { firstWord } from "../../../src/core/wire/address.ts";
import { fragments, type Icmp, icmp, ipv4, type Payload, pieces } from "../frames.ts";
import { ordinary, randomHeader } from "./packets.ts";
import type { Random } from "./random.ts";
import { arrive, senderOf, type World } from "./world.ts";

const TYPES: readonly (readonly [number, number])[] = [
  [3, 4],
  [3, 4],
  [3, 4],
  [3, 1],
  [3, 3],
  [3, 0],
  [3, 13],
  [11, 0],
  [11, 1],
  [4, 0],
  [5, 1],
  [12, 0],
  [8, 0],
  [0, 0],
  [40, 0],
];

/** How many bytes of the offender are quoted: RFC 792 wants 28, routers today send more; too few now and then. */
const quoteLength = (random: Random): number =>
  random.weighted([
    [6, 28],
    [3, random.integer(20, 60)],
    [3, random.integer(100, 1400)],
    [1, random.integer(0, 27)],
  ]);

const MTUS = [0, 68, 300, 552, 576, 1000, 1200, 1300, 1400, 1480, 1500, 9000] as const;

function errorAbout({ random }: World, offender: Uint8Array, ends: Pick<Icmp, "source" | "destination">): Payload {
  const [type, code] = random.pick(TYPES);
  const rest = type === 3 && code === 4 ? random.pick(MTUS) : random.chance(0.1) ? random.integer(0, 0xffffffff) : 0;
  const data = offender.subarray(0, quoteLength(random));
  return icmp({ ...ends, type, code, rest, data, ...(random.chance(0.05) && { sum: "wrong" as const }) });
}

function report(world: World, by: number, message: Payload): void {
  const { random } = world;
  const station = senderOf(world, by);
  const header = randomHeader(random);
  const packets =
    message.bytes.length > 64 && random.chance(0.1)
      ? fragments(message, pieces(message.bytes.length, random.pick([32, 400, 800])), header)
      : [ipv4(message, header)];
  for (const packet of packets) arrive(world, station, packet);
}

/** Somebody on the way reports about the last packets that the director sent, to where they say they come from. */
export function errorAboutSent(world: World): void {
  const { random } = world;
  if (world.sent.length === 0) return;
  const offender = random.pick(world.sent);
  const { source: destination, destination: target } = endsOf(offender);
  const source = random.pick([world.router.address, target, random.pick(world.servers)]);
  report(world, source, errorAbout(world, offender, { source, destination }));
}

function endsOf(packet: Uint8Array): { source: number; destination: number } {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  return { source: view.getUint32(12), destination: view.getUint32(16) };
}

/** An error about an answer that a service's real server sent, or never sent. */
export function errorAboutAnswer(world: World): void {
  const { random, conversations } = world;
  const service = random.pick(world.services);
  const conversation = conversations.length > 0 && random.chance(0.8) ? random.pick(conversations) : undefined;
  const between = {
    source: conversation?.ends.virtual ?? service.address,
    destination: conversation?.ends.client ?? random.pick(world.clients),
    sourcePort: conversation?.ends.virtualPort ?? random.pick(service.ports),
    destinationPort: conversation?.ends.clientPort ?? random.integer(40000, 40024),
  };
  const data = random.bytes(random.integer(0, 1000));
  const protocol = conversation?.ends.protocol ?? service.protocol;
  const answer = ordinary(protocol, { ...between, data });
  const source = random.pick([world.router.address, between.destination]);
  const destination = random.chance(0.9) ? between.source : random.pick(world.servers);
  report(world, source, errorAbout(world, ipv4(answer, randomHeader(random)), { source, destination }));
}

/** An error about a request as the real server got it, from the server or a router before it. */
export function errorAboutRequest(world: World): void {
  const { random, conversations } = world;
  const conversation = conversations.length > 0 ? random.pick(conversations) : undefined;
  if (conversation?.server === undefined) return;
  const { server, ends } = conversation;
  const between = {
    source: ends.client,
    destination: server.address,
    sourcePort: ends.clientPort,
    destinationPort: server.port,
  };
  const data = random.bytes(random.integer(0, 600));
  const request = ordinary(ends.protocol, { ...between, data });
  const source = random.pick([server.station.address, random.pick(world.servers)]);
  report(world, source, errorAbout(world, ipv4(request, randomHeader(random)), { source, destination: ends.client }));
}

/** A ping of the director, through it, or an answer to nobody's. */
export function ping(world: World): void {
  const { random } = world;
  const source = random.pick([...world.clients, ...world.servers]);
  const own = world.network.interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => firstWord(address)));
  const destination = random.pick([...own, ...own, ...world.clients, ...world.servers]);
  const message = icmp({
    source,
    destination,
    type: random.pick([8, 8, 8, 0]),
    code: random.chance(0.9) ? 0 : 1,
    rest: random.integer(0, 0xffffffff),
    data: random.bytes(random.integer(0, 200)),
    ...(random.chance(0.05) && { sum: "wrong" as const }),
  });
  report(world, source, message);
}

/** An error about a packet inside of a tunnel, as a router on the way to the real server sends it. */
export function errorAboutTunnel(world: World): void {
  const { random } = world;
  const tunnelled = world.sent.filter((packet) => packet[9] === 4);
  if (tunnelled.length === 0) {
    errorAboutSent(world);
    return;
  }
  const offender = random.pick(tunnelled);
  const { source: destination } = endsOf(offender);
  const [type, code] = random.pick(TYPES);
  const data = offender.subarray(
    0,
    random.weighted([
      [4, 60],
      [3, random.integer(40, 200)],
      [1, random.integer(20, 48)],
    ]),
  );
  const rest = code === 4 ? random.pick(MTUS) : 0;
  const source = random.pick(world.servers);
  report(world, source, icmp({ source, destination, type, code, rest, data }));
}
