/** Taking an IPIP packet apart (RFC 2003). */
import { checksum, fold, pseudoHeaderSum, sum } from "../core/wire/checksum.ts";
import {
  FRAGMENT_OFFSET,
  headerLength,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  MORE_FRAGMENTS,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../core/wire/ipv4.ts";
import { TCP_CHECKSUM, TCP_HEADER } from "../core/wire/tcp.ts";
import { UDP_CHECKSUM, UDP_HEADER } from "../core/wire/udp.ts";

const SHORTEST_HEADER = 20;
const VERSION_4 = 4;

/** Where a packet lies in a buffer. */
export interface InnerPacket {
  readonly start: number;
  readonly length: number;
}

/** Where the inner packet lies in an IPIP packet of `length` bytes; `undefined` if there is no whole IPv4 packet in it. */
export function innerPacket(bytes: Uint8Array, length: number): InnerPacket | undefined {
  const start = ((bytes[0] ?? 0) & 0x0f) * 4;
  if (start < SHORTEST_HEADER || length < start + SHORTEST_HEADER) return undefined;
  if ((bytes[start] ?? 0) >> 4 !== VERSION_4) return undefined;
  const inner = ((bytes[start + 2] ?? 0) << 8) | (bytes[start + 3] ?? 0);
  return inner < SHORTEST_HEADER || start + inner > length ? undefined : { start, length: inner };
}

/**
 * Makes the checksum of a packet that never left the machine. Its sender left the checksum to the network card, and on the
 * way through namespaces there is none: of TCP's or UDP's checksum only the pseudo header's sum is there. The kernel keeps
 * that in mind beside the packet; a raw socket does not tell. A checksum that is wrong in any other way stays wrong.
 */
export function finishChecksum(view: DataView, { start, length }: InnerPacket): void {
  const header = headerLength(view, start);
  const at = start + header;
  const transport = length - header;
  const field = checksumField(view, start, transport);
  if (field === undefined) return;
  const source = view.getUint32(start + IPV4_SOURCE);
  const destination = view.getUint32(start + IPV4_DESTINATION);
  const pseudo = pseudoHeaderSum(source, destination, view.getUint8(start + IPV4_PROTOCOL), transport);
  if (view.getUint16(at + field) !== pseudo) return;
  // It may be right as it stands, by one chance in 65536.
  if (fold(sum(view, at, transport) + pseudo) === 0xffff) return;
  const made = checksum(view, at, transport);
  view.setUint16(at + field, made === 0 ? 0xffff : made);
}

/** Where in the transport header the checksum is; `undefined` if the packet has none, or only part of what it covers. */
function checksumField(view: DataView, start: number, transport: number): number | undefined {
  if ((view.getUint16(start + IPV4_FRAGMENT) & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) !== 0) return undefined;
  const protocol = view.getUint8(start + IPV4_PROTOCOL);
  if (protocol === PROTOCOL_TCP) return transport < TCP_HEADER ? undefined : TCP_CHECKSUM;
  if (protocol === PROTOCOL_UDP) return transport < UDP_HEADER ? undefined : UDP_CHECKSUM;
  return undefined;
}
