/** TCP segments as the simulated hosts read and write them: the base header, the MSS option, and data. */
import type { Address } from "../wire/address.ts";
import type { Frame } from "../wire/frame.ts";
import { DONT_FRAGMENT, PROTOCOL_TCP } from "../wire/ipv4.ts";
import { transportSum } from "../wire/network.ts";
import {
  OPTION_MSS,
  SYN,
  TCP_ACKNOWLEDGEMENT,
  TCP_CHECKSUM,
  TCP_DESTINATION_PORT,
  TCP_FLAGS,
  TCP_HEADER,
  TCP_OFFSET,
  TCP_SEQUENCE,
  TCP_SOURCE_PORT,
  TCP_WINDOW,
  tcpHeaderLength,
} from "../wire/tcp.ts";
import { findOption } from "../wire/tcp-options.ts";
import { destinationOf, flowLabelOf, newPacket, sourceOf } from "./packet.ts";

/** The two ends of a connection, seen from one of them. */
export interface Ends {
  readonly localAddress: Address;
  readonly localPort: number;
  readonly remoteAddress: Address;
  readonly remotePort: number;
}

/** What goes into a segment besides its ends. Sequence numbers are of 32 bits. */
export interface SegmentFields {
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly data: Uint8Array;
  /** Sent with a SYN only; 0 if there was none. */
  readonly mss: number;
}

const WINDOW = 64_240;
const MSS_LENGTH = 4;

/** The segment of a packet, or `undefined` if it is truncated or its checksum wrong. `ends` are the receiver's. */
export function readSegment(frame: Frame): { readonly ends: Ends; readonly fields: SegmentFields } | undefined {
  const { view, transport: at } = frame;
  const length = frame.end - at;
  if (length < TCP_HEADER || length < tcpHeaderLength(view, at)) return undefined;
  if (transportSum(frame) !== 0xffff) return undefined;
  const option = findOption(view, at, OPTION_MSS);
  return {
    ends: {
      localAddress: destinationOf(frame),
      localPort: view.getUint16(at + TCP_DESTINATION_PORT),
      remoteAddress: sourceOf(frame),
      remotePort: view.getUint16(at + TCP_SOURCE_PORT),
    },
    fields: {
      flags: view.getUint8(at + TCP_FLAGS),
      sequence: view.getUint32(at + TCP_SEQUENCE),
      acknowledgement: view.getUint32(at + TCP_ACKNOWLEDGEMENT),
      data: frame.bytes.slice(at + tcpHeaderLength(view, at), frame.end),
      mss: option < 0 ? 0 : view.getUint16(option + 2),
    },
  };
}

/** A packet with DF, complete but for the Ethernet header, as Director.originate takes it. */
export function writeSegment(
  ends: Ends,
  { flags, sequence, acknowledgement, data, mss }: SegmentFields,
  identification: number,
): Frame {
  const options = (flags & SYN) !== 0 ? MSS_LENGTH : 0;
  const length = TCP_HEADER + options + data.length;
  const frame = newPacket({
    source: ends.localAddress,
    destination: ends.remoteAddress,
    protocol: PROTOCOL_TCP,
    length,
    identification,
    fragment: DONT_FRAGMENT,
    flowLabel: flowLabelOf(ends.localPort, ends.remotePort),
  });
  const { view, transport: at } = frame;
  view.setUint16(at + TCP_SOURCE_PORT, ends.localPort);
  view.setUint16(at + TCP_DESTINATION_PORT, ends.remotePort);
  view.setUint32(at + TCP_SEQUENCE, sequence);
  view.setUint32(at + TCP_ACKNOWLEDGEMENT, acknowledgement);
  view.setUint8(at + TCP_OFFSET, ((TCP_HEADER + options) / 4) << 4);
  view.setUint8(at + TCP_FLAGS, flags);
  view.setUint16(at + TCP_WINDOW, WINDOW);
  if (options > 0) view.setUint32(at + TCP_HEADER, (OPTION_MSS << 24) | (MSS_LENGTH << 16) | mss);
  frame.bytes.set(data, at + TCP_HEADER + options);
  view.setUint16(at + TCP_CHECKSUM, ~transportSum(frame) & 0xffff);
  return frame;
}
