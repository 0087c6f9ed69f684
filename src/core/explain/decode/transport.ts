/** Transport headers field by field: TCP, UDP, SCTP; what VRRP says. */
import { fold, halves, sum } from "../../wire/checksum.ts";
import { PROTOCOL_SCTP, PROTOCOL_TCP, PROTOCOL_UDP } from "../../wire/ipv4.ts";
import { finishSctp, firstChunk, SCTP_CHECKSUM, SCTP_HEADER } from "../../wire/sctp.ts";
import {
  flagsText,
  TCP_ACKNOWLEDGEMENT,
  TCP_CHECKSUM,
  TCP_FLAGS,
  TCP_HEADER,
  TCP_SEQUENCE,
  TCP_WINDOW,
  tcpHeaderLength,
} from "../../wire/tcp.ts";
import { UDP_CHECKSUM, UDP_HEADER, UDP_LENGTH } from "../../wire/udp.ts";
import { PROTOCOL_VRRP } from "../../wire/vrrp.ts";
import { chunkName } from "../summary.ts";
import { data, type Field, hex, type Layer, type Quoted, sumText } from "./layers.ts";
import { syncLayers, syncMessageIn } from "./sync-message.ts";
import { decodeVrrp } from "./vrrp.ts";

/** What an IP header carries, and what of it the transport header's checksum covers. */
export interface Carried {
  readonly view: DataView;
  readonly protocol: number;
  /** Where it begins and ends. */
  readonly at: number;
  readonly end: number;
  /** The sum of the two addresses in the IP header. */
  readonly addresses: number;
  /** Neither a fragment nor quoted: a sum over a packet that is not whole says nothing. */
  readonly whole: boolean;
  readonly quoted: Quoted;
}

/** The sum of the pseudo header, folded. */
const pseudoSum = ({ addresses, protocol, at, end }: Carried): number => fold(addresses + protocol + halves(end - at));

/**
 * A checksum that covers the pseudo header, with a word behind it if it is wrong. Of one that only sums up the pseudo header the
 * rest is for whoever puts the packet on a wire (CHECKSUM_PARTIAL).
 */
export function checksumText(carried: Carried, value: number): string {
  const { view, at, end, whole } = carried;
  const sound = !whole || fold(sum(view, at, end - at) + pseudoSum(carried)) === 0xffff;
  return !sound && value === pseudoSum(carried) ? `${hex(value, 4)} (left to the network card)` : sumText(value, sound);
}

/** TCP, UDP, SCTP or VRRP; anything else is data. */
export function decodeTransport(carried: Carried): Layer[] {
  const { view, protocol, at, end, quoted } = carried;
  const there = end - at;
  if (protocol === PROTOCOL_TCP && there >= (quoted === "" ? TCP_HEADER : 8)) return decodeTcp(carried);
  if (protocol === PROTOCOL_UDP && there >= UDP_HEADER) {
    const check = view.getUint16(at + UDP_CHECKSUM);
    const length = { name: "length", value: String(view.getUint16(at + UDP_LENGTH)) };
    const checksum = { name: "checksum", value: check === 0 ? "0x0000 (none)" : checksumText(carried, check) };
    const sync = carried.whole ? syncMessageIn(view, at + UDP_HEADER, end, view.getUint16(at + 2)) : undefined;
    const inside = sync === undefined ? data(there - UDP_HEADER) : syncLayers(sync);
    return [{ name: `${quoted}UDP`, fields: [...ports(view, at), length, checksum] }, ...inside];
  }
  if (protocol === PROTOCOL_VRRP) return decodeVrrp(view, at, end) ?? data(there);
  return protocol === PROTOCOL_SCTP && there >= (quoted === "" ? SCTP_HEADER : 8) ? decodeSctp(carried) : data(there);
}

const ports = (view: DataView, at: number): Field[] => [
  { name: "source port", value: String(view.getUint16(at)) },
  { name: "destination port", value: String(view.getUint16(at + 2)) },
];

function decodeTcp(carried: Carried): Layer[] {
  const { view, at, end, quoted } = carried;
  const fields = [...ports(view, at), { name: "sequence", value: String(view.getUint32(at + TCP_SEQUENCE)) }];
  if (end - at < TCP_HEADER) return [{ name: `${quoted}TCP`, fields }];
  const header = tcpHeaderLength(view, at);
  fields.push(
    { name: "acknowledgement", value: String(view.getUint32(at + TCP_ACKNOWLEDGEMENT)) },
    { name: "flags", value: flagsText(view.getUint8(at + TCP_FLAGS)) },
    { name: "window", value: String(view.getUint16(at + TCP_WINDOW)) },
  );
  if (header > TCP_HEADER && at + header <= end)
    fields.push({ name: "options", value: bytesText(view, at + TCP_HEADER, at + header) });
  fields.push({ name: "checksum", value: checksumText(carried, view.getUint16(at + TCP_CHECKSUM)) });
  return [{ name: `${quoted}TCP`, fields }, ...data(end - at - header)];
}

function bytesText(view: DataView, from: number, to: number): string {
  const pairs = Array.from({ length: to - from }, (_, index) =>
    view
      .getUint8(from + index)
      .toString(16)
      .padStart(2, "0"),
  );
  return pairs.join(" ");
}

function decodeSctp({ view, at, end, quoted, whole }: Carried): Layer[] {
  const fields = [...ports(view, at), { name: "verification tag", value: hex(view.getUint32(at + 4), 8) }];
  if (end - at < SCTP_HEADER) return [{ name: `${quoted}SCTP`, fields }];
  const chunk = firstChunk(view, at, end);
  if (chunk >= 0) fields.push({ name: "first chunk", value: `${chunk} (${chunkName(chunk)})` });
  const value = hex(view.getUint32(at + SCTP_CHECKSUM), 8);
  fields.push({ name: "checksum", value: `${value}${!whole || isSctpSound(view, at, end) ? "" : " (wrong)"}` });
  return [{ name: `${quoted}SCTP`, fields }, ...data(end - at - SCTP_HEADER)];
}

/** Makes the checksum of a copy, to see whether it comes out the same. */
function isSctpSound(view: DataView, at: number, end: number): boolean {
  const copy = new Uint8Array(view.buffer, view.byteOffset + at, end - at).slice();
  const copied = new DataView(copy.buffer);
  finishSctp(copied, 0, copy.length);
  return copied.getUint32(SCTP_CHECKSUM) === view.getUint32(at + SCTP_CHECKSUM);
}
