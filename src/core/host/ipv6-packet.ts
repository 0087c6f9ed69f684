/** IPv6 packets that the host itself makes (net/ipv6/ip6_output.c: ip6_xmit, ip6_make_skb). */
import { AF_INET6 } from "../wire/address.ts";
import type { AddressHandle } from "../wire/address-table.ts";
import { ETHERNET_HEADER } from "../wire/ethernet.ts";
import { Frame, type InterfaceIndex } from "../wire/frame.ts";
import { IPV6_HEADER, readIpv6, writeIpv6 } from "../wire/ipv6.ts";
import { setDestination, setSource } from "../wire/network.ts";
import type { Director } from "./director.ts";

export interface Ipv6Packet {
  readonly source: AddressHandle;
  readonly destination: AddressHandle;
  readonly trafficClass: number;
  readonly nextHeader: number;
  /** Transport header and data. */
  readonly payload: Uint8Array;
  /** The interface's if left out. */
  readonly hopLimit?: number;
  /** The outgoing interface. */
  readonly ifindex: InterfaceIndex;
}

/**
 * The packet, complete but for the transport checksum.
 * differs: the kernel draws flow labels from a keyed hash, unless net.ipv6.auto_flowlabels is 0; here they are 0.
 */
export function packetOf(director: Director, fields: Ipv6Packet): Frame {
  const { addresses, sysctl } = director;
  const { payload } = fields;
  const frame = Frame.allocate(ETHERNET_HEADER + IPV6_HEADER + payload.length);
  const { view, network } = frame;
  frame.family = AF_INET6;
  writeIpv6(view, network, {
    trafficClass: fields.trafficClass,
    flowLabel: 0,
    length: payload.length,
    nextHeader: fields.nextHeader,
    hopLimit: fields.hopLimit ?? sysctl.hopLimit(fields.ifindex),
  });
  setSource(frame, addresses, fields.source);
  setDestination(frame, addresses, fields.destination);
  frame.bytes.set(payload, network + IPV6_HEADER);
  readIpv6(frame, addresses);
  return frame;
}
