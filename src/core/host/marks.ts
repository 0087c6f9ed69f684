/**
 * Marks packets when they arrive, as iptables' MARK target in the mangle table's PREROUTING chain: the last rule that matches wins.
 * Rules stand by protocol, destination and port, so that a packet meets only those for its destination, however many there are.
 */

import { AF_INET, AF_INET6 } from "../wire/address.ts";
import type { AddressHandle, AddressTable } from "../wire/address-table.ts";
import type { Frame } from "../wire/frame.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../wire/ipv4.ts";
import { BROKEN_CHAIN, isExtension } from "../wire/ipv6.ts";
import { TCP_HEADER } from "../wire/tcp.ts";
import { UDP_HEADER } from "../wire/udp.ts";
import type { MarkConfig } from "./config/config.ts";
import { PortRanges } from "./port-ranges.ts";
import { around, PrefixTrie } from "./prefix-trie.ts";

/** What `Marks.of` says of a packet that a rule has to look into and cannot. */
export const UNREADABLE = -1;
/** The port of a later fragment, which no rule matches. */
const NO_PORT = -2;

/** A rule's place among all and the mark that it gives. */
interface Marking {
  readonly place: number;
  readonly mark: number;
}

type Rules = PrefixTrie<PortRanges<Marking>>;

export class Marks {
  readonly #addresses: AddressTable;
  readonly #tcp: Rules;
  readonly #udp: Rules;
  #count = 0;

  /** Destinations are kept as long as the director lives. */
  constructor(rules: readonly MarkConfig[], addresses: AddressTable) {
    this.#addresses = addresses;
    this.#tcp = new PrefixTrie(addresses);
    this.#udp = new PrefixTrie(addresses);
    for (const rule of rules) this.add(rule);
  }

  /** How many rules there are. */
  get count(): number {
    return this.#count;
  }

  /** Adds a rule behind the others. */
  add({ protocol, destination, portFirst, portLast, mark }: MarkConfig): void {
    const rules = protocol === PROTOCOL_TCP ? this.#tcp : this.#udp;
    const network = this.#addresses.kept(destination.address);
    const ranges = rules.at(network, destination.prefix, () => new PortRanges<Marking>());
    ranges.set(portFirst, portLast, { place: this.#count++, mark });
  }

  /**
   * The mark that the rules give a packet; 0 if none matches, UNREADABLE if it must be dropped: a rule would have to look
   * into a transport header that is truncated, or at a TCP fragment of IPv4 that begins within the header (xt_tcpudp.c: tcp_mt, udp_mt).
   * Other fragments behind the first have no ports and match no rule. Where an IPv6 chain of headers leads nowhere, a rule for
   * the destination is enough (ip6_tables.c: ip6_packet_match).
   * @ipvs #Y director "Marks by protocol, destination and ports; what a rule would match but cannot read is dropped, as iptables does"
   */
  of(frame: Frame): number {
    const { protocol, destination } = frame;
    if (this.#count === 0) return 0;
    if (protocol !== PROTOCOL_TCP && protocol !== PROTOCOL_UDP)
      return leadsNowhere(frame) && this.#isMeant(destination) ? UNREADABLE : 0;
    let network = (protocol === PROTOCOL_TCP ? this.#tcp : this.#udp).find(destination);
    if (network === undefined) return 0;
    const port = destinationPort(frame);
    if (port === UNREADABLE) return UNREADABLE;
    let last: Marking | undefined;
    for (; network !== undefined; network = around(network)) {
      const marking = network.value?.get(port);
      if (marking !== undefined && (last === undefined || marking.place > last.place)) last = marking;
    }
    return last?.mark ?? 0;
  }

  /** Whether any rule is for the destination. */
  #isMeant(destination: AddressHandle): boolean {
    return (this.#tcp.find(destination) ?? this.#udp.find(destination)) !== undefined;
  }
}

/** A chain of extension headers that is truncated, or of which a later fragment has the rest (ipv6_find_hdr). */
const leadsNowhere = ({ family, protocol, fragmentOffset }: Frame): boolean =>
  family === AF_INET6 && (protocol === BROKEN_CHAIN || (fragmentOffset > 0 && isExtension(protocol)));

/** The destination port as iptables sees it; UNREADABLE, or NO_PORT in a later fragment. */
function destinationPort({ family, view, end, protocol, transport, fragmentOffset }: Frame): number {
  // In IPv6 the offset is taken for one in bytes, and none is 1.
  if (fragmentOffset > 0)
    return family === AF_INET && protocol === PROTOCOL_TCP && fragmentOffset === 8 ? UNREADABLE : NO_PORT;
  if (end - transport < (protocol === PROTOCOL_TCP ? TCP_HEADER : UDP_HEADER)) return UNREADABLE;
  return view.getUint16(transport + 2);
}
