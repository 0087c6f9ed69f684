/** Puts a director where the server of a capture stood: its clients' packets go in, its answers become the real servers'. */
import type { CaptureInterface, Packet } from "../../capture/packet.ts";
import type { WrittenPacket } from "../../capture/pcapng-writer.ts";
import type { DirectorConfig } from "../../host/config/config.ts";
import { AF_INET, formatAddress, parseMac } from "../../wire/address.ts";
import { ETHERNET_HEADER, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from "../../wire/ethernet.ts";
import { IPV4_CHECKSUM, IPV4_LENGTH, PROTOCOL_TCP } from "../../wire/ipv4.ts";
import { IPV6_HEADER, IPV6_PAYLOAD_LENGTH } from "../../wire/ipv6.ts";
import { ACK, SYN, TCP_ACKNOWLEDGEMENT, TCP_FLAGS, TCP_HEADER, TCP_SEQUENCE } from "../../wire/tcp.ts";
import { UDP_HEADER, UDP_LENGTH } from "../../wire/udp.ts";
import { CaptureRun, type Departure, type RunListener } from "../capture-run.ts";
import type { Offloads } from "../recorded-offloads.ts";
import { loadRules } from "../rules.ts";
import { SegmentSizes } from "../segment-sizes.ts";
import { Counting, type ReplaySummary, settleStatistics } from "../summary.ts";
import { type Datagram, DatagramReader, type Endpoint, endpointKey } from "./datagram.ts";
import type { LinkNeighbor } from "./link.ts";
import { INSIDE_MAC, OUTSIDE_MAC, type Plan, ROUTER_MAC } from "./plan.ts";
import {
  finishIpv4Header,
  finishOffloads,
  hasWrongHeader,
  lendHop,
  makeTransportChecksum,
  readdress,
} from "./rewriting.ts";
import { segmentsOf } from "./segments.ts";
import { type Talk, talkKey } from "./survey.ts";

/** What was done to packets, and with which no more could be done; each counted. */
export interface AdoptCounts {
  taken: number;
  merged: number;
  finished: number;
  /** IPv4 headers put right, of a capture whose addresses were changed after it was made. */
  repaired: number;
  /** Packets whose TTL or hop limit had ended at the server: the director takes one more. */
  outlived: number;
  madeUp: number;
  /** Answers that go past the director, or belong to no connection that it has. */
  pastDirector: number;
}

/** What is to be adopted: which conversations, by talkKey, and how. */
export interface AdoptionOrder {
  readonly plan: Plan;
  readonly talks: ReadonlyMap<string, Talk>;
  readonly offloads: Offloads;
}

type Moment = Pick<Packet, "time" | "nanoseconds">;
const OUTSIDE = 0;
const INSIDE = 1;

export class Adoption {
  readonly counts: AdoptCounts = {
    taken: 0,
    merged: 0,
    finished: 0,
    repaired: 0,
    outlived: 0,
    madeUp: 0,
    pastDirector: 0,
  };
  /** What the rules file makes impossible; empty if nothing. */
  readonly refused: readonly string[];
  readonly #run: CaptureRun;
  readonly #counting = new Counting();
  readonly #sizes = new SegmentSizes();
  readonly #reader = new DatagramReader();
  readonly #ports: readonly CaptureInterface[];
  /** Of the real servers, and of clients that are not behind the router. */
  readonly #macs: ReadonlyMap<string, Uint8Array>;
  readonly #neighbors: ReadonlyMap<string, Uint8Array>;
  readonly #plan: Plan;
  readonly #offloads: Offloads;
  readonly #talks: ReadonlyMap<string, Talk>;
  readonly #write: (packet: WrittenPacket) => void;
  /** By talk: the ends that its answers have at the real server's side. */
  readonly #answers = new Map<string, readonly [Endpoint, Endpoint]>();
  readonly #begun = new Set<string>();
  #talk = "";
  #start: Moment | undefined;
  #record = 0;

  constructor(
    config: DirectorConfig,
    { plan, talks, offloads }: AdoptionOrder,
    write: (packet: WrittenPacket) => void,
  ) {
    this.#plan = plan;
    this.#offloads = offloads;
    this.#talks = talks;
    this.#write = write;
    this.#macs = macsOf(plan.servers);
    this.#neighbors = macsOf(plan.neighbors);
    this.#ports = config.interfaces.map(({ name }, index) => ({ index, name, linkType: 1, snapLength: 0 }));
    const listener: RunListener = {
      arrives: (packet, port) => this.#counting.arrives(packet, port),
      arrived: (arrival) => this.#counting.arrived(arrival),
      skipped: () => {},
      sent: (departure) => this.#sent(departure),
    };
    this.#run = new CaptureRun(config, listener, { offloads });
    this.refused = loadRules(this.#run.director, config.rules);
  }

  /** Connections that the director has made. */
  get balanced(): number {
    return this.#answers.size;
  }

  /** What became of the packets. */
  summary(): ReplaySummary {
    settleStatistics(this.#run.director);
    return this.#counting.summary(this.#run.director, this.#run.last);
  }

  /** The next packet of the capture; the datagram is changed. */
  packet(datagram: Datagram, moment: Moment): void {
    const key = talkKey(datagram);
    const talk = this.#talks.get(key);
    if (talk === undefined) return;
    this.#talk = key;
    this.counts.taken++;
    const segments = this.#whole(datagram);
    const { standIns } = this.#plan;
    const client = { ...talk.client, address: standIns.client(talk.client.address) };
    const server = { ...talk.server, address: standIns.server };
    const fromClient = endpointKey(datagram.source) === endpointKey(talk.client);
    if (!fromClient && !this.#begun.has(key)) this.#makeUp(datagram, client, server, moment);
    this.#begun.add(key);
    for (const segment of segments) {
      if (fromClient) this.#request(segment, client, server, moment);
      else this.#answer(segment, moment);
    }
  }

  #macOf({ address }: Endpoint): Uint8Array {
    return this.#neighbors.size === 0 ? ROUTER : (this.#neighbors.get(formatAddress(address)) ?? ROUTER);
  }

  /** The packets that it was on the wire, sound enough for a director. */
  #whole(datagram: Datagram): readonly Datagram[] {
    if (this.#plan.rightsHeaders && hasWrongHeader(datagram)) {
      finishIpv4Header(datagram);
      this.counts.repaired++;
    }
    if (lendHop(datagram)) this.counts.outlived++;
    if (this.#offloads === "off") return [datagram];
    const { view, transport, bytes, protocol, fragment } = datagram;
    const isTcp = protocol === PROTOCOL_TCP && fragment === undefined;
    if (isTcp) this.#sizes.learn(view, 0, transport, bytes.length);
    const segments = isTcp ? segmentsOf(datagram, this.#sizes.of(view, 0, transport)) : [datagram];
    if (segments.length > 1) this.counts.merged++;
    else if (finishOffloads(datagram, this.#offloads === "on")) this.counts.finished++;
    return segments;
  }

  #request(datagram: Datagram, client: Endpoint, server: Endpoint, moment: Moment): void {
    readdress(datagram, client, server);
    this.#arrives(datagram, OUTSIDE, this.#macOf(client), OUTSIDE_PORT, moment);
  }

  /** The capture lacks the client's packet that the answer answers: what it was can be told from the answer; of UDP, not what it said. */
  #makeUp(answer: Datagram, client: Endpoint, server: Endpoint, moment: Moment): void {
    const { bytes, view, transport, protocol, fragment, source } = answer;
    if (fragment !== undefined) return;
    const isTcp = protocol === PROTOCOL_TCP;
    const length = transport + (isTcp ? TCP_HEADER : UDP_HEADER);
    const made = bytes.slice(0, length);
    const own = new DataView(made.buffer);
    const four = source.address.family === AF_INET;
    if (four) own.setUint16(IPV4_LENGTH, length);
    else own.setUint16(IPV6_PAYLOAD_LENGTH, length - IPV6_HEADER);
    if (isTcp) askFor(view, own, transport);
    else own.setUint16(transport + UDP_LENGTH, UDP_HEADER);
    if (four) own.setUint16(IPV4_CHECKSUM, 0);
    const request = { ...answer, bytes: made, view: own };
    finishOffloads(request, false);
    readdress(request, client, server);
    makeTransportChecksum(request);
    this.counts.madeUp++;
    this.#arrives(request, OUTSIDE, this.#macOf(client), OUTSIDE_PORT, moment);
  }

  #answer(datagram: Datagram, moment: Moment): void {
    const ends = this.#answers.get(this.#talk);
    const mac = ends && this.#macs.get(formatAddress(ends[0].address));
    if (ends === undefined || mac === undefined) {
      this.counts.pastDirector++;
      return;
    }
    readdress(datagram, ...ends);
    this.#arrives(datagram, INSIDE, mac, INSIDE_PORT, moment);
  }

  #arrives({ bytes, source }: Datagram, port: number, from: Uint8Array, to: Uint8Array, moment: Moment): void {
    const frame = new Uint8Array(ETHERNET_HEADER + bytes.length);
    frame.set(to, 0);
    frame.set(from, 6);
    new DataView(frame.buffer).setUint16(12, source.address.family === AF_INET ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
    frame.set(bytes, ETHERNET_HEADER);
    const device = this.#ports[port];
    if (device === undefined) return;
    this.#start ??= { time: moment.time, nanoseconds: moment.nanoseconds };
    this.#record++;
    const { time, nanoseconds } = moment;
    this.#write({ port, time, nanoseconds, bytes: frame, direction: "in" });
    this.#run.packet({
      interface: device,
      time,
      nanoseconds,
      timestamped: true,
      bytes: frame,
      originalLength: frame.length,
      direction: "in",
      offset: 0,
      record: this.#record,
    });
  }

  #sent(departure: Departure): void {
    const { port, time, bytes, cause } = departure;
    const { time: start = 0, nanoseconds = 0 } = this.#start ?? {};
    this.#counting.sent(departure);
    this.#write({ port, time: start + time, nanoseconds, bytes, direction: "out" });
    if (port !== INSIDE || cause === undefined) return;
    const datagram = this.#reader.read(bytes.subarray(ETHERNET_HEADER));
    if (typeof datagram !== "string") this.#answers.set(this.#talk, [datagram.destination, datagram.source]);
    // What goes to a real server in a tunnel is answered past the director.
    else if (!this.#answers.has(this.#talk)) this.#answers.set(this.#talk, NOWHERE);
  }
}

/** The header of the segment that `answer` answers, written over a copy of its own. */
function askFor(answer: DataView, own: DataView, transport: number): void {
  const synAck = (answer.getUint8(transport + TCP_FLAGS) & SYN) !== 0;
  own.setUint32(transport + TCP_SEQUENCE, answer.getUint32(transport + TCP_ACKNOWLEDGEMENT) - (synAck ? 1 : 0));
  own.setUint32(transport + TCP_ACKNOWLEDGEMENT, synAck ? 0 : answer.getUint32(transport + TCP_SEQUENCE));
  own.setUint8(transport + 12, 0x50);
  own.setUint8(transport + TCP_FLAGS, synAck ? SYN : ACK);
}

const macsOf = (neighbors: readonly LinkNeighbor[]): ReadonlyMap<string, Uint8Array> =>
  new Map(neighbors.map(({ address, mac }) => [formatAddress(address), macOf(mac)]));
const macOf = (text: string): Uint8Array => parseMac(text) ?? new Uint8Array(6);
const ROUTER = macOf(ROUTER_MAC);
const OUTSIDE_PORT = macOf(OUTSIDE_MAC);
const INSIDE_PORT = macOf(INSIDE_MAC);
const NO_END: Endpoint = { address: { family: AF_INET, words: [0, 0, 0, 0] }, port: 0 };
const NOWHERE: readonly [Endpoint, Endpoint] = [NO_END, NO_END];
