/**
 * Checkers of frames that compose: name what matters, and nothing else is looked at. But every frame's lengths and
 * checksums are verified, unless the check says what is wrong with them.
 *
 *   expectFrame(sent[0], onPort("eth1"), ends("198.51.100.1:40000 > 192.168.1.2:8080"), ttl(63), flags("S"));
 */
import { expect } from "chai";
import type { Seen } from "./seen.ts";

export type Check = (seen: Seen) => void;

/** Marks a check that answers for the packet's problems itself. */
const judges = new WeakSet<Check>();

export function expectFrame(seen: Seen | undefined, ...checks: readonly Check[]): Seen {
  if (seen === undefined) throw new Error("expected a frame, there is none");
  if (!checks.some((check) => judges.has(check))) expect(seen.problem(), `${seen}`).to.equal("");
  for (const check of checks) check(seen);
  return seen;
}

/** As many frames as lists of checks, each passing its own. */
export function expectFrames(frames: readonly Seen[], ...checks: readonly (readonly Check[])[]): void {
  expect(frames.map(String), "frames").to.have.length(checks.length);
  for (const [index, list] of checks.entries()) expectFrame(frames[index], ...list);
}

/** A check that one field has one value. */
const field =
  <T>(name: string, read: (seen: Seen) => T) =>
  (value: T): Check =>
  (seen) =>
    expect(read(seen), `${name} of ${seen}`).to.deep.equal(value);

export const onPort = field("port", (seen) => seen.port);
export const toMac = field("Ethernet destination", (seen) => seen.to);
export const fromMac = field("Ethernet source", (seen) => seen.from);

/** `198.51.100.1 > 203.0.113.100` */
export const between = field("addresses", (seen) => `${seen.source} > ${seen.destination}`);
/** `198.51.100.1:40000 > 203.0.113.100:80` */
export const ends = field("ends", (seen) => seen.ends);
export const protocol = field("protocol", (seen) => seen.protocol);
export const ttl = field("TTL", (seen) => seen.ttl);
export const tos = field("TOS", (seen) => seen.tos);
export const id = field("identification", (seen) => seen.id);
export const dontFragment = field("DF", (seen) => seen.dontFragment);
/** Length of the IPv4 packet. */
export const length = field("length", (seen) => seen.packet.length);
/** Offset in bytes, and whether more follow. */
export const fragment = (offset: number, more: boolean): Check =>
  field("fragment", (seen) => [seen.offset, seen.moreFragments])([offset, more]);

export const flags = field("flags", (seen) => seen.flags);
export const sequence = (value: number): Check => field("sequence", (seen) => seen.sequence)(value >>> 0);
export const acknowledgement = (value: number): Check =>
  field("acknowledgement", (seen) => seen.acknowledgement)(value >>> 0);
export const tcpOptions = (...bytes: readonly number[]): Check => field("options", (seen) => seen.tcpOptions)(bytes);
export const checksumField = field("checksum", (seen) => seen.checksum);
/** What is behind the transport header. */
export const carries = (data: Uint8Array | string): Check =>
  field("data", (seen) => Array.from(seen.data))(Array.from(typeof data === "string" ? Buffer.from(data) : data));

/** An ICMP message; `rest` is its second word. */
export const icmpError =
  (type: number, code: number, rest = 0): Check =>
  (seen) =>
    expect([seen.protocol, seen.icmpType, seen.icmpCode, seen.icmpRest], `ICMP of ${seen}`).to.deep.equal([
      1,
      type,
      code,
      rest,
    ]);

/** The same of ICMPv6, errors and others. */
export const icmpv6Error =
  (type: number, code: number, rest = 0): Check =>
  (seen) =>
    expect([seen.protocol, seen.icmpType, seen.icmpCode, seen.icmpRest], `ICMPv6 of ${seen}`).to.deep.equal([
      58,
      type,
      code,
      rest,
    ]);

/** The packet that an ICMP error quotes passes these checks; it is cut off, so nothing else is verified. */
export const quotes =
  (...checks: readonly Check[]): Check =>
  (seen) => {
    for (const check of checks) check(seen.inner);
  };

/** The packet in a tunnel passes these checks. */
export const inside =
  (...checks: readonly Check[]): Check =>
  (seen) => {
    expect(seen.protocol, `protocol of ${seen}`).to.equal(4);
    expectFrame(seen.inner, ...checks);
  };

/** The packet is wrong in just this way (Seen.problem). */
export function wrong(problem: string): Check {
  const check: Check = (seen) => expect(seen.problem(), `${seen}`).to.equal(problem);
  judges.add(check);
  return check;
}
