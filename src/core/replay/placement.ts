/** Where a frame of a capture belongs: sent by the director, or arrived, and on which of its interfaces. */

import { type Packet, PacketInPlace } from "../capture/packet.ts";
import type { Director } from "../host/director.ts";
import type { Interface } from "../host/interfaces.ts";
import {
  type Address,
  AF_INET,
  AF_INET6,
  ANY_IPV6,
  addressAt,
  isLinkLocal,
  prefixMask,
  sameAddress,
} from "../wire/address.ts";
import { ARP_LENGTH, ARP_SENDER_IP } from "../wire/arp.ts";
import {
  ETHERNET_HEADER,
  ETHERNET_SOURCE,
  ETHERNET_TYPE,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  isGroupMac,
  macAt,
} from "../wire/ethernet.ts";
import { IPV4_HEADER, IPV4_SOURCE } from "../wire/ipv4.ts";
import { IPV6_HEADER, IPV6_SOURCE } from "../wire/ipv6.ts";

export type Placement =
  | { readonly kind: "arrived"; readonly port: number }
  /** Its source is the MAC address of this port: the director sent it. */
  | { readonly kind: "sent"; readonly port: number }
  /** On which port it came cannot be told, and makes no difference: none would take it. */
  | { readonly kind: "of-no-port" }
  /** On which port it came cannot be told; `why` is for people. */
  | { readonly kind: "unknown"; readonly why: string };

const OF_NO_PORT: Placement = { kind: "of-no-port" };

/** Knows the interfaces of a director by name, MAC address and network. */
export class Placing {
  readonly #interfaces: readonly Interface[];
  /** By the name inside the director, and by that of its TAP device. */
  readonly #byName = new Map<string, number>();
  readonly #macs: PortsByMac;
  /** By port + 1: behind `undefined`, for NONE. */
  readonly #arrived: readonly (Placement | undefined)[];
  readonly #sent: readonly (Placement | undefined)[];
  /** Where there is one port. */
  readonly #only: Placement | undefined;

  constructor(
    director: Pick<Director, "interfaces">,
    taps: readonly { readonly name: string; readonly tap?: string }[] = [],
  ) {
    this.#interfaces = director.interfaces;
    this.#macs = new PortsByMac(director.interfaces);
    const ports = director.interfaces.map(({ ifindex }) => ifindex);
    this.#arrived = [undefined, ...ports.map((port): Placement => ({ kind: "arrived", port }))];
    this.#sent = [undefined, ...ports.map((port): Placement => ({ kind: "sent", port }))];
    this.#only = ports.length === 1 ? this.#arrived[1] : undefined;
    for (const { tap, name } of taps) if (tap !== undefined) this.#byName.set(tap, this.#numberOf(name));
    for (const { name, ifindex } of director.interfaces) this.#byName.set(name, ifindex);
  }

  #numberOf(name: string): number {
    return this.#interfaces.findIndex((device) => device.name === name);
  }

  /**
   * The source MAC address tells what the director sent. What arrived came by the port that the capture names, else by
   * the one whose MAC address it is for; a frame for all or for others by the only port, or by that of its sender's network.
   */
  place(packet: Packet): Placement {
    const { view, start, end } = PacketInPlace.of(packet);
    const { name } = packet.interface;
    const named = name === undefined ? NONE : (this.#byName.get(name) ?? NONE);
    if (end - start < ETHERNET_HEADER) return this.#arrived[named + 1] ?? OF_NO_PORT;
    const sent = this.#sent[this.#macs.at(view, start + ETHERNET_SOURCE) + 1];
    if (sent !== undefined) return sent;
    const arrived = this.#arrived[named + 1] ?? this.#arrived[this.#macs.at(view, start) + 1] ?? this.#only;
    return arrived ?? this.#bySender(packet.bytes, name);
  }

  #bySender(bytes: Uint8Array, name: string | undefined): Placement {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const source = senderOf(view);
    const device = this.#interfaces.find(
      ({ ipv4, ipv6 }) =>
        source !== undefined && [...ipv4, ...ipv6].some(({ address, prefix }) => isOnLink(source, address, prefix)),
    );
    if (device !== undefined) return { kind: "arrived", port: device.ifindex };
    if (source === undefined || !isGroupMac(macAt(view, 0))) return OF_NO_PORT;
    const names = this.#interfaces.map((entry) => entry.name).join(", ");
    const said = name === undefined ? "the capture names no interface" : `the capture calls its interface ${name}`;
    return {
      kind: "unknown",
      why: `on which of ${names} does it arrive? ${said}, and its sender is in no network of theirs`,
    };
  }
}

/**
 * The ports by their MAC addresses: a table by hash, with chains. It is asked twice for every frame, so that a number of 48 bits,
 * which V8 keeps on the heap, is no key.
 */
class PortsByMac {
  readonly #interfaces: readonly Interface[];
  readonly #mask: number;
  /** By hash: a port, or NONE; and behind each port the next one of its hash. */
  readonly #first: Int32Array;
  readonly #next: Int32Array;

  constructor(interfaces: readonly Interface[]) {
    this.#interfaces = interfaces;
    const size = 2 ** Math.ceil(Math.log2(interfaces.length + 1) + 1);
    this.#mask = size - 1;
    this.#first = new Int32Array(size).fill(NONE);
    this.#next = new Int32Array(interfaces.length).fill(NONE);
    for (const { macLow, ifindex } of interfaces) {
      const hash = hashOf(macLow) & this.#mask;
      this.#next[ifindex] = this.#first[hash] ?? NONE;
      this.#first[hash] = ifindex;
    }
  }

  /** The port whose MAC address stands there; of several, the last; NONE if it is nobody's. */
  at(view: DataView, at: number): number {
    const low = view.getInt32(at + 2);
    for (let port = this.#first[hashOf(low) & this.#mask] ?? NONE; port >= 0; port = this.#next[port] ?? NONE) {
      const device = this.#interfaces[port];
      if (device?.macLow === low && device.macHigh === view.getUint16(at)) return port;
    }
    return NONE;
  }
}

const NONE = -1;

/** Ports of one machine differ in any of the bytes. */
const hashOf = (low: number): number => low ^ (low >>> 8) ^ (low >>> 16);

/** Whether an address is in the network of another. */
const isOnLink = (source: Address, { family, words }: Address, prefix: number): boolean =>
  source.family === family &&
  words.every(
    (word, index) =>
      (family === AF_INET && index > 0) || ((word ^ (source.words[index] ?? 0)) & prefixMask(prefix, index)) === 0,
  );

/** The address of whoever sent the frame; `undefined` where it tells nothing. */
function senderOf(view: DataView): Address | undefined {
  const type = view.getUint16(ETHERNET_TYPE);
  const room = view.byteLength - ETHERNET_HEADER;
  if (type === ETHERTYPE_ARP && room >= ARP_LENGTH) return addressAt(view, ETHERNET_HEADER + ARP_SENDER_IP, AF_INET);
  if (type === ETHERTYPE_IPV6 && room >= IPV6_HEADER) {
    const source = addressAt(view, ETHERNET_HEADER + IPV6_SOURCE, AF_INET6);
    // Every network has the same link-local addresses.
    return isLinkLocal(source) || sameAddress(source, ANY_IPV6) ? undefined : source;
  }
  return type === ETHERTYPE_IPV4 && room >= IPV4_HEADER
    ? addressAt(view, ETHERNET_HEADER + IPV4_SOURCE, AF_INET)
    : undefined;
}
