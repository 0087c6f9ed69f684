/** A TCP segment as connection tracking looks at it (net/netfilter/nf_conntrack_proto_tcp.c). */
import type { Frame } from "../../wire/frame.ts";
import {
  ACK,
  FIN,
  OPTION_END,
  OPTION_NOP,
  OPTION_SACK,
  RST,
  SYN,
  TCP_ACKNOWLEDGEMENT,
  TCP_FLAGS,
  TCP_HEADER,
  TCP_SEQUENCE,
  TCP_WINDOW,
  tcpHeaderLength,
} from "../../wire/tcp.ts";
import { isAfter } from "./sequence-shift.ts";

const OPTION_WINDOW_SCALE = 3;
const OPTION_SACK_PERMITTED = 4;
/** RFC 7323, section 2.3. */
const LARGEST_SCALE = 14;
/** PSH, ECE and CWR go with everything. */
const IGNORED_FLAGS = 0x08 | 0x40 | 0x80;
const URG = 0x20;
/** tcp_valid_flags. */
const VALID_FLAGS: readonly number[] = [
  SYN,
  SYN | URG,
  SYN | ACK,
  RST,
  RST | ACK,
  FIN | ACK,
  FIN | ACK | URG,
  ACK,
  ACK | URG,
];

/** What a segment is to the state table: the first of these that its flags show. */
export const KIND_SYN = 0;
export const KIND_SYN_ACK = 1;
export const KIND_FIN = 2;
export const KIND_ACK = 3;
export const KIND_RST = 4;

export interface Segment {
  readonly kind: number;
  readonly flags: number;
  readonly sequence: number;
  /** One past the last sequence number that it occupies. */
  readonly end: number;
  readonly acknowledgement: number;
  readonly window: number;
  /** The right edge of its highest SACK block, if that is beyond the acknowledgement; else the acknowledgement. */
  readonly highestSack: number;
  /** The shift count of its option; -1 without. */
  readonly windowScale: number;
  readonly permitsSack: boolean;
}

/** The frame's segment; `undefined` if it is truncated or its flags make no sense (tcp_error). */
export function readSegment({ view, end, transport: at }: Frame): Segment | undefined {
  const length = tcpHeaderLength(view, at);
  if (length < TCP_HEADER || at + length > end) return undefined;
  const flags = view.getUint8(at + TCP_FLAGS);
  if (!VALID_FLAGS.includes(flags & ~IGNORED_FLAGS)) return undefined;
  const sequence = view.getUint32(at + TCP_SEQUENCE);
  const acknowledgement = view.getUint32(at + TCP_ACKNOWLEDGEMENT);
  return {
    kind: kindOf(flags),
    flags,
    sequence,
    end: sequence + (end - at - length) + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0),
    acknowledgement,
    window: view.getUint16(at + TCP_WINDOW),
    ...readOptions(view, at, length, acknowledgement),
  };
}

function kindOf(flags: number): number {
  if ((flags & RST) !== 0) return KIND_RST;
  if ((flags & SYN) !== 0) return (flags & ACK) !== 0 ? KIND_SYN_ACK : KIND_SYN;
  return (flags & FIN) !== 0 ? KIND_FIN : KIND_ACK;
}

/** tcp_options and tcp_sack: both stop at what makes no sense. */
function readOptions(
  view: DataView,
  segment: number,
  header: number,
  acknowledgement: number,
): Pick<Segment, "highestSack" | "windowScale" | "permitsSack"> {
  const found = { highestSack: acknowledgement, windowScale: -1, permitsSack: false };
  for (let at = segment + TCP_HEADER; at < segment + header; ) {
    const kind = view.getUint8(at);
    if (kind === OPTION_END) break;
    if (kind === OPTION_NOP) {
      at++;
      continue;
    }
    const length = at + 1 < segment + header ? view.getUint8(at + 1) : 0;
    if (length < 2 || at + length > segment + header) break;
    if (kind === OPTION_SACK_PERMITTED && length === 2) found.permitsSack = true;
    if (kind === OPTION_WINDOW_SCALE && length === 3)
      found.windowScale = Math.min(view.getUint8(at + 2), LARGEST_SCALE);
    if (kind === OPTION_SACK && length > 2 && (length - 2) % 8 === 0) {
      for (let edge = at + 6; edge < at + length; edge += 8) {
        if (isAfter(view.getUint32(edge), found.highestSack)) found.highestSack = view.getUint32(edge);
      }
    }
    at += length;
  }
  return found;
}
