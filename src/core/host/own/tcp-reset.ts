/** Resets of segments that nobody listens to. Mirrors tcp_v4_send_reset and tcp_v6_send_reset of net/ipv4/tcp_ipv4.c and net/ipv6/tcp_ipv6.c. */
import { ACCEPT, DROP, type Verdict } from "../../trace/verdict.ts";
import { type Frame, TO_HOST } from "../../wire/frame.ts";
import { transportSum } from "../../wire/network.ts";
import {
  ACK,
  FIN,
  RST,
  SYN,
  TCP_ACKNOWLEDGEMENT,
  TCP_DESTINATION_PORT,
  TCP_FLAGS,
  TCP_HEADER,
  TCP_OFFSET,
  TCP_SEQUENCE,
  TCP_SOURCE_PORT,
  tcpHeaderLength,
} from "../../wire/tcp.ts";

/** Not-ECT: the two low bits of TOS or traffic class cleared. */
export const NO_ECN = 0xfc;

/** ACCEPT if the segment earns a reset: it is whole, its checksum is right, and it is no reset itself; else why not. */
export function earnsReset(frame: Frame): Verdict {
  const { view, transport: segment } = frame;
  const length = frame.end - segment;
  if (frame.packetType !== TO_HOST) return DROP.hostSilent;
  if (length < TCP_HEADER || tcpHeaderLength(view, segment) < TCP_HEADER || length < tcpHeaderLength(view, segment)) {
    return DROP.hostTruncated;
  }
  if (frame.checksumStart === 0 && transportSum(frame) !== 0xffff) return DROP.hostChecksum;
  return (view.getUint8(segment + TCP_FLAGS) & RST) !== 0 ? DROP.hostReset : ACCEPT;
}

/** Writes the reset of the frame's segment at `at` of `view`, all zeros before; its checksum is still to be made. */
export function writeReset(view: DataView, at: number, frame: Frame): void {
  const { view: asked, transport: segment } = frame;
  const flags = asked.getUint8(segment + TCP_FLAGS);
  view.setUint16(at + TCP_SOURCE_PORT, asked.getUint16(segment + TCP_DESTINATION_PORT));
  view.setUint16(at + TCP_DESTINATION_PORT, asked.getUint16(segment + TCP_SOURCE_PORT));
  if ((flags & ACK) !== 0) {
    view.setUint32(at + TCP_SEQUENCE, asked.getUint32(segment + TCP_ACKNOWLEDGEMENT));
    view.setUint8(at + TCP_FLAGS, RST);
  } else {
    const data = frame.end - segment - tcpHeaderLength(asked, segment);
    const occupied = data + ((flags & SYN) >> 1) + (flags & FIN);
    view.setUint32(at + TCP_ACKNOWLEDGEMENT, asked.getUint32(segment + TCP_SEQUENCE) + occupied);
    view.setUint8(at + TCP_FLAGS, RST | ACK);
  }
  view.setUint8(at + TCP_OFFSET, (TCP_HEADER / 4) << 4);
}
