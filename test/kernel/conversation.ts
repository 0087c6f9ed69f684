/**
 * What a client and the real server that was picked for it say to each other through the director: who they are, and the
 * sequence numbers so far. Every step is a frame that really arrives.
 */
import { FIN, SYN } from "../../src/core/wire/tcp.ts";
import { ethernet, type Ipv4Options, ipv4, type Payload, type Sum, sctp, type Tcp, tcp, udp } from "./frames.ts";
import type { Network, Station } from "./network.ts";
import { type SentFrame, sentPacket } from "./sent.ts";
import type { Stage } from "./stage.ts";

export interface Ends {
  readonly protocol: "tcp" | "udp" | "sctp";
  readonly client: number;
  readonly clientPort: number;
  readonly virtual: number;
  readonly virtualPort: number;
  /** Who puts the client's packets on the wire. */
  readonly by: Station;
}

/** What one of them says. */
export interface Speech {
  /** TCP only. */
  readonly flags: number;
  /** SCTP only: the types of its chunks. */
  readonly chunks?: readonly number[];
  readonly data?: Uint8Array;
  readonly sum?: Sum;
  /** Instead of the numbers that follow from what was said before. */
  readonly sequence?: number;
  readonly acknowledgement?: number;
  readonly header?: Ipv4Options;
}

const CLIENT_ISN = 1000;
const SERVER_ISN = 5000;

export class Conversation {
  readonly ends: Ends;
  /** The real server, as far as the director's frames tell: by NAT its packets have its own address and port. */
  server: { readonly station: Station; readonly address: number; readonly port: number } | undefined;
  /** The last packet that the director sent on either side, from its IPv4 header on. */
  lastPacket: Uint8Array | undefined;
  readonly #network: Network;
  readonly #stage: Stage;
  #clientNext = CLIENT_ISN + 1;
  #serverNext = SERVER_ISN + 1;

  constructor(network: Network, stage: Stage, ends: Ends) {
    this.#network = network;
    this.#stage = stage;
    this.ends = ends;
  }

  /** Whether the real server's answers pass the director: it has to be known, and to answer from an address of its own. */
  get isAnswerable(): boolean {
    return this.server !== undefined && this.server.address !== this.ends.virtual;
  }

  /** The payload of what the client says next. */
  #request(speech: Speech): Payload {
    const { client, clientPort, virtual, virtualPort } = this.ends;
    const between = { source: client, destination: virtual, sourcePort: clientPort, destinationPort: virtualPort };
    const opens = (speech.flags & SYN) !== 0;
    const sequence = speech.sequence ?? (opens ? CLIENT_ISN : this.#clientNext);
    const acknowledgement = speech.acknowledgement ?? (opens ? 0 : this.#serverNext);
    this.#clientNext += said(speech);
    return this.#payload(between, speech, sequence, acknowledgement);
  }

  /** The payload of what the server says next; `undefined` if its answers do not pass the director. */
  #answer(speech: Speech): Payload | undefined {
    if (this.server === undefined || !this.isAnswerable) return undefined;
    const { address, port } = this.server;
    const { client, clientPort } = this.ends;
    const between = { source: address, destination: client, sourcePort: port, destinationPort: clientPort };
    const opens = (speech.flags & SYN) !== 0;
    const sequence = speech.sequence ?? (opens ? SERVER_ISN : this.#serverNext);
    const acknowledgement = speech.acknowledgement ?? this.#clientNext;
    this.#serverNext += said(speech);
    return this.#payload(between, speech, sequence, acknowledgement);
  }

  #payload(
    between: Pick<Tcp, "source" | "destination" | "sourcePort" | "destinationPort">,
    { flags, chunks = [], data, sum }: Speech,
    sequence: number,
    acknowledgement: number,
  ): Payload {
    const common = { ...between, ...(data && { data }), ...(sum !== undefined && { sum }) };
    if (this.ends.protocol === "sctp") return sctp({ ...common, chunks });
    return this.ends.protocol === "udp" ? udp(common) : tcp({ ...common, flags, sequence, acknowledgement });
  }

  /** The client speaks; what the director sent because of it. */
  clientSays(speech: Speech): SentFrame[] {
    const { by } = this.ends;
    const sent = this.#say(by, this.#request(speech), speech.header);
    this.hear(sent);
    return sent;
  }

  /** The server speaks; `undefined` if there is none whose answers pass the director. */
  serverSays(speech: Speech): SentFrame[] | undefined {
    const payload = this.#answer(speech);
    if (payload === undefined || this.server === undefined) return undefined;
    const sent = this.#say(this.server.station, payload, speech.header);
    this.#remember(sent);
    return sent;
  }

  #say(by: Station, payload: Payload, header: Ipv4Options | undefined): SentFrame[] {
    return this.#stage.rx(by.dev, ethernet(this.#network.directorMac(by.dev), by.mac, ipv4(payload, header)));
  }

  /** Learns from what the director sent after a request who its real server is. */
  hear(sent: readonly SentFrame[]): void {
    this.#remember(sent);
    for (const frame of sent) {
      const packet = sentPacket(frame);
      if (packet === undefined || packet.source !== this.ends.client) continue;
      const station = this.#network.stationWithMac(packet.toMac);
      if (station === undefined) continue;
      this.server = { station, address: packet.destination, port: packet.destinationPort };
    }
  }

  #remember(sent: readonly SentFrame[]): void {
    for (const frame of sent) this.lastPacket = sentPacket(frame)?.packet ?? this.lastPacket;
  }
}

/** How far the sequence number moves; that of a SYN is counted from the start. */
const said = ({ flags, data }: Speech): number => (data?.length ?? 0) + ((flags & FIN) === 0 ? 0 : 1);
