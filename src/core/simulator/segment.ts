/** A switched Ethernet segment: learns who is where, floods what it does not know, and takes its time. */
import { ETHERNET_SOURCE, isGroupMac, macAt } from "../wire/ethernet.ts";
import type { Hop, Network } from "./network.ts";

export interface SegmentOptions {
  /** Microseconds that a frame is under way. */
  readonly latency?: number;
}

/** A host's end of the cable. */
export interface Plug {
  readonly host: string;
  /** Microseconds that the host lets an arriving frame wait: the slower one loses a race for an ARP answer. */
  readonly delay: number;
  /** A frame arrives; the bytes may be kept. */
  receive(hop: Hop): void;
}

const LATENCY = 100;

export class Segment {
  readonly name: string;
  readonly latency: number;
  /** What comes out of the wire of a frame that goes in: nothing if it is lost, two if it is doubled. Itself if this is undefined. */
  wire: ((bytes: Uint8Array) => readonly Uint8Array[]) | undefined = undefined;
  readonly #network: Network;
  readonly #plugs: Plug[] = [];
  readonly #places = new Map<number, Plug>();

  constructor(network: Network, name: string, options: SegmentOptions) {
    this.#network = network;
    this.name = name;
    this.latency = options.latency ?? LATENCY;
  }

  /** Who is on the segment. */
  get plugs(): readonly Plug[] {
    return this.#plugs;
  }

  plugIn(plug: Plug): void {
    this.#plugs.push(plug);
  }

  /** Carries a frame from a plug to whom it is for. The bytes are copied. */
  send(from: Plug, bytes: Uint8Array): void {
    if (this.wire === undefined) {
      this.#carry(from, bytes);
      return;
    }
    const arriving = this.wire(bytes);
    if (arriving.length === 0)
      this.#network.sent({ segment: this.name, from: from.host, to: [], bytes: bytes.slice() });
    for (const one of arriving) this.#carry(from, one);
  }

  #carry(from: Plug, bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#places.set(macAt(view, ETHERNET_SOURCE), from);
    const receivers = this.#receiversOf(macAt(view, 0), from);
    const hop = this.#network.sent({
      segment: this.name,
      from: from.host,
      to: receivers.map(({ host }) => host),
      bytes: bytes.slice(),
    });
    for (const plug of receivers) this.#network.after(this.latency + plug.delay, () => plug.receive(hop));
  }

  #receiversOf(destination: number, from: Plug): readonly Plug[] {
    const known = isGroupMac(destination) ? undefined : this.#places.get(destination);
    return known === undefined ? this.#plugs.filter((plug) => plug !== from) : known === from ? [] : [known];
  }
}
