/** Which services a capture shows: who answers whom. */
import { AF_INET, formatAddress } from "../../wire/address.ts";
import { PROTOCOL_TCP } from "../../wire/ipv4.ts";
import { ACK, RST, SYN, TCP_FLAGS } from "../../wire/tcp.ts";
import { type Datagram, type Endpoint, endpointKey } from "./datagram.ts";
import { Peers, turned } from "./peers.ts";
import { hasWrongHeader } from "./rewriting.ts";
import { isRoutable } from "./stand-ins.ts";

export interface Talk {
  readonly protocol: number;
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** The capture has its beginning: a SYN, or any UDP packet. */
  readonly whole: boolean;
  /** A handshake tells who is who; else it is a guess until `settle`. */
  readonly certain: boolean;
  /** The first packet is the server's: the client's, which it answers, is made up. */
  readonly answersFirst: boolean;
  fromClient: number;
  fromServer: number;
  /** Packets of either end that can begin a connection: all but resets. */
  opening: number;
  openingOfServer: number;
  /** Packets whose IPv4 header has a wrong checksum. */
  wrongHeaders: number;
}

export interface ServiceFound {
  readonly protocol: number;
  readonly server: Endpoint;
  readonly talks: number;
  readonly answered: number;
  /** Talks that can become connections. */
  readonly begun: number;
  /** Some of its talks begin in the middle. */
  readonly midStream: boolean;
  /** Most of its IPv4 headers have a wrong checksum: nobody would have taken such packets. */
  readonly wrongHeaders: boolean;
}

/** So many are remembered; a capture of a scan or a flood would fill memory with more. */
const MOST_TALKS = 200_000;
/** IPVS takes what comes from port 20 for the data of an FTP session, and never schedules it (ip_vs_schedule). */
const FTP_DATA = 20;

/** Both ends, in the order in which the same two always stand. */
export function talkKey({ protocol, source, destination }: Datagram): string {
  const [from, to] = [endpointKey(source), endpointKey(destination)];
  return from < to ? `${protocol} ${from} ${to}` : `${protocol} ${to} ${from}`;
}

const flagsOf = ({ protocol, view, transport, fragment }: Datagram): number =>
  protocol === PROTOCOL_TCP && fragment === undefined ? view.getUint8(transport + TCP_FLAGS) & (SYN | ACK | RST) : 0;

export class Survey {
  readonly #talks = new Map<string, Talk>();
  /** The first parts of all addresses of the capture, so that made-up networks are none of them. */
  readonly networks = new Set<string>();
  #beyond = 0;

  add(datagram: Datagram): void {
    const key = talkKey(datagram);
    const talk = this.#talks.get(key) ?? this.#begin(key, datagram);
    if (talk === undefined) return;
    const flags = flagsOf(datagram);
    if (hasWrongHeader(datagram)) talk.wrongHeaders++;
    const opens = (flags & RST) === 0 ? 1 : 0;
    if (endpointKey(datagram.source) === endpointKey(talk.client)) {
      talk.fromClient++;
      talk.opening += opens;
    } else {
      talk.fromServer++;
      talk.openingOfServer += opens;
    }
  }

  /** Packets of talks beyond those that are remembered. */
  get beyond(): number {
    return this.#beyond;
  }

  /** By talkKey. */
  get talks(): ReadonlyMap<string, Talk> {
    return this.#talks;
  }

  #begin(key: string, datagram: Datagram): Talk | undefined {
    if (this.#talks.size >= MOST_TALKS) {
      this.#beyond++;
      return undefined;
    }
    for (const { address } of [datagram.source, datagram.destination]) this.networks.add(networkOf(address));
    const talk = begin(datagram);
    this.#talks.set(key, talk);
    return talk;
  }

  /** To be called behind the last packet: `named`, an address or an end, is the server, else whom most talk to, where no handshake has told. */
  settle(named?: string): void {
    const peers = new Peers(this.#talks.values(), named);
    for (const [key, talk] of this.#talks) if (peers.isTurned(talk)) this.#talks.set(key, turned(talk));
  }

  /** Those with the most answered talks first. Groups and broadcasts are no servers, unless one has answered. */
  services(): ServiceFound[] {
    const found = new Map<string, ServiceFound & { wrong: number; packets: number }>();
    for (const talk of this.#talks.values()) {
      const { protocol, server, whole, fromServer } = talk;
      if (server.port === 0 || !(isServer(server) || fromServer > 0)) continue;
      const key = `${protocol} ${endpointKey(server)}`;
      const before = found.get(key) ?? NONE;
      const wrong = before.wrong + talk.wrongHeaders;
      const packets = before.packets + talk.fromClient + fromServer;
      found.set(key, {
        protocol,
        server,
        talks: before.talks + 1,
        // A reset says that nobody serves there.
        answered: before.answered + (talk.openingOfServer > 0 ? 1 : 0),
        begun: before.begun + (begins(talk) ? 1 : 0),
        midStream: before.midStream || !whole,
        wrongHeaders: wrong * 2 > packets,
        wrong,
        packets,
      });
    }
    const rank = ({ begun, answered }: ServiceFound): number => Math.min(begun, answered);
    return [...found.values()].sort(
      (a, b) => rank(b) - rank(a) || b.begun - a.begun || b.answered - a.answered || b.talks - a.talks,
    );
  }
}

const NONE = { talks: 0, answered: 0, begun: 0, midStream: false, wrong: 0, packets: 0 };

/** The first two parts: that many the made-up networks have. */
export const networkOf = (address: Endpoint["address"]): string =>
  formatAddress(address)
    .split(address.family === AF_INET ? "." : ":")
    .slice(0, 2)
    .join(".");

/** Whether one host can have the address. */
const isServer = ({ address }: Endpoint): boolean => {
  const [first] = address.words;
  if (address.family === AF_INET) return isRoutable(address) || first >>> 24 === 127;
  return first >>> 24 !== 0xff && !address.words.every((word) => word === 0);
};

/** The client's packets, or the answers that tell what they were, can begin a connection. */
const begins = ({ protocol, client, opening, answersFirst }: Talk): boolean =>
  protocol !== PROTOCOL_TCP || ((opening > 0 || answersFirst) && client.port !== FTP_DATA);

/** A SYN comes from the client, its answer from the server; else the lower port is taken for the server's, and of equals the first receiver's. */
function begin(datagram: Datagram): Talk {
  const { protocol, source, destination } = datagram;
  const flags = flagsOf(datagram) & (SYN | ACK);
  const lower = source.port < destination.port;
  const fromServer = flags === (SYN | ACK) || (flags !== SYN && lower);
  const [client, server] = fromServer ? [destination, source] : [source, destination];
  const whole = protocol !== PROTOCOL_TCP || (flags & SYN) !== 0;
  return {
    protocol,
    client,
    server,
    whole,
    certain: (flags & SYN) !== 0,
    answersFirst: fromServer,
    fromClient: 0,
    fromServer: 0,
    opening: 0,
    openingOfServer: 0,
    wrongHeaders: 0,
  };
}
