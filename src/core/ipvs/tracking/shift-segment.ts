/** Sequence numbers of a connection whose text a helper changed, in each packet. Mirrors net/netfilter/nf_conntrack_seqadj.c. */
import { difference32, updated } from "../../wire/checksum.ts";
import type { Frame } from "../../wire/frame.ts";
import {
  ACK,
  OPTION_END,
  OPTION_NOP,
  OPTION_SACK,
  TCP_ACKNOWLEDGEMENT,
  TCP_CHECKSUM,
  TCP_FLAGS,
  TCP_HEADER,
  TCP_SEQUENCE,
  tcpHeaderLength,
} from "../../wire/tcp.ts";
import type { DataPath } from "../data-path.ts";
import type { SequenceShift } from "./sequence-shift.ts";

/** A block of the option: two sequence numbers (RFC 2018, section 3). */
const SACK_BLOCK = 8;

/**
 * Shifts what the sender of the segment counts (`own`) and what it acknowledges (`other`), in header and SACK option; false
 * if the options are truncated: such a packet is dropped (nf_ct_seq_adjust).
 */
export function shiftSegment(path: DataPath, frame: Frame, own: SequenceShift, other: SequenceShift): boolean {
  const { view, transport: segment } = frame;
  shiftNumber(path, frame, segment, TCP_SEQUENCE, own.of(view.getUint32(segment + TCP_SEQUENCE)));
  if ((view.getUint8(segment + TCP_FLAGS) & ACK) === 0) return true;
  const acknowledged = view.getUint32(segment + TCP_ACKNOWLEDGEMENT);
  shiftNumber(path, frame, segment, TCP_ACKNOWLEDGEMENT, -other.ofAcknowledgement(acknowledged));
  return shiftSack(path, frame, segment, other);
}

function shiftNumber(path: DataPath, frame: Frame, segment: number, offset: number, by: number): void {
  if (by === 0) return;
  const { view } = frame;
  const before = view.getUint32(segment + offset);
  const after = (before + by) >>> 0;
  view.setUint32(segment + offset, after);
  // Where the sum is not finished yet, it covers the number when it is.
  if (frame.checksumStart === 0) {
    const at = segment + TCP_CHECKSUM;
    view.setUint16(at, updated(view.getUint16(at), difference32(before, after)));
  }
  if (path.trace === undefined) return;
  const what = offset === TCP_SEQUENCE ? "sequence number" : offset < TCP_HEADER ? "acknowledgement" : "SACK edge";
  path.trace.add({ kind: "rewritten", what, before: `${before}`, after: `${after}` });
}

/** nf_ct_sack_adjust. */
function shiftSack(path: DataPath, frame: Frame, segment: number, other: SequenceShift): boolean {
  const { view } = frame;
  const end = Math.min(tcpHeaderLength(view, segment), frame.end - segment);
  for (let at = TCP_HEADER; at < end; ) {
    const kind = view.getUint8(segment + at);
    if (kind === OPTION_END) return true;
    if (kind === OPTION_NOP) {
      at++;
      continue;
    }
    const length = at + 1 < end ? view.getUint8(segment + at + 1) : 0;
    if (length < 2 || at + length > end) return false;
    if (kind === OPTION_SACK && length > 2 && (length - 2) % SACK_BLOCK === 0) {
      for (let edge = at + 2; edge < at + length; edge += 4) {
        shiftNumber(path, frame, segment, edge, -other.ofAcknowledgement(view.getUint32(segment + edge)));
      }
    }
    at += length;
  }
  return true;
}
