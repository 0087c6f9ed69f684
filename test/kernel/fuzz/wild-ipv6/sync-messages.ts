/** Synchronisation messages as another director sends them, of both versions and families, with every option; and damaged ones. */
import { concat } from "../../frames.ts";
import type { Random } from "../random.ts";
import { addressBytes, isIpv6, viewOf } from "./bytes.ts";
import { CLIENTS, SERVERS, VIRTUALS, type WildWorld } from "./world.ts";

const FLAGS = [
  0, 0, 1, 2, 3, 0x100, 0x83, 0x183, 0x82, 0x81, 0x84, 0x600, 0x200, 0x400, 0x20, 0x40, 0x800, 0x2000, 0x10000,
];
const STATES = [0, 1, 1, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13, 14, 99];
const PROTOCOLS = [6, 6, 6, 17, 17, 132, 50, 51, 99, 0];
const TEMPLATE = 0x1000;
const SEQUENCES = 0x600;
const TIMEOUTS = [900, 120, 60, 30, 0, 100_000, 0xffffffff];

const word16 = (value: number): number[] => [value >> 8, value & 255];
const word32 = (value: number): number[] => [value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255];

export function messageOf(world: WildWorld, syncId: number): Uint8Array {
  const { random } = world;
  const isOld = random.chance(0.15);
  const records = Array.from({ length: random.integer(1, 5) }, () => (isOld ? oldRecord(world) : record(world)));
  const body = concat(...records);
  const size = body.length + (isOld ? 4 : 8);
  const id = random.chance(0.95) ? syncId : random.integer(0, 255);
  const head = isOld
    ? [records.length, id, ...word16(size)]
    : [0, id, ...word16(size), random.chance(0.97) ? records.length : random.integer(0, 9), 1, 0, 0];
  const message = concat(Uint8Array.from(head), body);
  if (random.chance(0.12)) {
    const at = random.integer(0, message.length - 1);
    message[at] = (message[at] ?? 0) ^ (1 << random.integer(0, 7));
  }
  return random.chance(0.05) ? message.slice(0, random.integer(0, message.length)) : message;
}

/** Who and with whom, mostly as a service here has it. */
function connection({ random, services }: WildWorld) {
  const service = services.length > 0 && random.chance(0.85) ? random.pick(services) : undefined;
  const virtual = service?.address ?? random.pick(VIRTUALS);
  const of = <Text extends string>(list: readonly Text[]): Text =>
    random.pick(list.filter((one) => isIpv6(one) === isIpv6(virtual)));
  const port = service === undefined || service.port === 0 ? random.pick([80, 443, 53, 0]) : service.port;
  const isTemplate = random.chance(0.25);
  return {
    client: of(CLIENTS),
    virtual,
    server: random.chance(0.03) ? random.pick(SERVERS.filter((one) => isIpv6(one) !== isIpv6(virtual))) : of(SERVERS),
    ports: [
      isTemplate && random.chance(0.9) ? 0 : 40000 + random.integer(0, 12),
      isTemplate && random.chance(0.3) ? 0 : port,
      random.pick([port, port, 8080, 9090, 0]),
    ],
    protocol: random.chance(0.75) ? (service?.protocol ?? 6) : random.pick(PROTOCOLS),
    flags: (random.pick(FLAGS) | (isTemplate ? TEMPLATE : 0)) >>> 0,
    state: isTemplate ? random.pick([0, 0, 1, 2]) : random.pick(STATES),
    mark: service?.option === "-f" ? Number.parseInt(service.name, 10) : random.pick([0, 0, 0, 7]),
  };
}

function record(world: WildWorld): Uint8Array {
  const { random } = world;
  const { client, virtual, server, ports, protocol, flags, state, mark } = connection(world);
  const family = isIpv6(virtual);
  const addresses = [client, virtual, isIpv6(server) === family ? server : virtual].map(addressBytes);
  const optional = options(random, flags);
  const length = 24 + (family ? 48 : 12) + optional.length;
  const type = random.chance(0.98) ? Number(family) : random.integer(0, 255);
  const size = random.chance(0.98) ? length : random.integer(0, 0xffff);
  const head = [type, protocol, ...word16(size), ...word32(flags), ...word16(state), ...ports.flatMap(word16)];
  return concat(
    Uint8Array.from([...head, ...word32(mark), ...word32(random.pick(TIMEOUTS))]),
    ...addresses,
    optional,
    new Uint8Array(-length & 3),
  );
}

/** Sequence numbers where the flags say so and sometimes else; engine's data with name; what is unknown, empty, twice, too long. */
function options(random: Random, flags: number): Uint8Array {
  const call = Array.from(random.bytes(random.integer(1, 20)), (byte) => 97 + (byte % 26));
  const option = (type: number, bytes: readonly number[]): number[] => [type, bytes.length, ...bytes];
  const sequences = option(1, [...random.bytes(24)]);
  const data = option(2, call);
  const name = option(3, random.chance(0.8) ? [115, 105, 112] : [...random.bytes(random.integer(1, 20))]);
  const parts: number[][] = (flags & SEQUENCES) !== 0 ? [sequences] : [];
  if (random.chance(0.15)) parts.push(data, name);
  if (random.chance(0.1))
    parts.push(
      random.pick([
        sequences,
        data,
        name,
        option(4, [0]),
        option(9, [1, 2]),
        [2, 0],
        [1, 200, 0],
        [3],
        option(0x22, call),
        option(0x21, [...random.bytes(8)]),
      ]),
    );
  return Uint8Array.from((random.chance(0.8) ? parts : random.shuffled(parts)).flat());
}

/** Of version 0: IPv4 only. */
function oldRecord(world: WildWorld): Uint8Array {
  const { random } = world;
  const { client, virtual, server, ports, protocol, flags, state } = connection(world);
  const four = [client, virtual, server].map((one, index) =>
    addressBytes(isIpv6(one) ? (["10.1.0.1", "10.1.0.100", "10.2.0.2"][index] ?? "10.1.0.1") : one),
  );
  const head = Uint8Array.from([0, protocol, ...ports.flatMap(word16)]);
  const sequences = (flags & SEQUENCES) === 0 ? new Uint8Array() : random.bytes(24);
  const tail = new Uint8Array(4);
  viewOf(tail).setUint16(0, flags & 0xffff);
  viewOf(tail).setUint16(2, state);
  return concat(head, ...four, tail, sequences);
}
