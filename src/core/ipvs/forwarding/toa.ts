/**
 * TOA: the TCP option that tells a real server behind FULLNAT who the client is.
 *
 *   0        1       2             4              8
 *   | 254    | 8     | client port | client address |
 *
 * Read by a kernel module on the real server (alibaba/LVS kernel/net/toa/toa.h, iqiyi/dpvs kmod/toa/toa.h).
 */
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
export const TOA_LENGTH = 8;
const LONGEST_HEADER = 60;

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

/** Whether the option fits the header and the packet the MTU; a frame of several segments is judged by one of them. */
export function hasRoomForToa(frame: Frame, segment: number, mtu: number): boolean {
  const header = tcpHeaderLength(frame.view, segment);
  if (header < TCP_HEADER || header > frame.end - segment || header + TOA_LENGTH > LONGEST_HEADER) return false;
  const payload = frame.segmentSize > 0 ? frame.segmentSize : frame.end - segment - header;
  return segment - frame.network + header + payload + TOA_LENGTH <= mtu;
}

/**
 * Inserts the option before all others. What stands before it moves forward into the frame's headroom; payload and other options stay where they are.
 */
export function insertToa(frame: Frame, address: number, port: number, edit: Edit): void {
  const offset = frame.transport - frame.start;
  frame.ensureHeadroom(TOA_LENGTH);
  const end = frame.start + offset + TCP_HEADER;
  frame.bytes.copyWithin(frame.start - TOA_LENGTH, frame.start, end);
  frame.moveHeaders(-TOA_LENGTH);
  const { view } = frame;
  const at = frame.transport;
  const option = at + TCP_HEADER;
  view.setUint8(option, TOA_KIND);
  view.setUint8(option + 1, TOA_LENGTH);
  view.setUint16(option + 2, port);
  view.setUint32(option + 4, address);
  for (let word = 0; word < TOA_LENGTH; word += 2) edit.inserted16(view.getUint16(option + word));
  const length = frame.end - at;
  edit.length(length - TOA_LENGTH, length);
  const offsetAndFlags = view.getUint16(at + TCP_OFFSET);
  edit.word16(at + TCP_OFFSET, offsetAndFlags + ((TOA_LENGTH / 4) << 12));
  finishNetworkHeader(frame);
  // The pieces a datagram came in do not hold the option: it is cut anew.
  frame.fragmentLengths = undefined;
}
