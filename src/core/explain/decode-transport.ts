/** Transport headers field by field: TCP, UDP, SCTP. */
import { fold, pseudoHeaderSum, sum } from "../wire/checksum.ts";
import {
  IPV4_DESTINATION,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  isFragment,
  PROTOCOL_SCTP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../wire/ipv4.ts";
import { finishSctp, firstChunk, SCTP_CHECKSUM, SCTP_HEADER } from "../wire/sctp.ts";
import {
  flagsText,
  TCP_ACKNOWLEDGEMENT,
  TCP_CHECKSUM,
  TCP_FLAGS,
  TCP_HEADER,
  TCP_SEQUENCE,
  TCP_WINDOW,
  tcpHeaderLength,
} from "../wire/tcp.ts";
import { UDP_CHECKSUM, UDP_HEADER, UDP_LENGTH } from "../wire/udp.ts";
import { data, type Field, hex, type Layer, sumText } from "./layers.ts";
import { chunkName } from "./summary.ts";

/** TCP, UDP or SCTP at `at`, behind the IPv4 header at `network`; anything else is data. */
export function decodeTransport(
  view: DataView,
  network: number,
  at: number,
  end: number,
  quoted: "" | "quoted ",
): Layer[] {
  const protocol = view.getUint8(network + IPV4_PROTOCOL);
  const there = end - at;
  // A sum over a packet that is not whole says nothing.
  const whole = quoted === "" && !isFragment(view, network);
  if (protocol === PROTOCOL_TCP && there >= (quoted === "" ? TCP_HEADER : 8)) {
    return decodeTcp(view, network, at, end, quoted, whole);
  }
  if (protocol === PROTOCOL_UDP && there >= UDP_HEADER) {
    const check = view.getUint16(at + UDP_CHECKSUM);
    const sound = !whole || check === 0 || isTransportSound(view, network, at, end, PROTOCOL_UDP);
    const length = { name: "length", value: String(view.getUint16(at + UDP_LENGTH)) };
    const checksum = { name: "checksum", value: check === 0 ? "0x0000 (none)" : sumText(check, sound) };
    return [{ name: `${quoted}UDP`, fields: [...ports(view, at), length, checksum] }, ...data(there - UDP_HEADER)];
  }
  return protocol === PROTOCOL_SCTP && there >= (quoted === "" ? SCTP_HEADER : 8)
    ? decodeSctp(view, at, end, quoted, whole)
    : data(there);
}

const ports = (view: DataView, at: number): Field[] => [
  { name: "source port", value: String(view.getUint16(at)) },
  { name: "destination port", value: String(view.getUint16(at + 2)) },
];

function decodeTcp(
  view: DataView,
  network: number,
  at: number,
  end: number,
  quoted: "" | "quoted ",
  whole: boolean,
): Layer[] {
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
  const sound = !whole || isTransportSound(view, network, at, end, PROTOCOL_TCP);
  const value = view.getUint16(at + TCP_CHECKSUM);
  const text =
    !sound && isLeftToCard(view, network, at, end, value) ? `${hex(value, 4)}${LEFT_TO_CARD}` : sumText(value, sound);
  fields.push({ name: "checksum", value: text });
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

function isTransportSound(view: DataView, network: number, at: number, end: number, protocol: number): boolean {
  const source = view.getUint32(network + IPV4_SOURCE);
  const destination = view.getUint32(network + IPV4_DESTINATION);
  return fold(sum(view, at, end - at) + pseudoHeaderSum(source, destination, protocol, end - at)) === 0xffff;
}

const LEFT_TO_CARD = " (left to the network card)";

/** Only the pseudo header is summed up: the rest is for whoever puts the packet on a wire (CHECKSUM_PARTIAL). */
function isLeftToCard(view: DataView, network: number, at: number, end: number, value: number): boolean {
  const source = view.getUint32(network + IPV4_SOURCE);
  const destination = view.getUint32(network + IPV4_DESTINATION);
  return value === pseudoHeaderSum(source, destination, PROTOCOL_TCP, end - at);
}

function decodeSctp(view: DataView, at: number, end: number, quoted: "" | "quoted ", whole: boolean): Layer[] {
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
