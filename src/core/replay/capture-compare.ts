/**
 * A recorded capture, with the frames that the real director sent among it, beside what the emulator sends when it gets
 * those that arrived. Compared are IPv4 and ARP frames, and IPv6 ones where the director has an IPv6 address, in their order
 * on each port. What may differ:
 * - what may differ in transcripts (compare.ts);
 * - ARP requests and neighbor solicitations to a single neighbor: the kernel draws at random when to doubt one
 *   (neigh_rand_reach_time). Those for the same neighbor must have the same bytes;
 * - what a host says when its interface comes up: router solicitations, and solicitations that look for a duplicate;
 * - frames that the emulator sends after the recording's end, where the recording has none to compare them with.
 * Other frames of the recorded kernel have no counterpart.
 */
import { factsOf } from "../explain/facts.ts";
import { AF_INET6, ANY_IPV6, formatAddress, formatIpv4, sameAddress } from "../wire/address.ts";
import { ETHERNET_TYPE, ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6, isGroupMac } from "../wire/ethernet.ts";
import { ROUTER_SOLICITATION } from "../wire/icmpv6.ts";
import { compareFrames, type FrameFinding } from "./difference.ts";
import { AskedOnce, arpRequestOf, type SentFrame } from "./sent-frame.ts";

/** Whether the frame is of a kind that the emulator sends; `ipv6`: whether the director has an IPv6 address. */
export function isComparable(bytes: Uint8Array, ipv6: boolean): boolean {
  const type = ((bytes[ETHERNET_TYPE] ?? 0) << 8) | (bytes[ETHERNET_TYPE + 1] ?? 0);
  if (type === ETHERTYPE_IPV6) return ipv6 && !isOfStartup(bytes);
  return type === ETHERTYPE_IPV4 || type === ETHERTYPE_ARP;
}

/** A host asks for routers, or whether its new address is free (RFC 4861, section 6.3.7; RFC 4862, section 5.4). */
function isOfStartup(bytes: Uint8Array): boolean {
  const { headers = [], transport } = factsOf(bytes)?.ip ?? {};
  if (transport?.kind !== "icmp" || transport.family !== AF_INET6) return false;
  const source = headers[0]?.source;
  return transport.type === ROUTER_SOLICITATION || (source !== undefined && sameAddress(source, ANY_IPV6));
}

/** The frames of one port: those in order, and the requests to single neighbors by the address they ask for. */
interface PortFrames {
  readonly inOrder: SentFrame[];
  readonly probes: Map<string, SentFrame>;
}

/**
 * The earliest difference on any of the ports; `undefined` if there is none. `end` is the time of the last packet of the
 * recording: timers of the two kernels do not run out in the same instant, so what comes later may still be compared.
 */
export function compareCaptures(
  ports: readonly string[],
  expected: readonly SentFrame[],
  got: readonly SentFrame[],
  end: number,
): FrameFinding | undefined {
  const findings = ports.flatMap((dev) => {
    const finding = comparePort(framesOf(dev, expected), framesOf(dev, got), end);
    return finding === undefined ? [] : [finding];
  });
  const time = ({ expected: a, got: b }: FrameFinding): number => Math.min(a?.time ?? Infinity, b?.time ?? Infinity);
  return findings.sort((a, b) => time(a) - time(b))[0];
}

function framesOf(dev: string, frames: readonly SentFrame[]): PortFrames {
  const asked = new AskedOnce();
  const inOrder: SentFrame[] = [];
  const probes = new Map<string, SentFrame>();
  for (const frame of frames) {
    if (frame.dev !== dev || !asked.counts(frame)) continue;
    const probed = probedBy(frame.bytes);
    if (probed === undefined) inOrder.push(frame);
    else probes.set(probed, frame);
  }
  return { inOrder, probes };
}

/** The one neighbor that a question goes to; `undefined` if it goes to all, and for any other frame. */
function probedBy(bytes: Uint8Array): string | undefined {
  const request = arpRequestOf(bytes);
  if (request !== undefined) return request.broadcast ? undefined : formatIpv4(request.target);
  const facts = factsOf(bytes);
  const transport = facts?.ip?.transport;
  const discovery = transport?.kind === "icmp" ? transport.discovery : undefined;
  const isProbe = facts !== undefined && discovery?.asks === true && !isGroupMac(facts.destinationMac);
  return isProbe ? formatAddress(discovery.target) : undefined;
}

function comparePort(expected: PortFrames, got: PortFrames, end: number): FrameFinding | undefined {
  const inTime = got.inOrder.filter(({ time }, index) => time <= end || index < expected.inOrder.length);
  const finding = compareFrames(expected.inOrder, inTime);
  if (finding !== undefined) return finding;
  for (const [target, probe] of expected.probes) {
    const own = got.probes.get(target);
    const probed = own === undefined ? undefined : compareFrames([probe], [own]);
    if (probed !== undefined) return probed;
  }
  return undefined;
}
