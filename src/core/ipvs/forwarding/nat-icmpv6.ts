/**
 * ICMPv6 errors through NAT: what the quoted packet shows of a real server and what of a virtual service.
 * Mirrors ip_vs_nat_icmp_v6 of net/netfilter/ipvs/ip_vs_core.c.
 */
import type { Rewritten } from "../../trace/events.ts";
import type { AddressHandle } from "../../wire/address-table.ts";
import type { Frame } from "../../wire/frame.ts";
import { ICMPV6_CHECKSUM } from "../../wire/icmpv6.ts";
import { IPV6_DESTINATION, IPV6_SOURCE, type QuotedIpv6 } from "../../wire/ipv6.ts";
import { pseudoSum } from "../../wire/network.ts";
import type { DataPath } from "../data-path.ts";
import { protocolOf } from "../protocols/protocols.ts";

/** An end of a quoted packet: where its address stands in the header, and its port in the transport header. */
interface QuotedEnd {
  readonly name: Rewritten;
  readonly address: number;
  readonly port: number;
}

const SOURCE: QuotedEnd = { name: "quoted source", address: IPV6_SOURCE, port: 0 };
const DESTINATION: QuotedEnd = { name: "quoted destination", address: IPV6_DESTINATION, port: 2 };

type Quote = (path: DataPath, frame: Frame, inner: number, address: AddressHandle, port: number) => void;

/** For the real server: the quoted answer is from itself. The outer header is written already. */
export const quoteIpv6Source: Quote = (path, frame, inner, address, port) =>
  rewriteQuoted(path, frame, inner, SOURCE, address, port);

/** For the client: the quoted request is to the virtual service. The outer header is written already. */
export const quoteIpv6Destination: Quote = (path, frame, inner, address, port) =>
  rewriteQuoted(path, frame, inner, DESTINATION, address, port);

function rewriteQuoted(
  path: DataPath,
  frame: Frame,
  inner: number,
  end: QuotedEnd,
  address: AddressHandle,
  port: number,
): void {
  const { addresses } = path.server;
  const { view } = frame;
  const quoted = path.scratch.quotedIpv6;
  quoted.read(frame, inner, addresses);
  if (path.trace !== undefined) note(path, end.name, addresses.ofIpv6At(view, inner + end.address), address);
  addresses.write(view, inner + end.address, address);
  if (hasPorts(quoted)) view.setUint16(quoted.transport + end.port, port);
  leaveChecksum(frame, quoted);
}

const hasPorts = ({ fragmentOffset, protocol }: QuotedIpv6): boolean =>
  fragmentOffset === 0 && protocolOf(protocol) !== undefined;

/** Bytes of the quoted transport header that are written. */
const PORTS = 4;

/**
 * The message's checksum is left to the network card, as that of whoever sends on a veth pair: only the pseudo header's sum is there.
 * @ipvs #Y icmp "ICMPv6 through NAT: the message's checksum is left to the network card, so that a wrong one becomes right"
 */
function leaveChecksum(frame: Frame, quoted: QuotedIpv6): void {
  frame.pull(quoted.transport + (hasPorts(quoted) ? PORTS : 0) - frame.transport);
  const { view, transport, end } = frame;
  view.setUint16(transport + ICMPV6_CHECKSUM, pseudoSum(frame, end - transport));
  frame.checksumStart = transport - frame.start;
  frame.checksumOffset = ICMPV6_CHECKSUM;
}

function note({ shown, trace }: DataPath, what: Rewritten, before: AddressHandle, after: AddressHandle): void {
  trace?.add({ kind: "rewritten", what, before: shown.text(before), after: shown.text(after) });
}
