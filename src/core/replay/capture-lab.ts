/** The run of a recorded lab, with all that is to be compared of it. */
import type { Packet } from "../capture/packet.ts";
import type { TranscriptEvent } from "../capture/transcript.ts";
import { runIpvsadm, wordsOf } from "../control/interpreter.ts";
import type { DirectorConfig } from "../host/config.ts";
import { AF_INET6 } from "../wire/address.ts";
import { ETHERNET_TYPE, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from "../wire/ethernet.ts";
import { compareCaptures, isComparable } from "./capture-compare.ts";
import { type Arrival, CaptureRun, type Departure, type RunListener } from "./capture-run.ts";
import { compareTexts, type Finding } from "./difference.ts";
import { connectionListings, plainTexts } from "./listings.ts";
import type { Placement } from "./placement.ts";
import { type Offloads, offloadNotes, RecordedOffloads } from "./recorded-offloads.ts";
import { ruleLines } from "./rules.ts";
import type { SentFrame } from "./sent-frame.ts";
import { masked, type Originator, originatorOf } from "./unforetold.ts";

/** What a capture directory holds. The listings were taken about 3 s after the last packet of the director's families arrived. */
export interface RecordedCapture {
  readonly name: string;
  readonly config: DirectorConfig;
  /** By time; gone through more than once. */
  readonly packets: Iterable<Packet>;
  /** `ipvsadm -Ln --stats --exact`, then `ipvsadm -Ln`; `undefined` if there is no stats.txt. */
  readonly stats: string | undefined;
  /** `ipvsadm -Lnc`; `undefined` if there is no connections.txt. */
  readonly connections: string | undefined;
}

const LISTED_AFTER = 3_000_000;
const MICROSECONDS = 1e6;
const STATS = ["-Ln --stats --exact", "-Ln"];
const CONNECTIONS = "-Lnc";

/** A run, and all that is to be compared of it. */
export class Lab implements RunListener {
  readonly run: CaptureRun;
  readonly expected: SentFrame[] = [];
  readonly got: SentFrame[] = [];
  readonly unplaced: string[] = [];
  readonly events: TranscriptEvent[];
  readonly #own: Originator;
  /** Of the frames that the recorded director sent, and of those of this one. */
  readonly #expectedOffloads: RecordedOffloads;
  readonly #ownOffloads: RecordedOffloads;
  readonly #hasIpv6: boolean;
  /** Sent by the recorded director, but of a kind that the emulator does not send. */
  #beyond = 0;
  #ofNoPort = 0;
  #lastArrival = -1;
  /** When the last IPv4 packet arrived, in microseconds. */
  #lastTraffic = 0;
  /** Arrivals so far whose checksums were completed. */
  #checksums = 0;
  #stats = "";
  #connections = "";

  constructor(config: DirectorConfig, offloads: Offloads = "auto") {
    this.run = new CaptureRun(config, this, { offloads });
    this.#expectedOffloads = new RecordedOffloads(offloads);
    this.#ownOffloads = new RecordedOffloads(offloads);
    this.#hasIpv6 = config.interfaces.some(({ addresses }) =>
      addresses.some(({ address }) => address.family === AF_INET6),
    );
    const lines = ruleLines(config.rules);
    this.#own = originatorOf(config, lines);
    this.events = lines.map((args) => ({ do: "ipvsadm", t: 0, args, code: 0, out: "", err: "" }));
  }

  /** Runs the packets, lets the time pass up to when the listings were taken, and lists too. */
  runAll(packets: Iterable<Packet>): void {
    for (const packet of packets) this.run.packet(packet);
    const { last } = this.run;
    const at = Math.max(this.#lastTraffic + LISTED_AFTER, last);
    this.run.advance(last);
    this.events.push({ do: "sleep", t: last / MICROSECONDS, seconds: (at - last) / MICROSECONDS });
    this.run.advance(at);
    this.#stats = STATS.map((args) => this.#list(args, at)).join("");
    this.#connections = this.#list(CONNECTIONS, at);
  }

  nameOf(port: number): string {
    return this.run.director.interfaces[port]?.name ?? "";
  }

  arrived({ packet, port, time, segmentSize }: Arrival): void {
    this.#lastArrival = packet.record;
    if (this.#isTraffic(packet.bytes)) this.#lastTraffic = time;
    const frame = segmentSize === 0 ? this.#completed(packet.bytes, port) : packet.bytes;
    const event = { do: "rx", t: time / MICROSECONDS, dev: this.nameOf(port), frame } as const;
    this.events.push(segmentSize === 0 ? event : { ...event, segment: segmentSize });
  }

  sent({ port, time, bytes: borrowed, during }: Departure): void {
    const dev = this.nameOf(port);
    this.events.push({ do: "tx", t: time / MICROSECONDS, dev, frame: borrowed.slice() });
    const cause = during?.record ?? this.#lastArrival;
    if (!isComparable(borrowed, this.#hasIpv6)) return;
    for (const bytes of this.#ownOffloads.wirePackets(borrowed, this.#mtuOf(port)))
      this.got.push({ dev, bytes, masked: masked(bytes, this.#own), time, at: -1, cause });
  }

  skipped(packet: Packet, placement: Exclude<Placement, { kind: "arrived" }>): void {
    const { bytes, record } = packet;
    if (placement.kind === "unknown") this.unplaced.push(`packet ${record}: ${placement.why}`);
    else if (placement.kind === "of-no-port") this.#ofNoPort++;
    else if (!isComparable(bytes, this.#hasIpv6)) this.#beyond++;
    else this.#expect(bytes, record, placement.port);
  }

  /** What a transcript says of an arrival has all its checksums. */
  #completed(bytes: Uint8Array, port: number): Uint8Array {
    const { checksums } = this.run.offloads;
    if (checksums === this.#checksums) return bytes;
    this.#checksums = checksums;
    const [packet = bytes] = this.#ownOffloads.wirePackets(bytes, this.#mtuOf(port));
    return packet;
  }

  /** Sent frames are compared packet by packet, whether a director's kernel cut them or left that to the network card. */
  #expect(whole: Uint8Array, record: number, port: number): void {
    const dev = this.nameOf(port);
    const { last: time } = this.run;
    for (const bytes of this.#expectedOffloads.wirePackets(whole, this.#mtuOf(port)))
      this.expected.push({ dev, bytes, masked: masked(bytes, this.#own), time, at: record, cause: this.#lastArrival });
  }

  #mtuOf(port: number): number {
    return this.run.director.interfaces[port]?.mtu ?? Number.POSITIVE_INFINITY;
  }

  compareFrames(): Finding | undefined {
    const names = this.run.director.interfaces.map(({ name }) => name);
    return compareCaptures(names, this.expected, this.got, this.run.last);
  }

  compareListings({ stats = this.#stats, connections = this.#connections }: RecordedCapture): Finding | undefined {
    return (
      compareTexts("stats.txt", plainTexts(stats, this.#stats)) ??
      compareTexts("connections.txt", connectionListings(connections, this.#connections))
    );
  }

  #isTraffic(bytes: Uint8Array): boolean {
    const type = typeOf(bytes);
    return type === ETHERTYPE_IPV4 || (type === ETHERTYPE_IPV6 && this.#hasIpv6);
  }

  #list(args: string, at: number): string {
    const outcome = runIpvsadm(wordsOf(args), { server: this.run.director.server });
    this.events.push({ do: "ipvsadm", t: at / MICROSECONDS, args, ...outcome });
    return outcome.out;
  }

  notes(): string[] {
    const notes: string[] = [];
    const [beyond, ofNoPort] = [this.#beyond, this.#ofNoPort];
    if (beyond > 0)
      notes.push(
        `${beyond} frames that the recorded director sent are neither IP nor ARP, or of an IPv6 that the director does not have: not compared`,
      );
    notes.push(...offloadNotes([this.run.offloads, this.#expectedOffloads.counts]));
    if (ofNoPort > 0) notes.push(`${ofNoPort} frames were addressed to none of the interfaces: passed over`);
    return notes;
  }
}

const typeOf = (bytes: Uint8Array): number => ((bytes[ETHERNET_TYPE] ?? 0) << 8) | (bytes[ETHERNET_TYPE + 1] ?? 0);
