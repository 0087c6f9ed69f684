/**
 * What one step of a packet's way fills and the next ones read, so that no packet costs an object. One set a director:
 * borrowed, and good until the next packet.
 */
import type { AddressTable } from "../wire/address-table.ts";
import { QuotedIpv6 } from "../wire/ipv6.ts";
import type { EngineData } from "./connection-extras.ts";
import { Edit } from "./forwarding/edit.ts";
import { FoldedKey } from "./schedulers/folded-key.ts";
import { Tuple } from "./tuple.ts";

export class Scratch {
  /** The connection that the packet would open. */
  readonly tuple = new Tuple();
  /** The connection of the packet that an ICMP error quotes. */
  readonly quoted = new Tuple();
  /** The headers of the IPv6 packet that an ICMPv6 error quotes. */
  readonly quotedIpv6 = new QuotedIpv6();
  /** What a tunnel's outer header takes over from the packet inside. */
  readonly inside = { tos: 0, ttl: 0, dontFragment: 0 };
  /** What schedulers see of an IPv6 packet. */
  readonly key: FoldedKey;
  /** A new connection. */
  readonly connection = {
    protocol: 0,
    clientAddress: 0,
    clientPort: 0,
    virtualAddress: 0,
    virtualPort: 0,
    destinationAddress: 0,
    destinationPort: 0,
    flags: 0,
    fwmark: 0,
  };
  /** A template's name: `<protocol, masked client, 0, virtual address or mark, virtual port>`, and what the persistence engine read. */
  readonly template = {
    protocol: 0,
    client: 0,
    virtual: 0,
    virtualPort: 0,
    engineData: undefined as EngineData | undefined,
  };
  /** The packet whose transport header is edited. */
  readonly edit: Edit;

  constructor(addresses: AddressTable) {
    this.key = new FoldedKey(addresses);
    this.edit = new Edit(addresses);
  }
}
