/** TCP and UDP packets as adopting reads them: from the IP header on. */
import { type Address, AF_INET, AF_INET6, addressAt, formatAddress } from "../../wire/address.ts";
import {
  fragmentOffset,
  headerLength,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_HEADER,
  IPV4_IDENTIFICATION,
  IPV4_LENGTH,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  isFragment,
  MORE_FRAGMENTS,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../../wire/ipv4.ts";
import {
  FRAGMENT_IDENTIFICATION,
  IPV6_DESTINATION,
  IPV6_HEADER,
  IPV6_PAYLOAD_LENGTH,
  IPV6_SOURCE,
} from "../../wire/ipv6.ts";
import { readChain } from "../../wire/ipv6-chain.ts";

export interface Endpoint {
  readonly address: Address;
  readonly port: number;
}

/** What a packet is: where it comes from and goes to. */
export interface Datagram {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly protocol: number;
  /** Offset of what follows the IP header and its extensions. */
  readonly transport: number;
  /** A fragment has not all of what its checksum covers; a later one has no TCP or UDP header either. */
  readonly fragment: "first" | "later" | undefined;
  readonly source: Endpoint;
  readonly destination: Endpoint;
}

export const endpointKey = ({ address, port }: Endpoint): string => `${formatAddress(address)} ${port}`;

/** Why a packet is of no use: the words stand behind their number. */
export type Unusable =
  | "neither TCP nor UDP"
  | "with a broken IP header"
  | "fragments whose first one is missing"
  | "shorter than they say";

/** Where the parts of a packet are, whatever its family. */
interface Layout {
  readonly transport: number;
  readonly protocol: number;
  /** As the header says. */
  readonly length: number;
  readonly offset: number;
  readonly more: boolean;
  readonly identification: number;
}

/** Datagrams whose fragments may be mixed in one capture. */
const MOST_FRAGMENTED = 1024;
const PORTS = 4;
const TCP_HEADER = 20;
const UDP_HEADER = 8;

/** Takes packets apart, and remembers the ports of those that come in fragments. */
export class DatagramReader {
  readonly #ports = new Map<string, readonly [number, number]>();

  /** The bytes are kept as they are, not copied. Of these the first `kept` were captured; TCP and UDP headers must be. */
  read(bytes: Uint8Array, kept = bytes.length): Datagram | Unusable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const four = view.getUint8(0) >> 4 === 4;
    const layout = four ? layoutOfIpv4(view) : layoutOfIpv6(view);
    if (layout === undefined) return "with a broken IP header";
    const { transport, protocol, offset, more } = layout;
    if (protocol !== PROTOCOL_TCP && protocol !== PROTOCOL_UDP) return "neither TCP nor UDP";
    const least = offset > 0 ? 0 : more ? PORTS : protocol === PROTOCOL_TCP ? TCP_HEADER : UDP_HEADER;
    if (layout.length > bytes.length || transport + least > kept) return "shorter than they say";
    const family = four ? AF_INET : AF_INET6;
    const source = addressAt(view, four ? IPV4_SOURCE : IPV6_SOURCE, family);
    const destination = addressAt(view, four ? IPV4_DESTINATION : IPV6_DESTINATION, family);
    const ports = this.#portsOf(view, layout, `${formatAddress(source)} ${formatAddress(destination)}`);
    if (ports === undefined) return "fragments whose first one is missing";
    return {
      bytes,
      view,
      protocol,
      transport,
      fragment: offset > 0 ? "later" : more ? "first" : undefined,
      source: { address: source, port: ports[0] },
      destination: { address: destination, port: ports[1] },
    };
  }

  #portsOf(view: DataView, layout: Layout, addresses: string): readonly [number, number] | undefined {
    const { transport, protocol, offset, more, identification } = layout;
    if (offset === 0 && !more) return [view.getUint16(transport), view.getUint16(transport + 2)];
    const key = `${addresses} ${protocol} ${identification}`;
    if (offset > 0) return this.#ports.get(key);
    const ports = [view.getUint16(transport), view.getUint16(transport + 2)] as const;
    this.#ports.delete(key);
    this.#ports.set(key, ports);
    const [oldest] = this.#ports.keys();
    if (this.#ports.size > MOST_FRAGMENTED && oldest !== undefined) this.#ports.delete(oldest);
    return ports;
  }
}

function layoutOfIpv4(view: DataView): Layout | undefined {
  const transport = headerLength(view, 0);
  if (transport < IPV4_HEADER || transport > view.byteLength) return undefined;
  return {
    transport,
    protocol: view.getUint8(IPV4_PROTOCOL),
    length: view.getUint16(IPV4_LENGTH),
    offset: fragmentOffset(view, 0),
    more: isFragment(view, 0) && (view.getUint16(IPV4_FRAGMENT) & MORE_FRAGMENTS) !== 0,
    identification: view.getUint16(IPV4_IDENTIFICATION),
  };
}

function layoutOfIpv6(view: DataView): Layout | undefined {
  const chain = readChain(view, 0, view.byteLength);
  const { protocol, transport, fragmentHeader } = chain;
  if (transport > view.byteLength) return undefined;
  return {
    transport,
    protocol,
    length: IPV6_HEADER + view.getUint16(IPV6_PAYLOAD_LENGTH),
    offset: chain.fragmentOffset,
    more: chain.moreFragments,
    identification: fragmentHeader < 0 ? 0 : view.getUint32(fragmentHeader + FRAGMENT_IDENTIFICATION),
  };
}
