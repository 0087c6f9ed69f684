/**
 * What of a frame that a director sent nobody can foretell, so that a recording may show it otherwise:
 *
 * - the identification, and so the header checksum, of IPv4 packets that the director itself originates (outer headers of
 *   tunnels, ICMP, synchronisation), unless they carry DF and identification 0;
 * - the identification of IPv6 fragments;
 * - the flow label of what the host itself sends in IPv6, where Linux makes one by a secret hash (net.ipv6.auto_flowlabels, which is 1
 *   unless somebody says otherwise; transcripts are recorded with 0);
 * - the source port of the director's GUE and synchronisation datagrams, and the checksum that covers it;
 * - times of day (time-of-day.ts).
 */
import type { HostConfig, SysctlConfig } from "../host/config/config.ts";
import { linkLocalAddress } from "../host/interfaces.ts";
import { AF_INET, AF_INET6, firstWord } from "../wire/address.ts";
import { ETHERNET_HEADER, ETHERNET_TYPE, ETHERTYPE_IPV4, ETHERTYPE_IPV6, macNumber } from "../wire/ethernet.ts";
import { GUE_PORT } from "../wire/gue.ts";
import {
  DONT_FRAGMENT,
  FRAGMENT_OFFSET,
  headerLength,
  IPV4_CHECKSUM,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_HEADER,
  IPV4_IDENTIFICATION,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  MORE_FRAGMENTS,
  PROTOCOL_GRE,
  PROTOCOL_ICMP,
  PROTOCOL_IPIP,
  PROTOCOL_IPV6,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../wire/ipv4.ts";
import {
  extensionLength,
  FRAGMENT,
  FRAGMENT_HEADER,
  FRAGMENT_IDENTIFICATION,
  IPV6_HEADER,
  IPV6_NEXT_HEADER,
  IPV6_SOURCE,
  isExtension,
  PROTOCOL_ICMPV6,
} from "../wire/ipv6.ts";
import { RST, TCP_FLAGS, TCP_HEADER } from "../wire/tcp.ts";
import { UDP_CHECKSUM, UDP_HEADER } from "../wire/udp.ts";
import { blankTimesOfDay } from "./time-of-day.ts";

/** What the director sends of its own: its addresses, and the ports that its datagrams go to. */
export interface Originator {
  /** 32-bit numbers in host order. */
  readonly ipv4: ReadonlySet<number>;
  /** Four words each, joined by `:`. */
  readonly ipv6: ReadonlySet<string>;
  /** Linux labels the flows of what the host itself sends. */
  readonly labels: boolean;
  /** Destination ports of GUE and synchronisation. */
  readonly ports: ReadonlySet<number>;
  /** Datagrams to those ports of which the first fragment has come, by what all fragments say: the others have no ports. */
  readonly cut: Set<string>;
}

const SYNC_PORT = 8848;
const PORT_OPTION = /--(?:tun|mcast)-port[ =](\d+)/g;

/** net.ipv6.auto_flowlabels, or `unsaid` where the configuration does not say. */
export const labelsFlows = ({ "net.ipv6.auto_flowlabels": value }: SysctlConfig, unsaid: boolean): boolean =>
  value === undefined ? unsaid : Number(value) !== 0;

/** The host of a configuration, and the ports that command lines of ipvsadm give it besides the usual ones. */
export function originatorOf(
  { interfaces, sysctl }: HostConfig,
  commands: readonly string[],
  labels = labelsFlows(sysctl, false),
): Originator {
  const own = interfaces.flatMap(({ mac, addresses }) => [
    ...addresses.map(({ address }) => address),
    ...(mac === undefined ? [] : [linkLocalAddress(macNumber(mac))]),
  ]);
  const given = commands.flatMap((line) => [...line.matchAll(PORT_OPTION)].map(([, port]) => Number(port)));
  return {
    ipv4: new Set(own.filter(({ family }) => family === AF_INET).map(firstWord)),
    ipv6: new Set(own.filter(({ family }) => family === AF_INET6).map(({ words }) => words.join(":"))),
    labels,
    ports: new Set([GUE_PORT, SYNC_PORT, ...given]),
    cut: new Set(),
  };
}

/** The frame with all that put to 0; the frame itself where there is nothing of the kind. */
export function masked(bytes: Uint8Array, originator: Originator): Uint8Array {
  if (bytes.length < ETHERNET_HEADER + IPV4_HEADER || isPlainTcp(bytes)) return bytes;
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  const type = view.getUint16(ETHERNET_TYPE);
  const changed =
    (type === ETHERTYPE_IPV4 && maskIpv4(view, originator)) || (type === ETHERTYPE_IPV6 && maskIpv6(view, originator));
  return changed ? copy : bytes;
}

/** Of such a segment all can be foretold: most frames are one. */
const isPlainTcp = (bytes: Uint8Array): boolean =>
  bytes[ETHERNET_HEADER] === PLAIN_IPV4 && bytes[ETHERNET_HEADER + IPV4_PROTOCOL] === PROTOCOL_TCP;

/** Version 4, a header without options. */
const PLAIN_IPV4 = 0x45;

function maskIpv4(view: DataView, originator: Originator): boolean {
  const at = ETHERNET_HEADER;
  const timed = blankTimesOfDay(view);
  if (!originator.ipv4.has(view.getUint32(at + IPV4_SOURCE)) || !isOriginated(view, originator)) return timed;
  const dontFragment = (view.getUint16(at + IPV4_FRAGMENT) & DONT_FRAGMENT) !== 0;
  if (view.getUint16(at + IPV4_IDENTIFICATION) !== 0 || !dontFragment) {
    view.setUint16(at + IPV4_IDENTIFICATION, 0);
    view.setUint16(at + IPV4_CHECKSUM, 0);
  }
  return true;
}

/** A packet from an address of the host may also be a client's, translated: only these protocols are surely its own. */
function isOriginated(view: DataView, { ports, cut }: Originator): boolean {
  const at = ETHERNET_HEADER;
  switch (view.getUint8(at + IPV4_PROTOCOL)) {
    case PROTOCOL_ICMP:
    case PROTOCOL_IPIP:
    case PROTOCOL_IPV6:
    case PROTOCOL_GRE:
      return true;
    case PROTOCOL_UDP: {
      const fragment = view.getUint16(at + IPV4_FRAGMENT);
      const datagram = [IPV4_SOURCE, IPV4_DESTINATION].map((field) => view.getUint32(at + field));
      const key = [...datagram, view.getUint16(at + IPV4_IDENTIFICATION)].join(" ");
      if ((fragment & FRAGMENT_OFFSET) !== 0) return cut.has(key);
      const own = maskPort(view, at + headerLength(view, at), ports);
      if (own && (fragment & MORE_FRAGMENTS) !== 0) cut.add(key);
      return own;
    }
    default:
      return false;
  }
}

function maskIpv6(view: DataView, { ipv6, ports, labels }: Originator): boolean {
  let at = ETHERNET_HEADER + IPV6_HEADER;
  if (view.byteLength < at) return false;
  let next = view.getUint8(ETHERNET_HEADER + IPV6_NEXT_HEADER);
  let changed = false;
  while (isExtension(next) && view.byteLength >= at + FRAGMENT_HEADER) {
    if (next === FRAGMENT) {
      view.setUint32(at + FRAGMENT_IDENTIFICATION, 0);
      changed = true;
    }
    const length = extensionLength(view, at, next);
    next = view.getUint8(at);
    at += length;
  }
  const word = (index: number): number => view.getUint32(ETHERNET_HEADER + IPV6_SOURCE + index * 4);
  const own = ipv6.has([word(0), word(1), word(2), word(3)].join(":"));
  if (!own) return changed;
  const labelled = labels && isOfHost(view, next, at);
  if (labelled) view.setUint16(ETHERNET_HEADER + 2, 0);
  if (labelled) view.setUint8(ETHERNET_HEADER + 1, view.getUint8(ETHERNET_HEADER + 1) & 0xf0);
  return (next === PROTOCOL_UDP && maskPort(view, at, ports)) || labelled || changed;
}

/** What surely is no answer of a real server: ICMPv6, and resets. */
const isOfHost = (view: DataView, protocol: number, at: number): boolean =>
  protocol === PROTOCOL_ICMPV6 ||
  (protocol === PROTOCOL_TCP && view.byteLength >= at + TCP_HEADER && (view.getUint8(at + TCP_FLAGS) & RST) !== 0);

/** Whether the datagram goes to one of the ports; then its source port is masked. */
function maskPort(view: DataView, at: number, ports: ReadonlySet<number>): boolean {
  if (view.byteLength < at + UDP_HEADER || !ports.has(view.getUint16(at + 2))) return false;
  view.setUint16(at, 0);
  if (view.getUint16(at + UDP_CHECKSUM) !== 0) view.setUint16(at + UDP_CHECKSUM, 0xffff);
  return true;
}
