/** What clients and real servers send in wild cases: connections, what goes on in them, fragments, and what nobody has asked for. */

import { type Ends, type HeaderFields, innermost, isIpv6, packetOf, type Read, reversed, viewOf } from "./bytes.ts";
import { fieldsOf, payloadOf, type Speaker } from "./payloads.ts";
import { arrive, CLIENTS, OWN, SERVERS, type Seen, VIRTUALS, type WildWorld } from "./world.ts";

const PROTOCOLS = { tcp: 6, udp: 17, sctp: 132 } as const;
const PORTS = [80, 443, 53, 5060, 444, 9] as const;
const COMMON = Object.values(PROTOCOLS);
const OTHER = [50, 51, 58, 136, 59, 89, 4, 41, 47] as const;

/** A new connection, most often to a service. */
export function open(world: WildWorld): void {
  const { random, services } = world;
  const service = random.chance(0.9) && services.length > 0 ? random.pick(services) : undefined;
  const destination = service?.address ?? random.pick(VIRTUALS);
  const clients = CLIENTS.filter((address) => isIpv6(address) === isIpv6(destination));
  const ends = {
    source: random.pick(clients),
    destination,
    sourcePort: 40000 + random.integer(0, 12),
    destinationPort: service === undefined || service.port === 0 ? random.pick(PORTS) : service.port,
  };
  say(world, ends, service?.protocol ?? random.pick(COMMON), random.chance(0.9) ? "opener" : "client");
}

/** The client of something that came in goes on. */
export function ask(world: WildWorld): void {
  const { random, received } = world;
  const read = received.length > 0 ? innermost(random.pick(received).bytes) : undefined;
  if (read === undefined || !isClient(read)) open(world);
  else say(world, read, read.protocol, "client");
}

const isClient = ({ source }: Read): boolean => (CLIENTS as readonly string[]).includes(source);

/** Whom something was sent to answers it. */
export function answer(world: WildWorld): void {
  const { random, sent } = world;
  const read = sent.length > 0 ? innermost(random.pick(sent).bytes) : undefined;
  if (read === undefined || !isClient(read)) open(world);
  else say(world, reversed(read), read.protocol, "server", serverOfSent(world, sent, read));
}

/** Who answers: whom the outer header names. */
function serverOfSent(_: WildWorld, sent: readonly Seen[], read: Read): string {
  const frame = sent.find(({ bytes }) => innermost(bytes)?.sourcePort === read.sourcePort);
  const outer = frame && innermost(frame.bytes);
  return outer?.destination ?? read.destination;
}

export function say(world: WildWorld, ends: Ends, protocol: number, speaker: Speaker, host = ends.source): void {
  const { random } = world;
  const payload = payloadOf(random, protocol, ends, speaker);
  const fields = fieldsOf(random);
  if (random.chance(0.1)) cut(world, host, ends, protocol, payload, fields);
  else arrive(world, host, shortened(world, packetOf(ends, protocol, payload, fields)));
}

/** Sometimes the end of a packet, or of its frame, is missing. */
function shortened({ random }: WildWorld, packet: Uint8Array): Uint8Array {
  if (random.chance(0.985)) return packet;
  const length = random.integer(isIpv6Packet(packet) ? 30 : 12, packet.length);
  const bytes = packet.slice(0, length);
  if (random.chance(0.7) && isIpv6Packet(packet) && length >= 40) viewOf(bytes).setUint16(4, length - 40);
  return bytes;
}

const isIpv6Packet = (packet: Uint8Array): boolean => (packet[0] ?? 0) >>> 4 === 6;

/** Pieces in all orders, with gaps, doubles and overlaps; IPv4's by their own header. */
function cut(
  world: WildWorld,
  host: string,
  ends: Ends,
  protocol: number,
  payload: Uint8Array,
  fields: HeaderFields,
): void {
  const { random } = world;
  const whole = payload.length < 40 || random.chance(0.5) ? padded(world, payload) : payload;
  const size = 8 * random.integer(1, random.pick([3, 20, 150]));
  const pieces: [number, number][] = [];
  for (let offset = 0; offset < whole.length && pieces.length < 12; offset += size)
    pieces.push([offset, pieces.length === 11 ? whole.length : Math.min(whole.length, offset + size)]);
  const last = pieces.at(-1) ?? [0, 0];
  const [first, end] = random.pick(pieces);
  const order = random.weighted<readonly (readonly [number, number])[]>([
    [5, pieces],
    [3, pieces.toReversed()],
    [2, random.shuffled(pieces)],
    [1, [random.pick(pieces), ...pieces]],
    [1, pieces.slice(1)],
    [1, pieces.slice(0, -1)],
    [1, [...pieces.slice(0, -1), [Math.max(0, first - 8), end], last]],
    [0.5, [pieces[0] ?? last, [first, Math.max(first, end - 5)], ...pieces.slice(1)]],
    [0.5, [last, [last[0] + 8, last[1] + 16], ...pieces]],
  ]);
  const id = random.bytes(4);
  for (const [from, to] of order) {
    const bytes = whole.slice(from, to);
    const more = to < whole.length ? 1 : 0;
    arrive(
      world,
      host,
      isIpv6(ends.source)
        ? piece6(ends, protocol, bytes, fields, from | more, id)
        : piece4(ends, protocol, bytes, fields, from, more, id),
    );
  }
}

const padded = ({ random }: WildWorld, payload: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(payload.length + random.integer(20, 2200));
  bytes.set(payload);
  return bytes;
};

function piece6(ends: Ends, protocol: number, bytes: Uint8Array, fields: HeaderFields, word: number, id: Uint8Array) {
  const { extensions = [] } = fields;
  const header = [44, [0, word >> 8, word & 255, ...id]] as const;
  return packetOf(ends, protocol, bytes, { ...fields, extensions: [...extensions, header] });
}

function piece4(
  ends: Ends,
  protocol: number,
  bytes: Uint8Array,
  fields: HeaderFields,
  offset: number,
  more: number,
  id: Uint8Array,
) {
  const packet = packetOf(ends, protocol, bytes, {
    ...fields,
    flowLabel: 0x10000 | ((id[0] ?? 0) << 8) | (id[1] ?? 0),
  });
  const view = viewOf(packet);
  const before = view.getUint16(6);
  view.setUint16(6, (more << 13) | (offset >> 3));
  const sum = (~view.getUint16(10) & 0xffff) + (~before & 0xffff) + view.getUint16(6);
  view.setUint16(10, ~((sum & 0xffff) + (sum >>> 16)) & 0xffff);
  return packet;
}

/** Any protocol between any two addresses. */
export function stray(world: WildWorld): void {
  const { random } = world;
  const source = random.pick([...CLIENTS, ...SERVERS]);
  const multicast = ["ff02::1", "ff0e::5", "ff02::2", "fe80::ff:fe00:164", "::", "::1", "fd00:1::"];
  const targets = [...VIRTUALS, ...VIRTUALS, ...OWN, ...SERVERS, ...CLIENTS, ...multicast].filter(
    (address) => isIpv6(address) === isIpv6(source),
  );
  const ends = {
    source,
    destination: random.pick(targets),
    sourcePort: random.pick([40000, 40001, 80, 53]),
    destinationPort: random.pick(PORTS),
  };
  say(world, ends, random.pick([...COMMON, ...OTHER]), random.pick(["opener", "client", "server"]), source);
}
