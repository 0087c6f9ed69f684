/** Who on a host takes a packet that is for the host: a tunnel's end, TCP, UDP, a waiting ping, or whom an ICMP error is about. */
import type { Director } from "../host/director.ts";
import type { Sockets } from "../host/host-stack.ts";
import { ETHERNET_HEADER, ETHERNET_TYPE, ETHERTYPE_IPV4, writeMac } from "../wire/ethernet.ts";
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
import {
  headerLength,
  IPV4_DESTINATION,
  IPV4_HEADER,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  PROTOCOL_ICMP,
  PROTOCOL_IPIP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../wire/ipv4.ts";
import type { Datagrams } from "./datagrams.ts";
import type { Tcp } from "./tcp.ts";

/** What the sockets need of their host. */
export interface SocketHost {
  readonly stack: Director;
  readonly tcp: Tcp;
  readonly datagrams: Datagrams;
}

export class HostSockets implements Sockets {
  readonly #host: SocketHost;
  /** Number of `tunl0` among the stack's interfaces; -1 if there is none. */
  readonly #tunnel: number;

  constructor(host: SocketHost, tunnel: number) {
    this.#host = host;
    this.#tunnel = tunnel;
  }

  deliver(frame: Frame): boolean {
    switch (frame.view.getUint8(frame.network + IPV4_PROTOCOL)) {
      case PROTOCOL_IPIP:
        return this.#tunnel >= 0 && this.#unwrap(frame);
      case PROTOCOL_TCP:
        return this.#host.tcp.deliver(frame);
      case PROTOCOL_UDP:
        return this.#host.datagrams.deliverUdp(frame);
      case PROTOCOL_ICMP:
        return this.#host.datagrams.deliverEcho(frame) || this.#deliverError(frame);
      default:
        return false;
    }
  }

  /** The packet inside arrives once more, on tunl0 (net/ipv4/ip_tunnel.c: ip_tunnel_rcv). */
  #unwrap(frame: Frame): boolean {
    const { stack } = this.#host;
    const inner = frame.network + headerLength(frame.view, frame.network);
    const arrived = Frame.allocate(ETHERNET_HEADER + frame.end - inner);
    arrived.bytes.set(frame.bytes.subarray(inner, frame.end), arrived.network);
    writeMac(arrived.view, arrived.start, stack.interfaces[this.#tunnel]?.mac ?? 0);
    arrived.view.setUint16(arrived.start + ETHERNET_TYPE, ETHERTYPE_IPV4);
    stack.receive(arrived, this.#tunnel, stack.now);
    return true;
  }

  /** "Destination unreachable": the path MTU is learnt, and whoever sent the quoted packet is told. */
  #deliverError(frame: Frame): boolean {
    const { view, network } = frame;
    const icmp = network + headerLength(view, network);
    const inner = icmp + ICMP_HEADER;
    if (frame.end - inner < IPV4_HEADER || view.getUint8(icmp + ICMP_TYPE) !== DESTINATION_UNREACHABLE) return false;
    const ports = inner + headerLength(view, inner);
    const code = view.getUint8(icmp + ICMP_CODE);
    const remoteAddress = view.getUint32(inner + IPV4_DESTINATION);
    if (code === FRAGMENTATION_NEEDED)
      this.#host.stack.learnPathMtu(remoteAddress, view.getUint16(icmp + ICMP_REST + 2));
    if (frame.end - ports < 4) return true;
    const [localPort, remotePort] = [view.getUint16(ports), view.getUint16(ports + 2)];
    const protocol = view.getUint8(inner + IPV4_PROTOCOL);
    if (protocol === PROTOCOL_TCP) {
      const ends = { localAddress: view.getUint32(inner + IPV4_SOURCE), localPort, remoteAddress, remotePort };
      this.#host.tcp.unreachable(ends, DESTINATION_UNREACHABLE, code);
    } else if (protocol === PROTOCOL_UDP && code !== FRAGMENTATION_NEEDED) {
      this.#host.datagrams.unreachable(
        protocol,
        localPort,
        remoteAddress,
        remotePort,
        icmpName(DESTINATION_UNREACHABLE, code),
      );
    }
    return true;
  }
}
