/** Times of day in frames that a director sent: recordings do not say when they were made, so these may differ. */
import { ETHERNET_HEADER } from "../wire/ethernet.ts";
import { ICMP_CHECKSUM, ICMP_HEADER, ICMP_TYPE, isIcmpError, TIMESTAMP_REPLY } from "../wire/icmp.ts";
import { headerLength, IPV4_CHECKSUM, IPV4_HEADER, IPV4_PROTOCOL, PROTOCOL_ICMP, PROTOCOL_IPIP } from "../wire/ipv4.ts";
import { END, LENGTH, NO_OPERATION, POINTER, TIMESTAMP } from "../wire/ipv4-options.ts";

const TIME = 4;
/** Times that a timestamp reply has from the director: received and transmitted (RFC 792). */
const REPLY_TIMES = [4, 8] as const;

/** Puts the times of day to 0, and with them the checksums that cover them: in the frame's own header and in one that it carries. */
export function blankTimesOfDay(view: DataView): boolean {
  return blankPacket(view, ETHERNET_HEADER);
}

/** Whether there was any. */
function blankPacket(view: DataView, at: number): boolean {
  if (view.byteLength - at < IPV4_HEADER) return false;
  const payload = at + headerLength(view, at);
  if (payload > view.byteLength) return false;
  const stamped = blankOptions(view, at, payload);
  if (stamped) view.setUint16(at + IPV4_CHECKSUM, 0);
  const protocol = view.getUint8(at + IPV4_PROTOCOL);
  const inside =
    protocol === PROTOCOL_IPIP ? blankPacket(view, payload) : protocol === PROTOCOL_ICMP && blankMessage(view, payload);
  return stamped || inside;
}

function blankMessage(view: DataView, at: number): boolean {
  if (view.byteLength - at < ICMP_HEADER) return false;
  const type = view.getUint8(at + ICMP_TYPE);
  const times =
    type === TIMESTAMP_REPLY ? REPLY_TIMES.filter((time) => at + ICMP_HEADER + time + TIME <= view.byteLength) : [];
  for (const time of times) view.setUint32(at + ICMP_HEADER + time, 0);
  const blanked = times.length > 0 || (isIcmpError(type) && blankPacket(view, at + ICMP_HEADER));
  if (blanked) view.setUint16(at + ICMP_CHECKSUM, 0);
  return blanked;
}

/** Of timestamp options, all entries that are filled in. */
function blankOptions(view: DataView, network: number, end: number): boolean {
  let blanked = false;
  let at = network + IPV4_HEADER;
  while (at + POINTER < end) {
    const type = view.getUint8(at);
    if (type === END) break;
    const length = type === NO_OPERATION ? 1 : view.getUint8(at + LENGTH);
    if (length < 1 || at + length > end) break;
    if (type === TIMESTAMP && length > TIME) {
      blankEntries(view, at, length);
      blanked = true;
    }
    at += length;
  }
  return blanked;
}

function blankEntries(view: DataView, at: number, length: number): void {
  const withAddress = (view.getUint8(at + 3) & 0x0f) !== 0;
  const step = withAddress ? 2 * TIME : TIME;
  const filled = Math.min(view.getUint8(at + POINTER) - 1, length);
  // Back from the pointer: nobody says that the first entry begins where the option's head ends.
  for (let time = filled - TIME; time >= TIME; time -= step) view.setUint32(at + time, 0);
}
