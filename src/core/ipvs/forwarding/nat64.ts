/**
 * NAT64 for FULLNAT: a client of IPv6, a real server of IPv4. One network header takes the other's place, by the rules of
 * RFC 7915, sections 4.1 and 5.1; what stands behind it FULLNAT edits as ever. As iqiyi/dpvs ip_vs_xmit.c:
 * __dp_vs_xmit_fnat64, __dp_vs_out_xmit_fnat46.
 *
 * Addresses of the new header are not written here: `frame.source` and `frame.destination` stay what they were, so that whoever
 * edits them knows by how much the transport checksum changes.
 */
import { ACCEPT, DROP, type Verdict } from "../../trace/verdict.ts";
import { AF_INET, AF_INET6 } from "../../wire/address.ts";
import { ETHERNET_HEADER } from "../../wire/ethernet.ts";
import { type Frame, SEGMENT_TCPV4, SEGMENT_TCPV6 } from "../../wire/frame.ts";
import { DONT_FRAGMENT, IPV4_HEADER, IPV4_TOS, PROTOCOL_UDP, writeIpv4 } from "../../wire/ipv4.ts";
import { IPV6_HEADER, LEAST_IPV6_MTU, trafficClass, writeIpv6 } from "../../wire/ipv6.ts";
import { hopLimit, transportSum } from "../../wire/network.ts";
import { longestSegment, plainType } from "../../wire/offload.ts";
import type { DataPath } from "../data-path.ts";
import { tellHopLimitExceeded, tellTooBig } from "../icmp-errors.ts";
import { udp } from "../protocols/udp.ts";
import { isTooBig } from "./too-big.ts";

/** So much longer is an IPv6 header without extensions than an IPv4 one without options. */
export const GROWTH = IPV6_HEADER - IPV4_HEADER;
/** What the least MTU of IPv6 leaves of a packet in IPv4: such a one may be cut (RFC 7915, section 5.1). */
const MAY_BE_CUT = LEAST_IPV6_MTU - GROWTH;

/**
 * A client's packet gets an IPv4 header; ACCEPT, or why it goes no further. `mtu` is that of the way to the server.
 * @ipvs #Y fullnat "NAT64: clients of IPv6, real servers and local addresses of IPv4; TOS is the traffic class, the hop limit one less, no extension header stays; DF above 1260 bytes"
 * @ipvs #Y fullnat "NAT64: a packet may be 20 bytes longer than the path to the server carries, and always 1280; else packet too big says so"
 */
export function becomeIpv4(path: DataPath, frame: Frame, mtu: number): Verdict {
  const most = Math.max(LEAST_IPV6_MTU, mtu + GROWTH);
  if (isTooBig(frame, most)) {
    tellTooBig(path, frame, most);
    return DROP.tooBig;
  }
  const ttl = passTtl(path, frame);
  if (ttl === 0) return DROP.ttlExceeded;
  const tos = trafficClass(frame.view, frame.network);
  const { protocol } = frame;
  replaceHeader(frame, IPV4_HEADER);
  const length = frame.end - frame.network;
  const fragment = longestSegment(frame) > MAY_BE_CUT ? DONT_FRAGMENT : 0;
  const identification = fragment === 0 ? path.host.identification() : 0;
  writeIpv4(frame.view, frame.network, {
    tos,
    length,
    identification,
    fragment,
    ttl,
    protocol,
    source: 0,
    destination: 0,
  });
  frame.family = AF_INET;
  if (plainType(frame) === SEGMENT_TCPV6) frame.segmentType += SEGMENT_TCPV4 - SEGMENT_TCPV6;
  path.trace?.add({ kind: "rewritten", what: "network header", before: "IPv6", after: "IPv4" });
  return ACCEPT;
}

/**
 * A server's answer, of whose segments none is longer than the way carries, gets an IPv6 header; ACCEPT, or why it goes no further. `mtu` is that of the way to the client.
 * @ipvs #Y fullnat "NAT64, answers: 20 bytes longer, without IPv4 options; too long with DF: fragmentation needed says 20 less, without DF it is fragmented; a UDP checksum is made where there was none"
 */
export function becomeIpv6(path: DataPath, frame: Frame, mtu: number): Verdict {
  if (isTooBig(frame, mtu - GROWTH)) {
    tellTooBig(path, frame, mtu - GROWTH);
    return DROP.tooBig;
  }
  const ttl = passTtl(path, frame);
  if (ttl === 0) return DROP.ttlExceeded;
  const { protocol } = frame;
  if (protocol === PROTOCOL_UDP && frame.checksumStart === 0) makeUdpChecksum(frame);
  const tos = frame.view.getUint8(frame.network + IPV4_TOS);
  replaceHeader(frame, IPV6_HEADER);
  writeIpv6(frame.view, frame.network, {
    trafficClass: tos,
    flowLabel: 0,
    length: frame.end - frame.transport,
    nextHeader: protocol,
    hopLimit: ttl,
  });
  frame.family = AF_INET6;
  if (plainType(frame) === SEGMENT_TCPV4) frame.segmentType += SEGMENT_TCPV6 - SEGMENT_TCPV4;
  path.trace?.add({ kind: "rewritten", what: "network header", before: "IPv4", after: "IPv6" });
  return ACCEPT;
}

/** The TTL or hop limit of the new header; 0 if the packet ends here, and its sender was told. */
function passTtl(path: DataPath, frame: Frame): number {
  const before = hopLimit(frame);
  if (before <= 1) {
    tellHopLimitExceeded(path, frame);
    return 0;
  }
  if (frame.family !== 0) path.trace?.add(path.shared.ttl(frame.family, before));
  return before - 1;
}

/** Without one, IPv4 only sends: that of the IPv4 packet, which the new addresses then change. */
function makeUdpChecksum(frame: Frame): void {
  const at = frame.transport + udp.checksumOffset;
  if (frame.view.getUint16(at) === 0) frame.view.setUint16(at, ~transportSum(frame) & 0xffff || udp.zeroChecksum);
}

/** Room for a header of `length` bytes before the transport header. What was known of fragments was of the other family. */
function replaceHeader(frame: Frame, length: number): void {
  frame.ensureHeadroom(GROWTH);
  const start = frame.transport - length - ETHERNET_HEADER;
  if (frame.checksumStart !== 0) frame.checksumStart += frame.start - start;
  frame.start = start;
  frame.fragmentHeader = 0;
  frame.options = undefined;
  frame.largestFragment = 0;
  frame.fragmentLengths = undefined;
  frame.copiesDontFragment = false;
}
