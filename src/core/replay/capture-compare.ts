/**
 * A recorded capture, with the frames that the real director sent among it, beside what the emulator sends when it gets
 * those that arrived. Compared are IPv4 and ARP frames, in their order on each port. What may differ:
 * - what may differ in transcripts (compare.ts);
 * - ARP requests to a single neighbor: the kernel draws at random when to doubt one (neigh_rand_reach_time). Those for
 *   the same neighbor must have the same bytes;
 * - frames that the emulator sends after the recording's end, where the recording has none to compare them with.
 * IPv6 and other frames of the recorded kernel have no counterpart.
 */
import { formatIpv4 } from "../wire/address.ts";
import { ETHERNET_TYPE, ETHERTYPE_ARP, ETHERTYPE_IPV4 } from "../wire/ethernet.ts";
import { compareFrames, type FrameFinding } from "./difference.ts";
import { AskedOnce, arpRequestOf, type SentFrame } from "./sent-frame.ts";

/** Whether the frame is of a kind that the emulator sends. */
export function isComparable(bytes: Uint8Array): boolean {
  const type = ((bytes[ETHERNET_TYPE] ?? 0) << 8) | (bytes[ETHERNET_TYPE + 1] ?? 0);
  return type === ETHERTYPE_IPV4 || type === ETHERTYPE_ARP;
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
    const request = arpRequestOf(frame.bytes);
    if (request === undefined || request.broadcast) inOrder.push(frame);
    else probes.set(formatIpv4(request.target), frame);
  }
  return { inOrder, probes };
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
