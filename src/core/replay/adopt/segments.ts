/** Merged segments taken apart: a packet longer than the MTU cannot have been on the wire as it was recorded. */
import { AF_INET } from "../../wire/address.ts";
import { checksum } from "../../wire/checksum.ts";
import { IPV4_CHECKSUM, IPV4_IDENTIFICATION, IPV4_LENGTH, PROTOCOL_TCP } from "../../wire/ipv4.ts";
import { IPV6_HEADER, IPV6_PAYLOAD_LENGTH } from "../../wire/ipv6.ts";
import { FIN, PSH, TCP_FLAGS, TCP_SEQUENCE } from "../../wire/tcp.ts";
import type { Datagram } from "./datagram.ts";
import { makeTransportChecksum } from "./rewriting.ts";

const MTU = 1500;

/** The TCP packets that the recording host had merged into one; others as they are. `agreed` is the payload of each, if it is known. */
export function segmentsOf(datagram: Datagram, agreed = MTU): readonly Datagram[] {
  const { bytes, view, transport, protocol, fragment } = datagram;
  if (protocol !== PROTOCOL_TCP || bytes.length <= MTU || fragment !== undefined) return [datagram];
  const payload = transport + (view.getUint8(transport + 12) >> 4) * 4;
  const size = Math.min(MTU - payload, agreed);
  if (size <= 0 || payload >= bytes.length) return [datagram];
  const pieces: Datagram[] = [];
  for (let from = payload; from < bytes.length; from += size) {
    const data = cut(datagram, payload, from, size);
    const piece = { ...datagram, bytes: data, view: new DataView(data.buffer) };
    makeTransportChecksum(piece);
    pieces.push(piece);
  }
  return pieces;
}

/** One segment, all but its transport checksum. Identifications count up, FIN and PSH belong to the last (tcp_offload.c). */
function cut({ bytes, transport, source }: Datagram, payload: number, from: number, size: number): Uint8Array {
  const data = bytes.subarray(from, from + size);
  const piece = new Uint8Array(payload + data.length);
  piece.set(bytes.subarray(0, payload));
  piece.set(data, payload);
  const view = new DataView(piece.buffer);
  view.setUint32(transport + TCP_SEQUENCE, view.getUint32(transport + TCP_SEQUENCE) + from - payload);
  if (from + size < bytes.length)
    view.setUint8(transport + TCP_FLAGS, view.getUint8(transport + TCP_FLAGS) & ~(FIN | PSH));
  if (source.address.family !== AF_INET) {
    view.setUint16(IPV6_PAYLOAD_LENGTH, piece.length - IPV6_HEADER);
    return piece;
  }
  view.setUint16(IPV4_LENGTH, piece.length);
  view.setUint16(IPV4_IDENTIFICATION, view.getUint16(IPV4_IDENTIFICATION) + (from - payload) / size);
  view.setUint16(IPV4_CHECKSUM, 0);
  view.setUint16(IPV4_CHECKSUM, checksum(view, 0, transport));
  return piece;
}
