/** Who on a host takes a packet that is for the host: a tunnel's end, TCP, UDP, a waiting ping, or whom an ICMP error is about. */
import type { Director } from "../host/director.ts";
import type { Sockets } from "../host/host-stack.ts";
import { type Address, AF_INET, AF_INET6, addressAt, type Family } from "../wire/address.ts";
import { ETHERNET_HEADER, ETHERNET_TYPE, ETHERTYPE_IPV4, ETHERTYPE_IPV6, writeMac } from "../wire/ethernet.ts";
import { Frame } from "../wire/frame.ts";
import {
  DESTINATION_UNREACHABLE,
  FRAGMENTATION_NEEDED,
  ICMP_CODE,
  ICMP_HEADER,
  ICMP_REST,
  ICMP_TYPE,
  icmpName,
} from "../wire/icmp.ts";
import { ICMPV6_UNREACHABLE, icmpv6Name, PACKET_TOO_BIG } from "../wire/icmpv6.ts";
import {
  headerLength,
  IPV4_DESTINATION,
  IPV4_HEADER,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  PROTOCOL_ICMP,
  PROTOCOL_IPIP,
  PROTOCOL_IPV6,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../wire/ipv4.ts";
import { IPV6_DESTINATION, IPV6_HEADER, IPV6_NEXT_HEADER, IPV6_SOURCE, PROTOCOL_ICMPV6 } from "../wire/ipv6.ts";
import type { Datagrams } from "./datagrams.ts";
import type { Tcp } from "./tcp.ts";

/** What the sockets need of their host. */
export interface SocketHost {
  readonly stack: Director;
  readonly tcp: Tcp;
  readonly datagrams: Datagrams;
}

/** An ICMP error about a packet of the host's own. */
interface OwnError {
  /** The MTU that fits; `undefined` if it was not too big. */
  readonly mtu: number | undefined;
  /** What people call the error. */
  readonly name: string;
}

export class HostSockets implements Sockets {
  readonly #host: SocketHost;
  /** Number of the tunnel's end among the stack's interfaces; -1 if there is none. */
  readonly #tunnel: number;
  /** Of what comes out of the tunnel, and of what goes in. */
  readonly #tunnelled: Family;

  constructor(host: SocketHost, tunnel: number, tunnelled: Family) {
    this.#host = host;
    this.#tunnel = tunnel;
    this.#tunnelled = tunnelled;
  }

  deliver(frame: Frame): boolean {
    switch (frame.protocol) {
      case this.#tunnelled === AF_INET ? PROTOCOL_IPIP : PROTOCOL_IPV6:
        return this.#tunnel >= 0 && this.#unwrap(frame);
      case PROTOCOL_TCP:
        return this.#host.tcp.deliver(frame);
      case PROTOCOL_UDP:
        return this.#host.datagrams.deliverUdp(frame);
      case PROTOCOL_ICMP:
      case PROTOCOL_ICMPV6:
        return this.#host.datagrams.deliverEcho(frame) || this.#deliverError(frame);
      default:
        return false;
    }
  }

  /** The packet inside arrives once more, at the tunnel's end (net/ipv4/ip_tunnel.c: ip_tunnel_rcv; net/ipv6/ip6_tunnel.c: __ip6_tnl_rcv). */
  #unwrap(frame: Frame): boolean {
    const { stack } = this.#host;
    const inner = frame.transport;
    const arrived = Frame.allocate(ETHERNET_HEADER + frame.end - inner);
    arrived.bytes.set(frame.bytes.subarray(inner, frame.end), arrived.network);
    writeMac(arrived.view, arrived.start, stack.interfaces[this.#tunnel]?.mac ?? 0);
    const type = this.#tunnelled === AF_INET ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
    arrived.view.setUint16(arrived.start + ETHERNET_TYPE, type);
    stack.receive(arrived, this.#tunnel, stack.now);
    return true;
  }

  /** An error about a packet that the host sent: the path MTU is learnt, and whoever sent the quoted packet is told. */
  #deliverError(frame: Frame): boolean {
    const error = errorIn(frame);
    const quoted = quotedIn(frame);
    if (error === undefined || quoted === undefined) return false;
    const { tcp, datagrams, stack } = this.#host;
    const { protocol, localAddress, remoteAddress, ports } = quoted;
    if (error.mtu !== undefined) stack.ip.learnPathMtu(stack.addresses.of(remoteAddress), error.mtu);
    if (frame.end - ports < 4) return true;
    const [localPort, remotePort] = [frame.view.getUint16(ports), frame.view.getUint16(ports + 2)];
    const ends = { localAddress, localPort, remoteAddress, remotePort };
    if (protocol === PROTOCOL_TCP && error.mtu !== undefined) tcp.tooBig(ends);
    else if (protocol === PROTOCOL_TCP) tcp.unreachable(ends, error.name);
    else if (protocol === PROTOCOL_UDP && error.mtu === undefined)
      datagrams.unreachable(protocol, localPort, remoteAddress, remotePort, error.name);
    return true;
  }
}

/** "Unreachable" and "too big" of either family; `undefined` for all else. */
function errorIn({ view, transport, end, protocol }: Frame): OwnError | undefined {
  if (end - transport < ICMP_HEADER) return undefined;
  const type = view.getUint8(transport + ICMP_TYPE);
  const code = view.getUint8(transport + ICMP_CODE);
  const rest = view.getUint32(transport + ICMP_REST);
  if (protocol === PROTOCOL_ICMP) {
    if (type !== DESTINATION_UNREACHABLE) return undefined;
    return { mtu: code === FRAGMENTATION_NEEDED ? rest & 0xffff : undefined, name: icmpName(type, code) };
  }
  if (type !== ICMPV6_UNREACHABLE && type !== PACKET_TOO_BIG) return undefined;
  return { mtu: type === PACKET_TOO_BIG ? rest : undefined, name: icmpv6Name(type, code) };
}

/** What an error quotes, seen from who sent it; `ports` is where they stand. */
interface Quoted {
  readonly protocol: number;
  readonly localAddress: Address;
  readonly remoteAddress: Address;
  readonly ports: number;
}

function quotedIn({ view, transport, end, protocol: icmp }: Frame): Quoted | undefined {
  const at = transport + ICMP_HEADER;
  if (end - at < (icmp === PROTOCOL_ICMP ? IPV4_HEADER : IPV6_HEADER)) return undefined;
  if (icmp === PROTOCOL_ICMP) {
    return {
      protocol: view.getUint8(at + IPV4_PROTOCOL),
      localAddress: addressAt(view, at + IPV4_SOURCE, AF_INET),
      remoteAddress: addressAt(view, at + IPV4_DESTINATION, AF_INET),
      ports: at + headerLength(view, at),
    };
  }
  return {
    protocol: view.getUint8(at + IPV6_NEXT_HEADER),
    localAddress: addressAt(view, at + IPV6_SOURCE, AF_INET6),
    remoteAddress: addressAt(view, at + IPV6_DESTINATION, AF_INET6),
    ports: at + IPV6_HEADER,
  };
}
