/** Who of two is the server, where no handshake tells: the capture begins in the middle, or it is UDP. */
import { formatAddress, formatEndpoint } from "../../wire/address.ts";
import { PROTOCOL_TCP } from "../../wire/ipv4.ts";
import { type Endpoint, endpointKey } from "./datagram.ts";
import type { Talk } from "./survey.ts";

/** Ports that only servers have; IANA's system ports. */
const SYSTEM_PORTS = 1024;
/** Where Linux begins to give ports to clients (ip_local_port_range); others begin higher. */
const EPHEMERAL = 32768;

const isSystem = ({ port }: Endpoint): boolean => port < SYSTEM_PORTS;
const isEphemeral = ({ port }: Endpoint): boolean => port >= EPHEMERAL;

/** The same with its ends exchanged. */
export const turned = (talk: Talk): Talk => ({
  ...talk,
  client: talk.server,
  server: talk.client,
  answersFirst: !talk.answersFirst,
  fromClient: talk.fromServer,
  fromServer: talk.fromClient,
  opening: talk.openingOfServer,
  openingOfServer: talk.opening,
});

/** How many others each end of a capture talks to. */
export class Peers {
  readonly #counts = new Map<string, number>();

  readonly #named: string | undefined;

  constructor(talks: Iterable<Talk>, named: string | undefined) {
    this.#named = named;
    for (const { protocol, client, server } of talks)
      for (const end of [client, server]) {
        const key = `${protocol} ${endpointKey(end)}`;
        this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
      }
  }

  /** Whether what was taken for the client is the server. */
  isTurned(talk: Talk): boolean {
    const { protocol, client, server, certain } = talk;
    if (certain || this.#isNamed(server)) return false;
    if (this.#isNamed(client)) return true;
    if (isSystem(server) && !isSystem(client)) return false;
    // One way only: whoever sends is the client.
    if (protocol !== PROTOCOL_TCP && talk.fromClient === 0) return true;
    const [clients, servers] = [this.#of(protocol, client), this.#of(protocol, server)];
    if (clients !== servers) return clients > servers;
    if (isSystem(client) !== isSystem(server) || isEphemeral(client) !== isEphemeral(server)) return false;
    // Of UDP, whoever is sent something first.
    return protocol !== PROTOCOL_TCP && talk.answersFirst;
  }

  #isNamed({ address, port }: Endpoint): boolean {
    return this.#named !== undefined && [formatAddress(address), formatEndpoint(address, port)].includes(this.#named);
  }

  #of(protocol: number, end: Endpoint): number {
    return this.#counts.get(`${protocol} ${endpointKey(end)}`) ?? 0;
  }
}
