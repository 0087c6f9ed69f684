/** Which of two frames are the same packet, sent in different ways: told by what no forwarding changes. */
import { ETHERNET_HEADER, ETHERNET_TYPE, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from "../wire/ethernet.ts";
import {
  headerLength,
  IPV4_HEADER,
  IPV4_PROTOCOL,
  PROTOCOL_IPIP,
  PROTOCOL_IPV6,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../wire/ipv4.ts";
import { IPV6_HEADER, IPV6_NEXT_HEADER } from "../wire/ipv6.ts";
import { TCP_ACKNOWLEDGEMENT, TCP_FLAGS, TCP_HEADER, TCP_SEQUENCE } from "../wire/tcp.ts";
import { UDP_HEADER } from "../wire/udp.ts";

/** Bytes of a datagram's data that are looked at. */
const DATA = 16;

/** The same protocol with the same numbers or data in it, whatever its ends, its tunnel and its checksums are. */
export const areAlike = (a: Uint8Array, b: Uint8Array): boolean => heartOf(a) === heartOf(b);

function heartOf(bytes: Uint8Array): string {
  if (bytes.length < ETHERNET_HEADER) return `${bytes.length} bytes`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const type = view.getUint16(ETHERNET_TYPE);
  return type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6 ? heartOfIp(view, ETHERNET_HEADER) : `${type}`;
}

function heartOfIp(view: DataView, network: number): string {
  const end = view.byteLength;
  const six = end - network > 0 && view.getUint8(network) >> 4 === 6;
  if (end - network < (six ? IPV6_HEADER : IPV4_HEADER)) return "truncated";
  const protocol = view.getUint8(network + (six ? IPV6_NEXT_HEADER : IPV4_PROTOCOL));
  const inside = network + (six ? IPV6_HEADER : headerLength(view, network));
  if (protocol === PROTOCOL_IPIP || protocol === PROTOCOL_IPV6) return heartOfIp(view, inside);
  const length = end - inside;
  if (protocol === PROTOCOL_TCP && length >= TCP_HEADER) {
    const numbers = [TCP_SEQUENCE, TCP_ACKNOWLEDGEMENT].map((at) => view.getUint32(inside + at));
    return `tcp ${length} ${numbers.join()} ${view.getUint8(inside + TCP_FLAGS)}`;
  }
  if (protocol !== PROTOCOL_UDP || length < UDP_HEADER) return `${protocol} ${length}`;
  const data = new Uint8Array(view.buffer, view.byteOffset + inside + UDP_HEADER, Math.min(DATA, length - UDP_HEADER));
  return `udp ${length} ${data.join()}`;
}
