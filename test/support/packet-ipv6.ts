/**
 * IPv6 packets as the emulator's own tests write them, in terms of tapvs/packet: ends and ports apart, payloads to be cut.
 *
 *   icmpv6("fe80::5 > ff02::1", 128, 0, { hops: 255, data: counting(8) })
 */
import { ip, icmpv6 as message, type Packet, type TcpFields, tcp, udp } from "tapvs/packet";
import { parseIpv6, writeAddress } from "../../src/core/wire/address.ts";
import { flagsText } from "../../src/core/wire/tcp.ts";

export interface Ipv6HeaderFields {
  readonly hops?: number;
  readonly trafficClass?: number;
  readonly flowLabel?: number;
  readonly payloadLength?: number;
  /** Extension headers in their order: what each is, and its bytes but the first, which names the next. */
  readonly extensions?: readonly (readonly [number, readonly number[]])[];
}

export interface Icmpv6Fields extends Ipv6HeaderFields {
  readonly rest?: number;
  readonly data?: Uint8Array;
  /** What is added to the right checksum. */
  readonly error?: number;
}

/** The same for tapvs/packet; other fields stay. */
const fieldsOf = <Fields extends Ipv6HeaderFields>({ hops, trafficClass, payloadLength, ...others }: Fields) => ({
  ...others,
  ...(hops !== undefined && { ttl: hops }),
  ...(trafficClass !== undefined && { tos: trafficClass }),
  ...(payloadLength !== undefined && { totalLength: payloadLength }),
});

/** The 16 bytes of an address. */
export function addressBytes(text: string): Uint8Array {
  const address = parseIpv6(text);
  if (address === undefined) throw new Error(`no IPv6 address: ${text}`);
  const bytes = new Uint8Array(16);
  writeAddress(new DataView(bytes.buffer), 0, address);
  return bytes;
}

/** Any payload behind any extension headers; `ends` are `2001:db8::1 > 2001:db8::2`. */
export const ipv6 = (ends: string, nextHeader: number, payload: Uint8Array, fields: Ipv6HeaderFields = {}): Packet =>
  ip(ends, nextHeader, payload, fieldsOf(fields));

/** An ICMPv6 message. */
export const icmpv6 = (ends: string, type: number, code: number, fields: Icmpv6Fields = {}): Packet =>
  message(ends, type, code, fieldsOf(fields));

const LINK_LAYER = { 135: 1, 136: 2 } as const;

/** A neighbor solicitation (135) or advertisement (136) for `target`; with the sender's MAC address where one is given. */
export function discovery(
  ends: string,
  type: 135 | 136,
  target: string,
  { mac, flags = 0, hops = 255 }: { readonly mac?: string; readonly flags?: number; readonly hops?: number } = {},
): Packet {
  const option =
    mac === undefined ? [] : [LINK_LAYER[type], 1, ...mac.split(":").map((pair) => Number.parseInt(pair, 16))];
  const data = Uint8Array.from([...addressBytes(target), ...option]);
  return icmpv6(ends, type, 0, { rest: (flags << 24) >>> 0, data, hops });
}

/** `2001:db8::1 > 2001:db8::2` with ports. */
function withPorts(ends: string, ports: readonly [number, number]): string {
  const [from = "", to = ""] = ends.split(" > ");
  return `[${from}]:${ports[0]} > [${to}]:${ports[1]}`;
}

/** A TCP segment without options; `ends` are `2001:db8::1:40000 > 2001:db8::2:80`, the last colon before the port. */
export const tcp6 = (
  ends: string,
  flags = 0x02,
  fields: Ipv6HeaderFields & { readonly data?: Uint8Array } = {},
): Packet => tcp(ends.replace(/(\S+):(\d+)/g, "[$1]:$2"), flagsText(flags), { window: 0, ...fieldsOf(fields) });

export type Tcpv6Fields = Ipv6HeaderFields &
  Pick<TcpFields, "sequence" | "acknowledgement" | "error"> & { readonly data?: Uint8Array };

/** A TCP segment's bytes between two addresses, to be put into a packet or cut into fragments. */
export const segmentIpv6 = (
  ends: string,
  ports: readonly [number, number],
  flags: string,
  fields: Tcpv6Fields = {},
): Uint8Array => tcpIpv6(ends, ports, flags, { ...fields, extensions: [] }).bytes.slice(40);

export const tcpIpv6 = (
  ends: string,
  ports: readonly [number, number],
  flags: string,
  fields: Tcpv6Fields = {},
): Packet => tcp(withPorts(ends, ports), flags, fieldsOf(fields));

/** A UDP datagram's bytes between two addresses. */
export const datagramIpv6 = (ends: string, ports: readonly [number, number], data: Uint8Array): Uint8Array =>
  udp(withPorts(ends, ports), { data }).bytes.slice(40);

/** A payload cut into fragments of `size` bytes, a multiple of 8, behind further extension headers. */
export function fragmentsIpv6(
  ends: string,
  nextHeader: number,
  payload: Uint8Array,
  size: number,
  identification: number,
  fields: Ipv6HeaderFields = {},
): Packet[] {
  return Array.from({ length: Math.max(1, Math.ceil(payload.length / size)) }, (_, index) => {
    const offset = index * size;
    const more = offset + size < payload.length ? 1 : 0;
    const word = offset | more;
    const id = [24, 16, 8, 0].map((shift) => (identification >>> shift) & 255);
    const extension = [44, [0, word >> 8, word & 255, ...id]] as const;
    const extensions = [...(fields.extensions ?? []), extension];
    return ipv6(ends, nextHeader, payload.slice(offset, offset + size), { ...fields, extensions });
  });
}
