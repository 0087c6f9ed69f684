/** Parts of packets that packets.ts does not make: option lists of all kinds, fragments that overlap or contradict, odd frames. */
import { concat, ethernet, fragments, type Ipv4Options, ipv4, macOf, type Payload, type Piece } from "../../frames.ts";
import type { Station } from "../../network.ts";
import { randomFragments, randomHeader } from "../packets.ts";
import type { Random } from "../random.ts";
import { settle, type World } from "../world.ts";

const RECORD_ROUTE = 7;
const TIMESTAMP = 68;
/** Loose and strict source routes, security, CIPSO, stream id, router alert, and two that nobody knows. */
const OTHER_OPTIONS = [131, 137, 130, 134, 136, 148, 94, 200] as const;

/** One option: right, or with a length or pointer that is not. */
function randomOption(random: Random): Uint8Array {
  const type = random.pick([0, 1, 1, RECORD_ROUTE, RECORD_ROUTE, TIMESTAMP, TIMESTAMP, ...OTHER_OPTIONS]);
  if (type < 2) return Uint8Array.of(type);
  const length = type === RECORD_ROUTE || type < 140 ? 3 + 4 * random.integer(0, 4) + (type === TIMESTAMP ? 1 : 0) : 4;
  const option = new Uint8Array(length);
  option[0] = type;
  option[1] = random.chance(0.93) ? length : random.integer(0, 40);
  const first = type === TIMESTAMP ? 5 : 4;
  if (length > 2 && type !== 148)
    option[2] = random.chance(0.8) ? first + 4 * random.integer(0, 2) : random.integer(0, 40);
  if (type === TIMESTAMP)
    option[3] = (random.integer(0, random.chance(0.2) ? 15 : 1) << 4) | random.pick([0, 1, 1, 3, 3, 2]);
  for (let at = first - 1; at < length; at++) option[at] = random.pick([0, 0, 10, 1, 254]);
  return option;
}

export function wildHeader(random: Random): Ipv4Options {
  const header = randomHeader(random);
  if (!random.chance(0.12)) return header;
  const options = concat(...Array.from({ length: random.integer(1, 3) }, () => randomOption(random)));
  return { ...header, options: options.subarray(0, 40) };
}

/** The fragments of a payload in one of many orders, some of them more than once, cut otherwise, too long, or odd. */
export function wildFragments(random: Random, payload: Payload, header: Ipv4Options): Uint8Array[] {
  if (payload.bytes.length === 0 || random.chance(0.3)) return randomFragments(random, payload, header);
  const size = 8 * random.pick([1, 8, 32, 64, 100, 125]);
  const cut: Piece[] = [];
  for (let offset = 0; offset < payload.bytes.length && cut.length < 12; offset += size)
    cut.push({ offset, length: size });
  const last = cut.at(-1);
  if (last !== undefined) cut[cut.length - 1] = { offset: last.offset, length: Math.min(1480, payload.bytes.length) };
  const more = random.weighted<readonly Piece[]>([
    [4, []],
    [1, [random.pick(cut)]],
    [1, [{ offset: 8 * random.integer(0, 12), length: 8 * random.integer(1, 20) }]],
    [0.5, [{ offset: 0, length: Math.min(payload.bytes.length, 1480) }]],
    [0.5, [{ offset: 8 * random.integer(8000, 8191), length: 16 }]],
  ]);
  const order = random.chance(0.5) ? random.shuffled([...cut, ...more]) : [...cut, ...more];
  return order.flatMap((piece) => oddFragment(random, payload, piece, header));
}

/** A fragment; now and then with its own TOS, TTL, DF or options, with an odd length, or twice. */
function oddFragment(random: Random, payload: Payload, piece: Piece, header: Ipv4Options): Uint8Array[] {
  const own: Ipv4Options = {
    ...header,
    dontFragment: random.chance(0.2),
    ...(random.chance(0.05) && { tos: random.integer(0, 255) }),
    ...(random.chance(0.03) && { ttl: random.integer(0, 3) }),
  };
  const [packet] = fragments(payload, [piece], own);
  if (packet === undefined) return [];
  const odd = (): Uint8Array =>
    ipv4(
      { ...payload, bytes: random.bytes(random.integer(0, 30)) },
      { ...own, offset: piece.offset, moreFragments: random.chance(0.5) },
    );
  return random.weighted<Uint8Array[]>([
    [20, [packet]],
    [1, [packet, packet]],
    [0.5, [odd(), packet]],
    [0.5, [packet, odd()]],
  ]);
}

const TAGS = [
  [0x8100, 0],
  [0x8100, 0x6000],
  [0x8100, 5],
  [0x88a8, 0],
] as const;
const BROADCAST = "ff:ff:ff:ff:ff:ff";

/** The packet in a frame that is not quite the usual one: another's, everybody's, tagged, padded, of another type. */
function wildFrame({ random, network }: World, by: Station, packet: Uint8Array): Uint8Array {
  const own = network.directorMac(by.dev);
  const usual = ethernet(own, by.mac, packet);
  const [type, control] = random.pick(TAGS);
  const tag = Uint8Array.of(0x81, 0, control >> 8, control & 255);
  tag[0] = type >> 8;
  tag[1] = type & 255;
  const tagged = concat(usual.subarray(0, 12), tag, usual.subarray(12));
  return random.weighted<Uint8Array>([
    [3, tagged],
    [1, concat(tagged.subarray(0, 12), tag, tagged.subarray(12))],
    [2, ethernet(BROADCAST, by.mac, packet)],
    [2, ethernet("01:00:5e:00:00:01", by.mac, packet)],
    [1, ethernet("02:00:00:00:00:77", by.mac, packet)],
    [1, ethernet(own, own, packet)],
    [1, ethernet(own, by.mac, packet, random.pick([0x0806, 0x86dd, 0x05dc, packet.length, 0x9000]))],
    [1, usual.subarray(0, random.integer(14, usual.length))],
    [2, concat(usual, random.bytes(random.integer(1, 60)))],
    [0.5, concat(macOf(own), macOf(by.mac))],
  ]);
}

/** A packet arrives, mostly in a usual frame, and hosts answer what the director asks them. */
export function put(world: World, by: Station, packet: Uint8Array, oddness = 0.04): void {
  const { random, network, stage } = world;
  const frame = random.chance(oddness)
    ? wildFrame(world, by, packet)
    : ethernet(network.directorMac(by.dev), by.mac, packet);
  if (frame.length >= 14) settle(world, stage.rx(by.dev, frame));
}
