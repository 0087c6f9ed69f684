/**
 * How much payload the segments had that a host merged into one frame: no more than the other end had said that it takes when
 * the connection began (RFC 9293, section 3.7.1), less the options that each of them carried.
 */
import { IPV4_DESTINATION, IPV4_SOURCE } from "../wire/ipv4.ts";
import { IPV6_DESTINATION, IPV6_SOURCE } from "../wire/ipv6.ts";
import { ACK, SYN, TCP_FLAGS, TCP_HEADER, TCP_SEQUENCE, tcpHeaderLength } from "../wire/tcp.ts";
import { findOption } from "../wire/tcp-options.ts";

const OPTION_MSS = 2;
/** Clients that are remembered. */
const MOST_CLIENTS = 100_000;

/** What the two ends of a connection take; 0 where nobody has said. */
interface Said {
  byClient: number;
  byServer: number;
}

/** That packets of one end have to be shorter from now on. */
interface Told {
  /** The MTU of the way, headers included. */
  mtu: number;
  /** Sequence number of the packet that was too long: with its retransmission the end obeys. */
  sequence: number;
  obeyed: boolean;
}

/** By client: its address and port are in what arrives and in what is sent on, whatever becomes of the server's. */
export class SegmentSizes {
  readonly #said = new Map<string, Said>();
  readonly #told = new Map<string, Told>();
  /** What hosts know of their ways, by both addresses: connections that begin later obey from the start. */
  readonly #ways = new Map<string, number>();

  /** Listens to the beginning of a connection; `network` and `transport` are where the segment's headers are. */
  learn(view: DataView, network: number, transport: number, end: number): void {
    const flags = view.getUint8(transport + TCP_FLAGS);
    if ((flags & SYN) === 0) return;
    const option = findOption(view, transport, OPTION_MSS, end);
    if (option < 0 || view.getUint8(option + 1) !== 4) return;
    const mss = view.getUint16(option + 2);
    const answers = (flags & ACK) !== 0;
    const key = endKey(view, network, transport, !answers);
    const said = this.#said.get(key) ?? { byClient: 0, byServer: 0 };
    if (answers) said.byServer = mss;
    else said.byClient = mss;
    if (this.#said.size >= MOST_CLIENTS) this.#said.clear();
    this.#said.set(key, said);
    const mtu = this.#ways.get(wayKey(view, network));
    if (mtu === undefined) return;
    this.#told.set(endKey(view, network, transport, true), { mtu, sequence: 0, obeyed: true });
  }

  /** An ICMP error tells whoever sent the quoted packet that the way's MTU is smaller. */
  tooLong(view: DataView, network: number, transport: number, mtu: number): void {
    if (this.#told.size >= MOST_CLIENTS) this.#told.clear();
    if (this.#ways.size >= MOST_CLIENTS) this.#ways.clear();
    this.#ways.set(wayKey(view, network), mtu);
    const key = endKey(view, network, transport, true);
    const before = this.#told.get(key);
    // What was on its way already is told of, too.
    if (before === undefined || before.obeyed)
      this.#told.set(key, { mtu, sequence: view.getUint32(transport + TCP_SEQUENCE), obeyed: false });
  }

  /** The longest packet that the sender of this one makes for the way; `undefined` if it was told of none. */
  longest(view: DataView, network: number, transport: number): number | undefined {
    if (this.#told.size === 0) return undefined;
    const told = this.#told.get(endKey(view, network, transport, true));
    if (told === undefined) return undefined;
    told.obeyed ||= view.getUint32(transport + TCP_SEQUENCE) === told.sequence;
    return told.obeyed ? told.mtu : undefined;
  }

  /** Payload of each segment; `undefined` if the connection began unseen. Where one end has not been heard, both take what the other does. */
  of(view: DataView, network: number, transport: number): number | undefined {
    const options = Math.max(0, tcpHeaderLength(view, transport) - TCP_HEADER);
    const fromClient = this.#said.get(endKey(view, network, transport, true));
    const toClient = fromClient === undefined ? this.#said.get(endKey(view, network, transport, false)) : undefined;
    const mss = fromClient ? fromClient.byServer || fromClient.byClient : toClient?.byClient || toClient?.byServer;
    return mss === undefined || mss <= options ? undefined : mss - options;
  }
}

/** Both addresses. */
function wayKey(view: DataView, network: number): string {
  const six = view.getUint8(network) >> 4 === 6;
  const words = six ? [0, 4, 8, 12, 16, 20, 24, 28].map((word) => IPV6_SOURCE + word) : [IPV4_SOURCE, IPV4_DESTINATION];
  return words.map((word) => view.getUint32(network + word)).join();
}

function endKey(view: DataView, network: number, transport: number, source: boolean): string {
  const six = view.getUint8(network) >> 4 === 6;
  const port = view.getUint16(transport + (source ? 0 : 2));
  if (!six) return `${view.getUint32(network + (source ? IPV4_SOURCE : IPV4_DESTINATION))} ${port}`;
  const at = network + (source ? IPV6_SOURCE : IPV6_DESTINATION);
  return `${[0, 4, 8, 12].map((word) => view.getUint32(at + word)).join()} ${port}`;
}
