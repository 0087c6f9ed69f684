/** Fragments for the tests of who puts them together and who cuts them. */
import { expect } from "chai";
import { Reassembly } from "../../../src/core/host/fragments/reassembly.ts";
import { KernelTicks } from "../../../src/core/time/kernel-ticks.ts";
import { KernelTimers } from "../../../src/core/time/kernel-timers.ts";
import { AddressTable } from "../../../src/core/wire/address-table.ts";
import { Frame } from "../../../src/core/wire/frame.ts";
import { readIpv4 } from "../../../src/core/wire/ipv4.ts";
import { CLIENT, VIP } from "../../support/lab.ts";
import { counting, ethernet, type HeaderFields, ipv4, type Packet } from "../../support/packet.ts";
import { Seen } from "../../support/seen.ts";

export const ENDS = `${CLIENT} > ${VIP}`;
const MACS = ["02:00:00:00:01:64", "02:00:00:00:01:01"] as const;
export const LIFETIME = 30_000_000;
/** Of no transport: RFC 3692. */
export const EXPERIMENT = 253;

/** The packet in a frame that knows its header. */
export function frameOf(packet: Packet): Frame {
  const frame = Frame.of(ethernet(...MACS, packet));
  readIpv4(frame, new AddressTable());
  return frame;
}

export const datagram = (length: number, fields: HeaderFields = {}): Packet =>
  ipv4(ENDS, EXPERIMENT, counting(length), fields);
export const piece = (offset: number, length: number, more: boolean, fields: HeaderFields = {}): Packet =>
  ipv4(ENDS, EXPERIMENT, counting(length, offset), { offset, moreFragments: more, ...fields });

export const seenOf = (frame: Frame): Seen => new Seen("", frame.contents().slice());
export const payloadOf = (frame: Frame): number[] => [...seenOf(frame).payload];

/** A host that collects what expires. */
export function reassembly(
  merges = false,
  high = 4 * 1024 * 1024,
): {
  readonly add: (packet: Packet, now?: number) => Frame | string;
  readonly agenda: KernelTimers;
  readonly lost: (Frame | undefined)[];
  readonly table: Reassembly;
} {
  const agenda = new KernelTimers(new KernelTicks(100));
  const lost: (Frame | undefined)[] = [];
  const table = new Reassembly(agenda, { used: 0, high }, merges, (first) => lost.push(first));
  return { add: (packet, now = 0) => table.add(frameOf(packet), now, LIFETIME), agenda, lost, table };
}

/** What came of the last of these. */
export const last = (packets: readonly Packet[]): Frame | string => {
  const { add } = reassembly();
  return packets.map((packet) => add(packet)).at(-1) ?? "";
};

export const whole = (result: Frame | string): Frame => (typeof result === "string" ? expect.fail(result) : result);
