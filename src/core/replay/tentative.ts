/**
 * From when on a recorded kernel used its link-local addresses: it draws by lot how long it looks for others who have them (RFC 4862,
 * section 5.4; net/ipv6/addrconf.c: addrconf_dad_kick), and recordings may begin before that is over.
 */
import type { Transcript } from "../capture/transcript.ts";
import { linkLocalAddress } from "../host/interfaces.ts";
import { AF_INET6, sameAddress } from "../wire/address.ts";
import { ETHERNET_HEADER, ETHERNET_TYPE, ETHERTYPE_IPV6, macNumber } from "../wire/ethernet.ts";
import { IPV6_HEADER, IPV6_SOURCE } from "../wire/ipv6.ts";

/** At the latest: a second by lot, and one of waiting (rtr_solicit_delay, retrans_time). */
const LONGEST = 2;
const MICROSECONDS = 1e6;

/**
 * For each port, until when its address was tentative, in microseconds of the recording's clock: until what caused the first
 * frame that came from it. Nothing where no IPv6 frame was recorded that would tell.
 */
export function tentativeUntil({ head, events }: Pick<Transcript, "head" | "events">): number[] {
  const sixes = events.some((event) => event.do === "tx" && isIpv6(event.frame));
  if (!sixes) return [];
  return head.interfaces.map(({ name, mac }) => {
    if (mac === undefined) return 0;
    const own = linkLocalAddress(macNumber(mac));
    let cause = 0;
    for (const event of events) {
      if (event.t >= LONGEST) break;
      if (event.do !== "tx") cause = event.t;
      else if (event.dev === name && isIpv6(event.frame) && sameAddress(sourceOf(event.frame), own)) {
        return cause * MICROSECONDS;
      }
    }
    return LONGEST * MICROSECONDS;
  });
}

const viewOf = (frame: Uint8Array): DataView => new DataView(frame.buffer, frame.byteOffset, frame.byteLength);

const isIpv6 = (frame: Uint8Array): boolean =>
  frame.length >= ETHERNET_HEADER + IPV6_HEADER && viewOf(frame).getUint16(ETHERNET_TYPE) === ETHERTYPE_IPV6;

function sourceOf(frame: Uint8Array) {
  const word = (index: number): number => viewOf(frame).getUint32(ETHERNET_HEADER + IPV6_SOURCE + index * 4);
  return { family: AF_INET6, words: [word(0), word(1), word(2), word(3)] } as const;
}
