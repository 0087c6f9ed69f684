/** Which services a capture shows: who answers whom. */
import { AF_INET, formatAddress } from "../../wire/address.ts";
import { PROTOCOL_TCP } from "../../wire/ipv4.ts";
import { ACK, SYN, TCP_FLAGS } from "../../wire/tcp.ts";
import { type Datagram, type Endpoint, endpointKey } from "./datagram.ts";

export interface Talk {
  readonly protocol: number;
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** The capture has its beginning: a SYN, or any UDP packet. */
  readonly whole: boolean;
  fromClient: number;
  fromServer: number;
}

export interface ServiceFound {
  readonly protocol: number;
  readonly server: Endpoint;
  readonly talks: number;
  readonly answered: number;
  /** Some of its talks begin in the middle. */
  readonly midStream: boolean;
}

/** Both ends, in the order in which the same two always stand. */
export const talkKey = ({ protocol, source, destination }: Datagram): string =>
  `${protocol} ${[endpointKey(source), endpointKey(destination)].sort().join(" ")}`;

const flagsOf = ({ protocol, view, transport }: Datagram): number =>
  protocol === PROTOCOL_TCP ? view.getUint8(transport + TCP_FLAGS) & (SYN | ACK) : 0;

export class Survey {
  readonly talks = new Map<string, Talk>();
  /** The first parts of all addresses of the capture, so that made-up networks are none of them. */
  readonly networks = new Set<string>();

  add(datagram: Datagram): void {
    for (const { address } of [datagram.source, datagram.destination])
      this.networks.add(
        formatAddress(address)
          .split(address.family === AF_INET ? "." : ":")
          .slice(0, 2)
          .join("."),
      );
    const key = talkKey(datagram);
    const talk = this.talks.get(key) ?? begin(datagram);
    this.talks.set(key, talk);
    if (endpointKey(datagram.source) === endpointKey(talk.client)) talk.fromClient++;
    else talk.fromServer++;
  }

  /** Those with the most answered talks first. Groups and broadcasts are no servers. */
  services(): ServiceFound[] {
    const found = new Map<string, ServiceFound>();
    for (const { protocol, server, whole, fromServer } of this.talks.values()) {
      if (!isServer(server)) continue;
      const key = `${protocol} ${endpointKey(server)}`;
      const { talks = 0, answered = 0, midStream = false } = found.get(key) ?? {};
      found.set(key, {
        protocol,
        server,
        talks: talks + 1,
        answered: answered + (fromServer > 0 ? 1 : 0),
        midStream: midStream || !whole,
      });
    }
    return [...found.values()].sort((a, b) => b.answered - a.answered || b.talks - a.talks);
  }
}

/** A unicast address that a director can have. */
function isServer({ address: { family, words } }: Endpoint): boolean {
  const first = words[0] >>> 24;
  if (family === AF_INET) return first > 0 && first < 224 && first !== 127;
  return first !== 0 && first !== 0xff && words[0] >>> 22 !== 0x3fa;
}

/** A SYN comes from the client, its answer from the server; else the lower port is the server's, and of equals the first receiver's. */
function begin(datagram: Datagram): Talk {
  const { protocol, source, destination } = datagram;
  const flags = flagsOf(datagram);
  const lower = source.port < destination.port;
  const fromServer = flags === (SYN | ACK) || (flags !== SYN && lower);
  const [client, server] = fromServer ? [destination, source] : [source, destination];
  const whole = protocol !== PROTOCOL_TCP || (flags & SYN) !== 0;
  return { protocol, client, server, whole, fromClient: 0, fromServer: 0 };
}
