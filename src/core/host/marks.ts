/** Marks packets when they arrive, as iptables' MARK target in the mangle table's PREROUTING chain: the last rule that matches wins. */

import type { AddressHandle, AddressTable } from "../wire/address-table.ts";
import type { Frame } from "../wire/frame.ts";
import { PROTOCOL_TCP } from "../wire/ipv4.ts";
import { TCP_HEADER } from "../wire/tcp.ts";
import { UDP_HEADER } from "../wire/udp.ts";
import type { MarkConfig } from "./config/config.ts";

export interface MarkRule extends MarkConfig {
  /** Of `destination`; kept as long as the director lives. */
  readonly network: AddressHandle;
}

export const makeMarks = (marks: readonly MarkConfig[], addresses: AddressTable): MarkRule[] =>
  marks.map((mark) => ({ ...mark, network: addresses.keep(addresses.of(mark.destination.address)) }));

/** What `markOf` says of a packet that a rule has to look into and cannot. */
export const UNREADABLE = -1;

/**
 * The mark that the rules give a packet; 0 if none matches, UNREADABLE if it must be dropped: a rule would have to look
 * into a transport header that is truncated, or at a TCP fragment that begins within the header (xt_tcpudp.c: tcp_mt, udp_mt).
 * Other fragments behind the first have no ports and match no rule.
 * @ipvs #Y director "Marks by protocol, destination and ports; what a rule would match but cannot read is dropped, as iptables does"
 */
export function markOf(rules: readonly MarkRule[], addresses: AddressTable, frame: Frame): number {
  if (rules.length === 0) return 0;
  const { protocol, destination } = frame;
  let mark = 0;
  for (const rule of rules) {
    if (rule.protocol !== protocol) continue;
    if (!addresses.samePrefix(destination, rule.network, rule.destination.prefix)) continue;
    const port = destinationPort(frame);
    if (port === UNREADABLE) return UNREADABLE;
    if (port >= rule.portFirst && port <= rule.portLast) mark = rule.mark;
  }
  return mark;
}

/** The destination port as iptables sees it: UNREADABLE, or beyond all ports in a later fragment. */
function destinationPort({ view, end, protocol, transport, fragmentOffset }: Frame): number {
  if (fragmentOffset > 0)
    return protocol === PROTOCOL_TCP && fragmentOffset === 8 ? UNREADABLE : Number.POSITIVE_INFINITY;
  if (end - transport < (protocol === PROTOCOL_TCP ? TCP_HEADER : UDP_HEADER)) return UNREADABLE;
  return view.getUint16(transport + 2);
}
