/**
 * Options in hop-by-hop and destination options headers (RFC 8200, section 4.2).
 * Mirrors net/ipv6/exthdrs.c: ip6_parse_tlv, ip6_tlvopt_unknown, ipv6_parse_hopopts, ipv6_destopt_rcv.
 *
 *   | next header | length in 8 bytes, less one | options: type, length, data ... |
 */
import { ACCEPT, DROP, type Verdict } from "../trace/verdict.ts";
import { isMulticast } from "../wire/address-scope.ts";
import type { Frame } from "../wire/frame.ts";
import { HEADER_FIELD, ICMPV6_PARAMETER_PROBLEM, UNKNOWN_OPTION } from "../wire/icmpv6.ts";
import { HOP_BY_HOP, IPV6_HEADER, IPV6_NEXT_HEADER, IPV6_PAYLOAD_LENGTH } from "../wire/ipv6.ts";
import type { Director } from "./director.ts";

const PAD1 = 0;
const PADN = 1;
const ROUTER_ALERT = 5;
const CALIPSO = 7;
const IOAM = 49;
const HOME_ADDRESS = 201;
const JUMBO = 0xc2;
/** More padding in a row than this aligns nothing. */
const MOST_PADDING = 7;
/** IP6_DEFAULT_MAX_HBH_OPTS_CNT, IP6_DEFAULT_MAX_DST_OPTS_CNT. */
const MOST_OPTIONS = 8;
const LARGEST_PAYLOAD = 65_535;
/** What is to be done with an option that nobody knows: its two high bits. */
const SKIP = 0;
const DISCARD = 1;
const DISCARD_AND_TELL = 2;

/** Bytes of the options header at `at`; 0 if it is truncated. */
export function optionsLength({ view, end }: Frame, at: number): number {
  if (end - at < 8) return 0;
  const length = (view.getUint8(at + 1) + 1) * 8;
  return end - at < length ? 0 : length;
}

/**
 * Obeys the hop-by-hop options, right behind the header: ACCEPT, or why the packet is dropped.
 * @ipvs #Y director "IPv6 hop-by-hop options: unknown ones are skipped, drop the packet, or earn a parameter problem, as their type says"
 */
export function obeyHopByHop(director: Director, frame: Frame): Verdict {
  const length = optionsLength(frame, frame.network + IPV6_HEADER);
  return length === 0
    ? DROP.ipv6Truncated
    : obeyOptions(director, frame, frame.network + IPV6_HEADER, length, hopOption);
}

/** Whether the packet's hop-by-hop options, which were obeyed, have one for routers to look at it (RFC 2711). */
export function hasRouterAlert({ view, network }: Frame): boolean {
  if (view.getUint8(network + IPV6_NEXT_HEADER) !== HOP_BY_HOP) return false;
  const header = network + IPV6_HEADER;
  const end = header + (view.getUint8(header + 1) + 1) * 8;
  for (let at = header + 2; at < end; at += view.getUint8(at) === PAD1 ? 1 : view.getUint8(at + 1) + 2)
    if (view.getUint8(at) === ROUTER_ALERT) return true;
  return false;
}

/** The same for destination options at `at`, `length` bytes of them. */
export const obeyDestinationOptions = (director: Director, frame: Frame, at: number, length: number): Verdict =>
  obeyOptions(director, frame, at, length, destinationOption);

/** An option that is known: ACCEPT, or a drop; undefined for others. */
type KnownOption = (director: Director, frame: Frame, at: number) => number | undefined;

function obeyOptions(director: Director, frame: Frame, header: number, length: number, known: KnownOption): Verdict {
  const { view } = frame;
  const end = header + length;
  let padding = 0;
  let options = 0;
  for (let at = header + 2; at < end; ) {
    const type = view.getUint8(at);
    const size = type === PAD1 ? 1 : end - at < 2 ? end : view.getUint8(at + 1) + 2;
    if (at + size > end) return DROP.ipv6Options;
    if (type === PAD1 || type === PADN) {
      padding += size;
      if (padding > MOST_PADDING || !isBlank(frame, at + 2, at + size)) return DROP.ipv6Options;
    } else {
      padding = 0;
      options++;
      if (options > MOST_OPTIONS) return DROP.ipv6Options;
      const verdict = known(director, frame, at) ?? unknownOption(director, frame, at);
      if (verdict !== ACCEPT) return verdict;
    }
    at += size;
  }
  return ACCEPT;
}

function isBlank({ view }: Frame, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (view.getUint8(at) !== 0) return false;
  return true;
}

function hopOption(director: Director, frame: Frame, at: number): Verdict | undefined {
  const { view, network } = frame;
  switch (view.getUint8(at)) {
    case ROUTER_ALERT:
      return view.getUint8(at + 1) === 2 ? ACCEPT : DROP.ipv6Options;
    // Not enabled on any interface; but out of place it is a fault (ipv6_hop_ioam).
    case IOAM:
      return ((at - network) & 3) === 0 ? ACCEPT : DROP.ipv6Options;
    // Labels of a kind that nobody has defined here (ipv6_hop_calipso).
    case CALIPSO:
      return DROP.ipv6Options;
    case JUMBO:
      return jumboPayload(director, frame, at);
    default:
      return undefined;
  }
}

/** No link here carries a jumbogram (RFC 2675), so a packet that says to be one is truncated or wrong (ipv6_hop_jumbo). */
function jumboPayload(director: Director, frame: Frame, at: number): Verdict {
  const { view, network, end } = frame;
  if (view.getUint8(at + 1) !== 4 || ((at - network) & 3) !== 2) return DROP.ipv6Options;
  const length = view.getUint32(at + 2);
  const isJumbo = length > LARGEST_PAYLOAD;
  if (!isJumbo || view.getUint16(network + IPV6_PAYLOAD_LENGTH) !== 0) {
    director.ip.sendError(frame, ICMPV6_PARAMETER_PROBLEM, HEADER_FIELD, at - network + (isJumbo ? 0 : 2));
    return DROP.ipv6Options;
  }
  return length > end - network - IPV6_HEADER ? DROP.ipv6Truncated : ACCEPT;
}

/** Mobile IPv6 is not at work here, and then a home address is refused (ipv6_dest_hao). */
const destinationOption: KnownOption = (_director, { view }, at) =>
  view.getUint8(at) === HOME_ADDRESS ? DROP.ipv6Options : undefined;

function unknownOption(director: Director, frame: Frame, at: number): Verdict {
  const action = frame.view.getUint8(at) >> 6;
  if (action === SKIP) return ACCEPT;
  const tells = action === DISCARD_AND_TELL || !isMulticast(frame.destination, director.addresses);
  if (action !== DISCARD && tells) {
    director.ip.sendError(frame, ICMPV6_PARAMETER_PROBLEM, UNKNOWN_OPTION, at - frame.network);
  }
  return DROP.ipv6Options;
}
