/**
 * Checks of frames that compose: name what matters, and nothing else is looked at. But every packet's lengths and checksums are
 * verified, unless a check says what is wrong with them.
 *
 *   expectFrame(sent[0], onPort("eth1"), ends("10.1.0.1:40000 > 10.2.0.2:8080"), ttl(63), flags("S"));
 */
import { PROTOCOL_ICMP, PROTOCOL_IPIP, PROTOCOL_IPV6 } from "../../core/wire/ipv4.ts";
import { PROTOCOL_ICMPV6 } from "../../core/wire/ipv6.ts";
import type { Fields } from "../packet/fields.ts";
import { AssertionError, same } from "./assertion.ts";

/** What a check looks at: the port is empty for a packet that stands inside another. */
export interface Checked {
  /** The name of the interface; empty inside another packet. */
  readonly port: string;
  /** What stands in it. */
  readonly fields: Fields;
}

/** Throws an AssertionError for a frame that is not as it should be. */
export type Check = (frame: Checked) => void;

/** Checks that answer for the packet's problems themselves. */
const judges = new WeakSet<Check>();

/** The frame, if it is there, is sound, and passes the checks. */
export function expectFrame<Frame extends Checked>(frame: Frame | undefined, ...checks: readonly Check[]): Frame {
  if (frame === undefined) throw new AssertionError("expected a frame, there is none");
  if (!checks.some((check) => judges.has(check))) same(frame.fields.problem, "", `problem of ${nameOf(frame)}`);
  for (const check of checks) check(frame);
  return frame;
}

/** As many frames as lists of checks, each passing its own. */
export function expectFrames(frames: readonly Checked[], ...checks: readonly (readonly Check[])[]): void {
  if (frames.length !== checks.length) {
    const there = frames.map(nameOf).join("; ") || "none";
    throw new AssertionError(
      `expected ${checks.length} frames, got ${frames.length}: ${there}`,
      frames.length,
      checks.length,
    );
  }
  for (const [index, list] of checks.entries()) expectFrame(frames[index], ...list);
}

const nameOf = ({ port, fields }: Checked): string => `${port} ${fields}`.trim();

/** A check that one field has one value. */
const field =
  <Value>(name: string, read: (frame: Checked) => Value) =>
  (value: Value): Check =>
  (frame) =>
    same(read(frame), value, `${name} of ${nameOf(frame)}`);

/** The name of the interface it was sent on. */
export const onPort: (port: string) => Check = field("port", ({ port }) => port);
/** Ethernet destination, `02:00:00:00:01:64`. */
export const toMac: (mac: string) => Check = field("Ethernet destination", ({ fields }) => fields.toMac);
/** Ethernet source. */
export const fromMac: (mac: string) => Check = field("Ethernet source", ({ fields }) => fields.fromMac);

/** `10.1.0.1 > 10.1.0.100`, of either family. */
export const between: (addresses: string) => Check = field(
  "addresses",
  ({ fields }) => `${fields.source} > ${fields.destination}`,
);
/** `10.1.0.1:40000 > 10.1.0.100:80`, `[2001:db8::1]:40000 > [2001:db8::100]:80`. */
export const ends: (ends: string) => Check = field("ends", ({ fields }) => fields.ends);
/** The number: 6 for TCP. */
export const protocol: (number: number) => Check = field("protocol", ({ fields }) => fields.protocol);
/** Or the hop limit. */
export const ttl: (ttl: number) => Check = field("TTL", ({ fields }) => fields.ttl);
/** Or the traffic class. */
export const tos: (tos: number) => Check = field("TOS", ({ fields }) => fields.tos);
/** The identification. */
export const id: (id: number) => Check = field("identification", ({ fields }) => fields.id);
/** The bit DF of IPv4. */
export const dontFragment: (df: boolean) => Check = field("DF", ({ fields }) => fields.dontFragment);
/** Bytes of the IP packet. */
export const length: (bytes: number) => Check = field("length", ({ fields }) => fields.packet.length);
/** Offset in bytes, and whether more follow. */
export const fragment = (offset: number, more: boolean): Check =>
  field("fragment", ({ fields }) => [fields.offset, fields.moreFragments])([offset, more]);

/** TCP flags as tcpdump writes them, `S.`. */
export const flags: (flags: string) => Check = field("flags", ({ fields }) => fields.flags);
/** The TCP sequence number. */
export const sequence = (number: number): Check => field("sequence", ({ fields }) => fields.sequence)(number >>> 0);
/** The TCP acknowledgement number. */
export const acknowledgement = (number: number): Check =>
  field("acknowledgement", ({ fields }) => fields.acknowledgement)(number >>> 0);
/** The bytes of the TCP options. */
export const tcpOptions = (...bytes: readonly number[]): Check =>
  field("options", ({ fields }) => fields.tcpOptions)(bytes);
/** The transport checksum as it stands there. */
export const checksumField: (checksum: number) => Check = field("checksum", ({ fields }) => fields.checksum);
/** What stands behind the transport header. */
export const carries = (data: Uint8Array | string): Check =>
  field("data", ({ fields }) => Array.from(fields.data))(
    Array.from(typeof data === "string" ? new TextEncoder().encode(data) : data),
  );

/** An ICMP message; `rest` is its second word. */
export const icmpError = (type: number, code: number, rest = 0): Check => message(PROTOCOL_ICMP, type, code, rest);
/** An ICMPv6 message. */
export const icmpv6Error = (type: number, code: number, rest = 0): Check => message(PROTOCOL_ICMPV6, type, code, rest);

const message = (number: number, type: number, code: number, rest: number): Check =>
  field("protocol, type, code and rest", ({ fields }) => [
    fields.protocol,
    fields.icmpType,
    fields.icmpCode,
    fields.icmpRest,
  ])([number, type, code, rest]);

/** The packet that an ICMP error quotes passes these checks; it is truncated, so nothing else is verified. */
export const quotes =
  (...checks: readonly Check[]): Check =>
  ({ fields }) => {
    for (const check of checks) check({ port: "", fields: fields.inner });
  };

/** The packet in a tunnel of plain IP passes these checks. */
export const inside =
  (...checks: readonly Check[]): Check =>
  (frame) => {
    const { fields } = frame;
    if (fields.protocol !== PROTOCOL_IPIP && fields.protocol !== PROTOCOL_IPV6)
      throw new AssertionError(`expected a tunnel, got ${nameOf(frame)}`);
    expectFrame({ port: "", fields: fields.inner }, ...checks);
  };

/** The packet is wrong in just this way: `Fields.problem`. */
export function wrong(problem: string): Check {
  const check: Check = (frame) => same(frame.fields.problem, problem, `problem of ${nameOf(frame)}`);
  judges.add(check);
  return check;
}
