/** Marks packets when they arrive, as iptables' MARK target in the mangle table's PREROUTING chain: the last rule that matches wins. */

import { netmask } from "../wire/address.ts";
import type { Frame } from "../wire/frame.ts";
import { fragmentOffset, headerLength, IPV4_DESTINATION, IPV4_PROTOCOL } from "../wire/ipv4.ts";
import type { MarkConfig } from "./config.ts";

/** The mark that the rules give a packet; 0 if none matches. A fragment without ports matches no rule (xt_tcpudp). */
export function markOf(rules: readonly MarkConfig[], frame: Frame): number {
  if (rules.length === 0) return 0;
  const { view, network } = frame;
  const transport = network + headerLength(view, network);
  if (fragmentOffset(view, network) !== 0 || frame.end - transport < 4) return 0;
  const protocol = view.getUint8(network + IPV4_PROTOCOL);
  const destination = view.getUint32(network + IPV4_DESTINATION);
  const port = view.getUint16(transport + 2);
  let mark = 0;
  for (const rule of rules) {
    if (
      rule.protocol === protocol &&
      ((destination ^ rule.destination.ip) & netmask(rule.destination.prefix)) === 0 &&
      port >= rule.portFirst &&
      port <= rule.portLast
    ) {
      mark = rule.mark;
    }
  }
  return mark;
}
