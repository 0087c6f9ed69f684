/**
 * The sockets of sync daemons: datagrams to a multicast group, and from one that the host joins for them.
 * Mirrors make_send_sock and make_receive_sock of net/netfilter/ipvs/ip_vs_sync.c.
 */
import { SeededRandom } from "../../ipvs/random.ts";
import type { SyncDaemon, SyncSockets } from "../../ipvs/sync/daemon.ts";
import { DELIVERED, DROP, type Verdict } from "../../trace/verdict.ts";
import { AF_INET } from "../../wire/address.ts";
import { multicastScope } from "../../wire/address-scope.ts";
import { type AddressHandle, familyOf, NO_ADDRESS } from "../../wire/address-table.ts";
import { ETHERNET_HEADER } from "../../wire/ethernet.ts";
import { Frame, type InterfaceIndex } from "../../wire/frame.ts";
import { IPV4_HEADER, PROTOCOL_UDP, writeIpv4 } from "../../wire/ipv4.ts";
import { IPV6_DESTINATION, IPV6_HEADER, IPV6_SOURCE, writeIpv6 } from "../../wire/ipv6.ts";
import { readHeaders, transportSum } from "../../wire/network.ts";
import { destinationPort } from "../../wire/transport.ts";
import { UDP_CHECKSUM, UDP_HEADER, UDP_LENGTH } from "../../wire/udp.ts";
import type { Director } from "../director.ts";
import { outputToGroup } from "./membership.ts";

/** net.ipv4.ip_local_port_range. */
const FIRST_EPHEMERAL_PORT = 32768;
const EPHEMERAL_PORTS = 28232;
const LINK_SCOPE = 2;

interface Listener {
  readonly daemon: SyncDaemon;
  readonly ifindex: InterfaceIndex;
  /** Kept. */
  readonly group: AddressHandle;
  readonly ports: number;
  readonly heard: (message: DataView) => void;
}

export class HostSyncSockets implements SyncSockets {
  readonly #director: Director;
  readonly #firstPort: number;
  #listeners: Listener[] = [];

  constructor(director: Director, seed: number) {
    this.#director = director;
    this.#firstPort = FIRST_EPHEMERAL_PORT + new SeededRandom(seed).upTo(EPHEMERAL_PORTS - 1);
  }

  listen(daemon: SyncDaemon, ports: number, heard: (message: DataView) => void): void {
    const { addresses } = this.#director;
    const ifindex = this.#director.ifindexOf(daemon.mcastInterface);
    const group = addresses.kept(daemon.group);
    this.#listeners.push({ daemon, ifindex, group, ports, heard });
    this.#director.membership.join(ifindex, daemon.group);
  }

  close(daemon: SyncDaemon): void {
    const listener = this.#listeners.find((one) => one.daemon === daemon);
    if (listener === undefined) return;
    this.#listeners = this.#listeners.filter((one) => one !== listener);
    this.#director.membership.leave(listener.ifindex, daemon.group);
    this.#director.addresses.release(listener.group);
  }

  /** A datagram to a group: taken by who listens on its port, or by nobody (net/ipv4/udp.c: __udp4_lib_mcast_deliver). */
  deliver(frame: Frame): Verdict {
    const { view, transport, end } = frame;
    const present = end - transport;
    const length = present < UDP_HEADER ? 0 : view.getUint16(transport + UDP_LENGTH);
    if (length < UDP_HEADER || length > present) return DROP.hostTruncated;
    frame.end = transport + length;
    const unchecked = frame.checksumStart !== 0 || frame.checksumTrusted || isWithoutChecksum(frame);
    if (!unchecked && transportSum(frame) !== 0xffff) return DROP.hostChecksum;
    const port = destinationPort(frame);
    const listener = this.#listeners.find(
      ({ daemon, group, ifindex, ports }) =>
        group === frame.destination && ifindex === frame.ifindex && port >= daemon.port && port < daemon.port + ports,
    );
    if (listener === undefined) return DROP.hostSilent;
    listener.heard(new DataView(view.buffer, view.byteOffset + transport + UDP_HEADER, length - UDP_HEADER));
    return DELIVERED;
  }

  // --- sending

  send(daemon: SyncDaemon, thread: number, message: Uint8Array): void {
    const ifindex = this.#director.ifindexOf(daemon.mcastInterface);
    if (ifindex < 0) return;
    const isIpv4 = daemon.group.family === AF_INET;
    const header = isIpv4 ? IPV4_HEADER : IPV6_HEADER;
    const frame = Frame.allocate(ETHERNET_HEADER + header + UDP_HEADER + message.length);
    const datagram = frame.network + header;
    frame.view.setUint16(datagram, this.#firstPort + thread);
    frame.view.setUint16(datagram + 2, daemon.port + thread);
    frame.view.setUint16(datagram + UDP_LENGTH, UDP_HEADER + message.length);
    frame.bytes.set(message, datagram + UDP_HEADER);
    const group = this.#director.addresses.of(daemon.group);
    const source = this.#sourceFor(ifindex, group);
    if (isIpv4) this.#writeIpv4(frame, source, group, daemon.ttl);
    else this.#writeIpv6(frame, source, group, daemon.ttl);
    readHeaders(frame, this.#director.addresses);
    frame.view.setUint16(datagram + UDP_CHECKSUM, ~transportSum(frame) & 0xffff || 0xffff);
    outputToGroup(this.#director, frame, ifindex, source);
  }

  /** The interface's own address (bind_mcastif_addr); of IPv6 one that reaches as far as the group. */
  #sourceFor(ifindex: InterfaceIndex, group: AddressHandle): AddressHandle {
    const { addresses, interfaces, routes } = this.#director;
    if (familyOf(group) === AF_INET) return interfaces[ifindex]?.ipv4[0]?.handle ?? NO_ADDRESS;
    return multicastScope(group, addresses) <= LINK_SCOPE
      ? (interfaces[ifindex]?.ipv6.at(-1)?.handle ?? NO_ADDRESS)
      : routes.sourceFor(ifindex, group);
  }

  #writeIpv4({ view, network, end }: Frame, source: AddressHandle, group: AddressHandle, ttl: number): void {
    writeIpv4(view, network, {
      tos: 0,
      length: end - network,
      identification: this.#director.ip.identification(),
      fragment: 0,
      ttl,
      protocol: PROTOCOL_UDP,
      source,
      destination: this.#director.addresses.word(group, 0),
    });
  }

  #writeIpv6({ view, network, end }: Frame, source: AddressHandle, group: AddressHandle, hopLimit: number): void {
    const { addresses } = this.#director;
    const length = end - network - IPV6_HEADER;
    writeIpv6(view, network, { trafficClass: 0, flowLabel: 0, length, nextHeader: PROTOCOL_UDP, hopLimit });
    addresses.write(view, network + IPV6_SOURCE, source);
    addresses.write(view, network + IPV6_DESTINATION, group);
  }
}

/** Only IPv4 datagrams may lack one (RFC 8200, section 8.1). */
const isWithoutChecksum = ({ family, view, transport }: Frame): boolean =>
  family === AF_INET && view.getUint16(transport + UDP_CHECKSUM) === 0;
