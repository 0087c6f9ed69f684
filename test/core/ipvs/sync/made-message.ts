/** Synchronisation messages byte by byte, as the tests write them: after the tables of net/netfilter/ipvs/ip_vs_sync.c. */

import { CLIENT, SERVER, VIP } from "../../../support/lab.ts";
import { ip, udp } from "../../../support/packet.ts";

export interface RecordFields {
  readonly type?: number;
  readonly protocol?: number;
  readonly state?: number;
  readonly flags?: number;
  readonly client?: string;
  readonly clientPort?: number;
  readonly virtualPort?: number;
  readonly server?: string;
  readonly serverPort?: number;
  readonly timeout?: number;
  readonly fwmark?: number;
  readonly version?: number;
  readonly options?: readonly number[];
}

const word = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const short = (value: number): number[] => [value >>> 8, value & 255];

/** A record of version 1, IPv4: by default an established connection of the lab's client. */
export function record(fields: RecordFields = {}): number[] {
  const { client = CLIENT, server = SERVER, options = [] } = fields;
  const size = 36 + options.length;
  return [
    fields.type ?? 0,
    fields.protocol ?? 6,
    ...short(((fields.version ?? 0) << 12) | size),
    ...word(fields.flags ?? 0),
    ...short(fields.state ?? 1),
    ...short(fields.clientPort ?? 50000),
    ...short(fields.virtualPort ?? 80),
    ...short(fields.serverPort ?? 80),
    ...word(fields.fwmark ?? 0),
    ...word(fields.timeout ?? 900),
    ...word(ip(client)),
    ...word(ip(VIP)),
    ...word(ip(server)),
    ...options,
  ];
}

export interface MessageFields {
  readonly syncId?: number;
  readonly size?: number;
  readonly count?: number;
  readonly version?: number;
  readonly reserved?: number;
}

/** A message of version 1. */
export function message(records: readonly number[][], fields: MessageFields = {}): Uint8Array {
  const body = records.flatMap((one, index) =>
    index === records.length - 1 ? one : [...one, ...new Array<number>(-one.length & 3).fill(0)],
  );
  const { syncId = 5, size = 8 + body.length, count = records.length, version = 1, reserved = 0 } = fields;
  return Uint8Array.from([reserved, syncId, ...short(size), count, version, 0, 0, ...body]);
}

/** A message of version 0 with one record. */
export function message0(flags = 0, state = 1, sequences: readonly number[] = []): Uint8Array {
  const ports = [...short(50000), ...short(80), ...short(80)];
  const addresses = [...word(ip(CLIENT)), ...word(ip(VIP)), ...word(ip(SERVER))];
  const one = [0, 6, ...ports, ...addresses, ...short(flags), ...short(state), ...sequences];
  return Uint8Array.from([1, 5, ...short(4 + one.length), ...one]);
}

/** The datagram that brings a message, on the real servers' network. */
export const datagram = (payload: Uint8Array, port = 8848) =>
  udp(`192.168.1.9:33333 > 224.0.0.81:${port}`, { data: payload, ttl: 1 });
