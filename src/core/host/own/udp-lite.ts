/** UDP-Lite (RFC 3828) for ports where nobody listens. Mirrors include/net/udplite.h: udplite_checksum_init. */
import { ACCEPT, DROP, type Verdict } from "../../trace/verdict.ts";
import { fold, sum } from "../../wire/checksum.ts";
import type { Frame } from "../../wire/frame.ts";
import { pseudoSum } from "../../wire/network.ts";
import { UDP_CHECKSUM, UDP_HEADER, UDP_LENGTH } from "../../wire/udp.ts";

export const PROTOCOL_UDPLITE = 136;

/**
 * ACCEPT if the datagram earns "port unreachable", or the drop. In the place of UDP's length stands how much the checksum covers, and
 * without a checksum a datagram is none, in IPv4 too.
 * @ipvs #Y director "A UDP-Lite datagram earns port unreachable, if its checksum is there and right"
 */
export function earnsUnreachable(frame: Frame): Verdict {
  const { view, transport: datagram, end } = frame;
  const present = end - datagram;
  if (present < UDP_HEADER) return DROP.hostTruncated;
  const covered = view.getUint16(datagram + UDP_LENGTH) || present;
  if (covered < UDP_HEADER || covered > present) return DROP.hostTruncated;
  const total = fold(sum(view, datagram, covered) + pseudoSum(frame, present));
  return view.getUint16(datagram + UDP_CHECKSUM) === 0 || total !== 0xffff ? DROP.hostChecksum : ACCEPT;
}
