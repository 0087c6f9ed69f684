/**
 * TOA: the TCP option that tells a real server behind FULLNAT who the client is.
 *
 *   0        1       2             4              8 or 20
 *   | 254    | 8, 20 | client port | client address |
 *
 * The length tells the client's family, and 254 stands for both, as in iqiyi/dpvs; alibaba/LVS says 253 for IPv6.
 * Read by a kernel module on the real server (alibaba/LVS kernel/net/toa/toa.h, iqiyi/dpvs kmod/toa/toa.h).
 */
import { AF_INET } from "../../wire/address.ts";
import { type AddressHandle, type AddressTable, familyOf } from "../../wire/address-table.ts";
import type { Frame } from "../../wire/frame.ts";
import { finishNetworkHeader } from "../../wire/network.ts";
import {
  ACK,
  FIN,
  RST,
  SYN,
  TCP_ACKNOWLEDGEMENT,
  TCP_FLAGS,
  TCP_HEADER,
  TCP_OFFSET,
  tcpHeaderLength,
} from "../../wire/tcp.ts";
import type { Edit } from "./edit.ts";

/** Off, 1 as iqiyi/dpvs, 2 as alibaba/LVS: on the SYN too. See docs/decisions. */
export const TOA_OFF = 0;
export const TOA_ALIBABA = 2;

/** What `ipvsadm --toa` calls them. */
export const TOA_NAMES: readonly string[] = ["off", "dpvs", "alibaba"];

export const TOA_KIND = 254;
const TOA_IPV4_LENGTH = 8;
const TOA_IPV6_LENGTH = 20;
const LONGEST_HEADER = 60;

/** Bytes of the option that names this client. */
export const toaLength = (client: AddressHandle): number =>
  familyOf(client) === AF_INET ? TOA_IPV4_LENGTH : TOA_IPV6_LENGTH;

/**
 * Whether a segment of the client carries the option: until the client acknowledges the server's first byte.
 * @ipvs #Y fullnat "TOA as DPVS: on segments whose ack is the server's first sequence number + 1; as alibaba/LVS: on the SYN too, and not on a FIN"
 */
export function carriesToa(mode: number, view: DataView, segment: number, firstData: number): boolean {
  if (mode === TOA_OFF) return false;
  const flags = view.getUint8(segment + TCP_FLAGS);
  if ((flags & RST) !== 0) return false;
  if ((flags & SYN) !== 0) return mode === TOA_ALIBABA && (flags & ACK) === 0;
  if (mode === TOA_ALIBABA && (flags & FIN) !== 0) return false;
  return view.getUint32(segment + TCP_ACKNOWLEDGEMENT) === firstData;
}

/** Whether an option of `length` bytes fits the header and the packet the MTU; a frame of several segments is judged by one of them. */
export function hasRoomForToa(frame: Frame, segment: number, mtu: number, length: number): boolean {
  const header = tcpHeaderLength(frame.view, segment);
  if (header < TCP_HEADER || header > frame.end - segment || header + length > LONGEST_HEADER) return false;
  const payload = frame.segmentSize > 0 ? frame.segmentSize : frame.end - segment - header;
  return segment - frame.network + header + payload + length <= mtu;
}

/**
 * Inserts the option before all others. What stands before it moves forward into the frame's headroom; payload and other options stay where they are.
 */
export function insertToa(
  frame: Frame,
  addresses: AddressTable,
  client: AddressHandle,
  port: number,
  edit: Edit,
): void {
  const length = toaLength(client);
  const offset = frame.transport - frame.start;
  frame.ensureHeadroom(length);
  const end = frame.start + offset + TCP_HEADER;
  frame.bytes.copyWithin(frame.start - length, frame.start, end);
  frame.moveHeaders(-length);
  const { view } = frame;
  const at = frame.transport;
  const option = at + TCP_HEADER;
  view.setUint8(option, TOA_KIND);
  view.setUint8(option + 1, length);
  view.setUint16(option + 2, port);
  addresses.write(view, option + 4, client);
  for (let word = 0; word < length; word += 2) edit.inserted16(view.getUint16(option + word));
  const whole = frame.end - at;
  edit.length(whole - length, whole);
  const offsetAndFlags = view.getUint16(at + TCP_OFFSET);
  edit.word16(at + TCP_OFFSET, offsetAndFlags + ((length / 4) << 12));
  finishNetworkHeader(frame);
  // The pieces a datagram came in do not hold the option: it is cut anew.
  frame.fragmentLengths = undefined;
}
