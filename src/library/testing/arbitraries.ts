/** Packets, rules and traffic at random, for fast-check: what comes of them should hold whatever they are. Shrinks to the plain. */
import fc from "fast-check";
import { SCHEDULER_NAMES } from "../../core/ipvs/schedulers/schedulers.ts";
import type { Packet } from "../packet/packet.ts";
import { icmp, icmpv6, tcp, udp } from "../packet/transport.ts";

/** Whose packets: addresses of one family. */
export interface Between {
  /** `10.1.0.1`, `2001:db8::1`. */
  readonly from: string;
  /** Of the same family. */
  readonly to: string;
}

const port = fc.integer({ min: 1, max: 0xffff });
const data = fc.uint8Array({ maxLength: 64 });
const header = fc.record({ ttl: fc.integer({ min: 1, max: 255 }), tos: fc.nat(255) }, { requiredKeys: [] });
const flags = fc.constantFrom("S", "S.", ".", "P.", "F.", "R", "R.", "", "FPU");

/** A sound packet between two addresses: TCP, UDP or an echo, with any ports, flags, numbers and data. */
export function packets({ from, to }: Between): fc.Arbitrary<Packet> {
  const isIpv6 = from.includes(":");
  const withPort = (address: string, number: number): string =>
    isIpv6 ? `[${address}]:${number}` : `${address}:${number}`;
  const ends = fc
    .tuple(port, port)
    .map(([source, destination]) => `${withPort(from, source)} > ${withPort(to, destination)}`);
  const numbers = fc.record({
    sequence: fc.nat(0xffff_ffff),
    acknowledgement: fc.nat(0xffff_ffff),
    window: fc.nat(0xffff),
    data,
  });
  return fc.oneof(
    fc
      .tuple(ends, flags, numbers, header)
      .map(([both, letters, fields, rest]) => tcp(both, letters, { ...fields, ...rest })),
    fc.tuple(ends, data, header).map(([both, bytes, rest]) => udp(both, { data: bytes, ...rest })),
    fc
      .tuple(fc.nat(0xffff_ffff), data, header)
      .map(([rest, bytes, fields]) =>
        (isIpv6 ? icmpv6 : icmp)(`${from} > ${to}`, isIpv6 ? 128 : 8, 0, { rest, data: bytes, ...fields }),
      ),
  );
}

/** What rules are about. */
export interface ServiceOf {
  /** As `-t` takes it: `10.1.0.100:80`. */
  readonly service: string;
  /** As `-r` takes them. */
  readonly servers: readonly string[];
  /** As ipvsadm spells them; `-m`, `-g` and `-i` by default. */
  readonly methods?: readonly string[];
}

/** Lines of ipvsadm: a TCP service with any scheduler, and any of its real servers, each with a method and a weight. */
export function rules({ service, servers, methods = ["-m", "-g", "-i"] }: ServiceOf): fc.Arbitrary<readonly string[]> {
  const added = fc.constantFrom(...SCHEDULER_NAMES).chain((scheduler) =>
    fc.option(fc.integer({ min: 1, max: 3600 }), { nil: 0 }).map((seconds) => {
      const persistent = seconds === 0 ? "" : ` -p ${seconds}`;
      return `-A -t ${service} -s ${scheduler}${persistent}`;
    }),
  );
  const server = (address: string): fc.Arbitrary<string> =>
    fc
      .tuple(fc.constantFrom(...methods), fc.nat(100))
      .map(([method, weight]) => `-a -t ${service} -r ${address} ${method} -w ${weight}`);
  const some = fc.subarray([...servers]).chain((chosen) => fc.tuple(...chosen.map(server)));
  return fc.tuple(added, some).map(([first, rest]) => [first, ...rest]);
}

/** A packet arrives, or so many seconds pass. */
export type TrafficEvent = { readonly packet: Packet } | { readonly wait: number };

/** What clients send to a service in their conversations, in any order, with waits between. */
export function traffic({
  clients,
  service,
}: {
  readonly clients: readonly string[];
  readonly service: string;
}): fc.Arbitrary<readonly TrafficEvent[]> {
  const isIpv6 = service.startsWith("[");
  const segment = fc
    .tuple(
      fc.constantFrom(...clients),
      fc.integer({ min: 40_000, max: 40_003 }),
      fc.constantFrom("S", ".", "P.", "F.", "R"),
      data,
    )
    .map(([client, source, letters, bytes]) => {
      const from = isIpv6 ? `[${client}]:${source}` : `${client}:${source}`;
      return { packet: tcp(`${from} > ${service}`, letters, letters === "P." ? { data: bytes } : {}) };
    });
  const wait = fc.integer({ min: 1, max: 1000 }).map((seconds) => ({ wait: seconds }));
  return fc.array(fc.oneof({ weight: 9, arbitrary: segment }, { weight: 1, arbitrary: wait }), { maxLength: 40 });
}
