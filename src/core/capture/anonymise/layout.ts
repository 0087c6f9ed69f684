/** Where the parts of a packet are that a capture has, whole or cut short. */
import { AF_INET, AF_INET6, type Family } from "../../wire/address.ts";
import {
  fragmentOffset,
  headerLength,
  IPV4_FRAGMENT,
  IPV4_HEADER,
  IPV4_IDENTIFICATION,
  IPV4_LENGTH,
  IPV4_PROTOCOL,
  isFragment,
  MORE_FRAGMENTS,
} from "../../wire/ipv4.ts";
import { FRAGMENT_IDENTIFICATION, IPV6_HEADER, IPV6_PAYLOAD_LENGTH } from "../../wire/ipv6.ts";
import { readChain } from "../../wire/ipv6-chain.ts";

/** Whatever its family. */
export interface Layout {
  readonly family: Family;
  readonly protocol: number;
  readonly transport: number;
  /** Where the packet ends, by its own length or where the bytes do. */
  readonly end: number;
  /** How long the transport header and its data were, though not all may be here. */
  readonly length: number;
  readonly isFragment: boolean;
  readonly isLaterFragment: boolean;
  /** Of a fragment. */
  readonly identification: number;
  readonly offset: number;
  readonly moreFollow: boolean;
}

/** Of the packet that begins at `network`; `undefined` if its headers are no IP, or are not all there. */
export function layoutOf(view: DataView, network: number): Layout | undefined {
  const there = view.byteLength - network;
  const version = there > 0 ? view.getUint8(network) >> 4 : 0;
  if (version === 4 && there >= IPV4_HEADER) {
    const transport = network + headerLength(view, network);
    if (transport < network + IPV4_HEADER || transport > view.byteLength) return undefined;
    const said = view.getUint16(network + IPV4_LENGTH);
    const whole = said < transport - network ? there : said;
    return {
      family: AF_INET,
      protocol: view.getUint8(network + IPV4_PROTOCOL),
      transport,
      end: Math.min(network + whole, view.byteLength),
      length: network + whole - transport,
      isFragment: isFragment(view, network),
      isLaterFragment: fragmentOffset(view, network) > 0,
      identification: view.getUint16(network + IPV4_IDENTIFICATION),
      offset: fragmentOffset(view, network),
      moreFollow: (view.getUint16(network + IPV4_FRAGMENT) & MORE_FRAGMENTS) !== 0,
    };
  }
  if (version !== 6 || there < IPV6_HEADER) return undefined;
  const chain = readChain(view, network, view.byteLength);
  const { transport, protocol, fragmentHeader, fragmentOffset: offset, moreFragments } = chain;
  if (transport > view.byteLength || protocol < 0) return undefined;
  const whole = IPV6_HEADER + view.getUint16(network + IPV6_PAYLOAD_LENGTH);
  const length = network + (whole === IPV6_HEADER ? there : whole) - transport;
  return {
    family: AF_INET6,
    protocol,
    transport,
    end: Math.min(transport + Math.max(0, length), view.byteLength),
    length,
    isFragment: fragmentHeader >= 0,
    isLaterFragment: offset > 0,
    identification: fragmentHeader < 0 ? 0 : view.getUint32(fragmentHeader + FRAGMENT_IDENTIFICATION),
    offset,
    moreFollow: moreFragments,
  };
}
