/** The extension headers of an IPv6 packet one by one, for whoever shows them (RFC 8200, section 4). The walk has readIpv6. */
import { BROKEN_CHAIN, extensionLength, FRAGMENT, IPV6_HEADER, IPV6_NEXT_HEADER, isExtension, MORE } from "./ipv6.ts";

/** All are at least so long (section 4): what there is less of is not read. */
const SHORTEST_EXTENSION = 8;

interface ExtensionHeader {
  /** The number that the header before it names it by. */
  readonly type: number;
  readonly at: number;
  /** As it says itself: it may reach beyond the packet. */
  readonly length: number;
}

export interface Ipv6Chain {
  readonly extensions: readonly ExtensionHeader[];
  /** What the last header names; BROKEN_CHAIN if the chain is truncated. */
  readonly protocol: number;
  /** Offset of what follows the chain. */
  readonly transport: number;
  /** Offset of the fragment header; -1 if there is none. */
  readonly fragmentHeader: number;
  /** In bytes. Behind a fragment that is not the first there is no header to be read. */
  readonly fragmentOffset: number;
  readonly moreFragments: boolean;
}

/** The chain of the header at `at`, all of which is there; the packet ends at `end`. */
export function readChain(view: DataView, at: number, end: number): Ipv6Chain {
  const extensions: ExtensionHeader[] = [];
  let protocol = view.getUint8(at + IPV6_NEXT_HEADER);
  let transport = at + IPV6_HEADER;
  let fragmentHeader = -1;
  let field = 0;
  while (isExtension(protocol) && field < 8) {
    if (end - transport < SHORTEST_EXTENSION) {
      protocol = BROKEN_CHAIN;
      break;
    }
    const length = extensionLength(view, transport, protocol);
    extensions.push({ type: protocol, at: transport, length });
    if (protocol === FRAGMENT) {
      fragmentHeader = transport;
      field = view.getUint16(transport + 2);
    }
    protocol = view.getUint8(transport);
    transport += length;
  }
  const moreFragments = (field & MORE) !== 0;
  return { extensions, protocol, transport, fragmentHeader, fragmentOffset: field & ~7, moreFragments };
}
