/** Puts a director where the server of a capture stood: its clients' packets go in, its answers become the real servers'. */
import type { CaptureInterface, Packet } from "../../capture/packet.ts";
import type { WrittenPacket } from "../../capture/pcapng-writer.ts";
import type { DirectorConfig } from "../../host/config.ts";
import { AF_INET, formatAddress, parseMac } from "../../wire/address.ts";
import { ETHERNET_HEADER, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from "../../wire/ethernet.ts";
import { PROTOCOL_TCP } from "../../wire/ipv4.ts";
import { ACK, SYN, TCP_ACKNOWLEDGEMENT, TCP_FLAGS, TCP_SEQUENCE } from "../../wire/tcp.ts";
import { CaptureRun, type Departure } from "../capture-run.ts";
import { loadRules } from "../rules.ts";
import {
  type Datagram,
  type Endpoint,
  endpointKey,
  finishChecksums,
  makeTransportChecksum,
  readDatagram,
  readdress,
} from "./datagram.ts";
import { INSIDE_MAC, OUTSIDE_MAC, type Plan, ROUTER_MAC } from "./plan.ts";
import { segmentsOf } from "./segments.ts";
import { type Talk, talkKey } from "./survey.ts";

/** What was done to packets, and with which no more could be done; each counted. */
export interface AdoptCounts {
  taken: number;
  merged: number;
  finished: number;
  madeUp: number;
  /** Answers that go past the director, or belong to no connection that it has. */
  pastDirector: number;
}

type Moment = Pick<Packet, "time" | "nanoseconds">;
const OUTSIDE = 0;
const INSIDE = 1;

export class Adoption {
  readonly counts: AdoptCounts = { taken: 0, merged: 0, finished: 0, madeUp: 0, pastDirector: 0 };
  /** What the rules file makes impossible; empty if nothing. */
  readonly refused: readonly string[];
  readonly #run: CaptureRun;
  readonly #ports: readonly CaptureInterface[];
  readonly #macs: ReadonlyMap<string, string>;
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
    { servers }: Plan,
    talks: ReadonlyMap<string, Talk>,
    write: (packet: WrittenPacket) => void,
  ) {
    this.#talks = talks;
    this.#write = write;
    this.#macs = new Map(servers.map(({ address, mac }) => [formatAddress(address), mac]));
    this.#ports = config.interfaces.map(({ name }, index) => ({ index, name, linkType: 1, snapLength: 0 }));
    this.#run = new CaptureRun(config, {
      arrived: () => {},
      skipped: () => {},
      sent: (departure) => this.#sent(departure),
    });
    this.refused = loadRules(this.#run.director, config.rules);
  }

  /** Connections that the director has made. */
  get balanced(): number {
    return this.#answers.size;
  }

  /** The next packet of the capture; the datagram is changed. */
  packet(datagram: Datagram, moment: Moment): void {
    const key = talkKey(datagram);
    const talk = this.#talks.get(key);
    if (talk === undefined) return;
    this.#talk = key;
    this.counts.taken++;
    const segments = segmentsOf(datagram);
    if (segments.length > 1) this.counts.merged++;
    else if (finishChecksums(datagram)) this.counts.finished++;
    const fromClient = endpointKey(datagram.source) === endpointKey(talk.client);
    if (!fromClient && !this.#begun.has(key)) this.#makeUp(datagram, moment);
    this.#begun.add(key);
    for (const segment of segments) {
      if (fromClient) this.#arrives(segment, OUTSIDE, ROUTER_MAC, OUTSIDE_MAC, moment);
      else this.#answer(segment, moment);
    }
  }

  /** The capture lacks the client's packet that the answer answers: what it was can be told from the answer. */
  #makeUp(answer: Datagram, moment: Moment): void {
    const { bytes, view, transport, protocol, source, destination } = answer;
    if (protocol !== PROTOCOL_TCP) return;
    const length = transport + 20;
    const made = bytes.slice(0, length);
    const own = new DataView(made.buffer);
    if (source.address.family === AF_INET) own.setUint16(2, length);
    else own.setUint16(4, 20);
    const synAck = (view.getUint8(transport + TCP_FLAGS) & SYN) !== 0;
    own.setUint32(transport + TCP_SEQUENCE, view.getUint32(transport + TCP_ACKNOWLEDGEMENT) - (synAck ? 1 : 0));
    own.setUint32(transport + TCP_ACKNOWLEDGEMENT, synAck ? 0 : view.getUint32(transport + TCP_SEQUENCE));
    own.setUint8(transport + 12, 0x50);
    own.setUint8(transport + TCP_FLAGS, synAck ? SYN : ACK);
    if (source.address.family === AF_INET) own.setUint16(10, 0);
    const datagram = readDatagram(made);
    if (typeof datagram === "string") return;
    finishChecksums(datagram);
    readdress(datagram, destination, source);
    makeTransportChecksum(datagram);
    this.counts.madeUp++;
    this.#arrives(datagram, OUTSIDE, ROUTER_MAC, OUTSIDE_MAC, moment);
  }

  #answer(datagram: Datagram, moment: Moment): void {
    const ends = this.#answers.get(this.#talk);
    const mac = ends && this.#macs.get(formatAddress(ends[0].address));
    if (ends === undefined || mac === undefined) {
      this.counts.pastDirector++;
      return;
    }
    readdress(datagram, ...ends);
    this.#arrives(datagram, INSIDE, mac, INSIDE_MAC, moment);
  }

  #arrives({ bytes, source }: Datagram, port: number, from: string, to: string, moment: Moment): void {
    const frame = new Uint8Array(ETHERNET_HEADER + bytes.length);
    frame.set(parseMac(to) ?? [], 0);
    frame.set(parseMac(from) ?? [], 6);
    new DataView(frame.buffer).setUint16(12, source.address.family === AF_INET ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
    frame.set(bytes, ETHERNET_HEADER);
    const device = this.#ports[port];
    if (device === undefined) return;
    this.#start ??= moment;
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

  #sent({ port, time, bytes, cause }: Departure): void {
    const { time: start = 0, nanoseconds = 0 } = this.#start ?? {};
    this.#write({ port, time: start + time, nanoseconds, bytes: bytes.slice(), direction: "out" });
    if (port !== INSIDE || cause === undefined || this.#answers.has(this.#talk)) return;
    const datagram = readDatagram(bytes.slice(ETHERNET_HEADER));
    // What goes to a real server in a tunnel, or to the virtual address, is answered past the director.
    if (typeof datagram !== "string") this.#answers.set(this.#talk, [datagram.destination, datagram.source]);
    else this.#answers.set(this.#talk, NOWHERE);
  }
}

const NO_END: Endpoint = { address: { family: AF_INET, words: [0, 0, 0, 0] }, port: 0 };
const NOWHERE: readonly [Endpoint, Endpoint] = [NO_END, NO_END];
