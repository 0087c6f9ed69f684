/** A packet as it came, its headers read again: by the time causes are looked for, the frame itself is another. */
import type { AddressHandle, AddressTable } from "../../wire/address-table.ts";
import { ETHERNET_TYPE, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from "../../wire/ethernet.ts";
import { Frame, HEADROOM } from "../../wire/frame.ts";
import { IPV4_HEADER, PROTOCOL_TCP } from "../../wire/ipv4.ts";
import { IPV6_HEADER } from "../../wire/ipv6.ts";
import { isIcmp, readHeaders } from "../../wire/network.ts";
import { TCP_HEADER, tcpFlags } from "../../wire/tcp.ts";
import { destinationPort, PORTS, sourcePort } from "../../wire/transport.ts";

/** The ends of a packet that has ports; handles are borrowed. */
export interface Ends {
  readonly protocol: number;
  readonly source: AddressHandle;
  readonly sourcePort: number;
  readonly destination: AddressHandle;
  readonly destinationPort: number;
  /** Of TCP; 0 for others. */
  readonly flags: number;
}

export class ArrivedPacket {
  readonly #addresses: AddressTable;
  /** One packet after the other is read here: a view of each event's bytes would take longer than to copy them. */
  #frame = Frame.allocate(0);
  readonly #ends = { protocol: 0, source: 0, sourcePort: 0, destination: 0, destinationPort: 0, flags: 0 };

  constructor(addresses: AddressTable) {
    this.#addresses = addresses;
  }

  /** The packet of these bytes, borrowed until the next one; `undefined` if it is no IP packet. */
  read(bytes: Uint8Array): Frame | undefined {
    if (this.#frame.bytes.length < HEADROOM + bytes.length) this.#frame = Frame.allocate(bytes.length);
    const frame = this.#frame;
    frame.bytes.set(bytes, HEADROOM);
    frame.reset(HEADROOM, HEADROOM + bytes.length);
    if (!isPacket(frame)) return undefined;
    readHeaders(frame, this.#addresses);
    return frame;
  }

  /** Those of the packet that was read, borrowed with it; `undefined` if it has no ports. */
  ends(frame: Frame): Ends | undefined {
    const { protocol, transport, end } = frame;
    if (isIcmp(frame) || frame.fragmentOffset > 0 || end - transport < PORTS) return undefined;
    const ends = this.#ends;
    ends.protocol = protocol;
    ends.source = frame.source;
    ends.sourcePort = sourcePort(frame);
    ends.destination = frame.destination;
    ends.destinationPort = destinationPort(frame);
    ends.flags = protocol === PROTOCOL_TCP && end - transport >= TCP_HEADER ? tcpFlags(frame) : 0;
    return ends;
  }
}

function isPacket({ view, start, network, end }: Frame): boolean {
  if (end - start < ETHERNET_TYPE + 2) return false;
  const type = view.getUint16(start + ETHERNET_TYPE);
  if (type === ETHERTYPE_IPV4) return end - network >= IPV4_HEADER && view.getUint8(network) >> 4 === 4;
  return type === ETHERTYPE_IPV6 && end - network >= IPV6_HEADER && view.getUint8(network) >> 4 === 6;
}
