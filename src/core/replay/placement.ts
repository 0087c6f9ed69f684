/** Where a frame of a capture belongs: sent by the director, or arrived, and on which of its interfaces. */

import type { Packet } from "../capture/packet.ts";
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

/** Knows the interfaces of a director by name, MAC address and network. */
export class Placing {
  readonly #interfaces: readonly Interface[];
  /** By the name inside the director, and by that of its TAP device. */
  readonly #byName = new Map<string, number>();
  readonly #macs: PortsByMac;

  constructor(
    director: Pick<Director, "interfaces">,
    taps: readonly { readonly name: string; readonly tap?: string }[] = [],
  ) {
    this.#interfaces = director.interfaces;
    this.#macs = new PortsByMac(director.interfaces);
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
  place({ bytes, interface: { name } }: Pick<Packet, "bytes" | "interface">): Placement {
    const named = this.#byName.get(name ?? "");
    if (bytes.length < ETHERNET_HEADER)
      return named === undefined ? { kind: "of-no-port" } : { kind: "arrived", port: named };
    const sender = this.#macs.at(bytes, ETHERNET_SOURCE);
    if (sender !== undefined) return { kind: "sent", port: sender };
    const port = named ?? this.#macs.at(bytes, 0) ?? (this.#interfaces.length === 1 ? 0 : undefined);
    if (port !== undefined) return { kind: "arrived", port };
    return this.#bySender(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), name);
  }

  #bySender(view: DataView, name: string | undefined): Placement {
    const source = senderOf(view);
    const device = this.#interfaces.find(
      ({ ipv4, ipv6 }) =>
        source !== undefined && [...ipv4, ...ipv6].some(({ address, prefix }) => isOnLink(source, address, prefix)),
    );
    if (device !== undefined) return { kind: "arrived", port: device.ifindex };
    if (source === undefined || !isGroupMac(macAt(view, 0))) return { kind: "of-no-port" };
    const names = this.#interfaces.map((entry) => entry.name).join(", ");
    const said = name === undefined ? "the capture names no interface" : `the capture calls its interface ${name}`;
    return {
      kind: "unknown",
      why: `on which of ${names} does it arrive? ${said}, and its sender is in no network of theirs`,
    };
  }
}

/** The ports by their MAC addresses: asked twice for every frame, so that a number of 48 bits, which V8 keeps on the heap, is no key. */
class PortsByMac {
  readonly #byLow = new Map<number, Interface[]>();

  constructor(interfaces: readonly Interface[]) {
    for (const device of interfaces) {
      const same = this.#byLow.get(device.macLow & SMALL);
      if (same === undefined) this.#byLow.set(device.macLow & SMALL, [device]);
      else same.unshift(device);
    }
  }

  /** The port whose MAC address stands there; of several, the last. */
  at(bytes: Uint8Array, at: number): number | undefined {
    const low =
      ((bytes[at + 2] ?? 0) << 24) | ((bytes[at + 3] ?? 0) << 16) | ((bytes[at + 4] ?? 0) << 8) | (bytes[at + 5] ?? 0);
    const candidates = this.#byLow.get(low & SMALL);
    if (candidates === undefined) return undefined;
    const high = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    for (const { macHigh, macLow, ifindex } of candidates) if (macHigh === high && macLow === low) return ifindex;
    return undefined;
  }
}

/** As many bits as V8 keeps without the heap. */
const SMALL = 0x3fffffff;

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
