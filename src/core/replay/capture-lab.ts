/** The run of a recorded lab, with all that is to be compared of it. */
import type { Packet, PacketInPlace } from "../capture/packet.ts";
import type { TranscriptEvent } from "../capture/transcript.ts";
import { runIpvsadm, wordsOf } from "../control/interpreter.ts";
import type { DirectorConfig } from "../host/config/config.ts";
import { AF_INET6 } from "../wire/address.ts";
import { ETHERNET_TYPE, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from "../wire/ethernet.ts";
import { CaptureComparison, isComparable, isNeighborDiscovery } from "./capture-compare.ts";
import { type Arrival, CaptureRun, type Departure, type RunListener } from "./capture-run.ts";
import { compareTexts, type Finding, type FrameFinding } from "./difference.ts";
import { DifferenceGroups, MOST_DIFFERENCES } from "./difference-groups.ts";
import { idleReason } from "./idle.ts";
import { connectionListings, plainTexts } from "./listings.ts";
import { Directions } from "./one-way.ts";
import type { Placement } from "./placement.ts";
import { type Offloads, offloadNotes, RecordedOffloads } from "./recorded-offloads.ts";
import { ruleLines } from "./rules.ts";
import type { SentFrame } from "./sent-frame.ts";
import { Counting, settleStatistics } from "./summary.ts";
import { LOOK } from "./transcript-run.ts";
import { labelsFlows, masked, type Originator, originatorOf } from "./unforetold.ts";

/** The listings of a capture directory. They were taken about 3 s after the last packet of the director's families arrived. */
export interface RecordedListings {
  /** `ipvsadm -Ln --stats --exact`, then `ipvsadm -Ln`; `undefined` if there is no stats.txt. */
  readonly stats: string | undefined;
  /** `ipvsadm -Lnc`; `undefined` if there is no connections.txt. */
  readonly connections: string | undefined;
}

/** How a capture is compared. */
export interface LabOptions {
  readonly offloads?: Offloads;
  /** Whether what happens is to be kept as events of a transcript. */
  readonly records?: boolean;
  /** Differences whose kind is looked at. */
  readonly most?: number;
}

const LISTED_AFTER = 3_000_000;
const MICROSECONDS = 1e6;
const STATS = ["-Ln --stats --exact", "-Ln"];
const CONNECTIONS = "-Lnc";

/** Packets without a place that are named. */
const MOST_UNPLACED = 10;

/** A run, and all that is to be compared of it: frames as they come, so that those that agree are not kept. */
export class Lab implements RunListener {
  readonly run: CaptureRun;
  /** Why packets have no place; of many, the first. */
  readonly unplaced: string[] = [];
  /** Recorded commands and arrivals with what was sent; only the commands that begin it, if no others are to be kept. */
  readonly events: TranscriptEvent[];
  readonly groups: DifferenceGroups;
  /** The earliest difference between frames. */
  first: FrameFinding | undefined;
  /** Frames that the recorded director sent, and that were compared. */
  frames = 0;
  readonly #comparison = new CaptureComparison((finding) => this.#found(finding));
  readonly #counting = new Counting();
  readonly #directions = new Directions();
  readonly #records: boolean;
  /** Sent by timers while a player of transcripts does not look: told behind the next event, as it tells them. */
  readonly #unseen: TranscriptEvent[] = [];
  /** In seconds. */
  #seenUntil = 0;
  #unplaced = 0;
  readonly #own: Originator;
  /** Of the frames that the recorded director sent, and of those of this one. */
  readonly #expectedOffloads: RecordedOffloads;
  readonly #ownOffloads: RecordedOffloads;
  readonly #hasIpv6: boolean;
  /** Sent by the recorded director, but of a kind that the emulator does not send. */
  #beyond = 0;
  #ofNoPort = 0;
  #lastArrival = -1;
  /** When the last packet arrived that is neither ARP nor neighbor discovery, in microseconds. */
  #lastTraffic = 0;
  /** Arrivals so far whose checksums were completed. */
  #checksums = 0;
  #stats = "";
  #connections = "";

  constructor(
    config: DirectorConfig,
    { offloads = "auto", records = false, most = MOST_DIFFERENCES }: LabOptions = {},
  ) {
    this.#records = records;
    this.groups = new DifferenceGroups(most);
    this.run = new CaptureRun(config, this, { offloads });
    this.#expectedOffloads = new RecordedOffloads(offloads);
    this.#ownOffloads = new RecordedOffloads(offloads);
    this.#hasIpv6 = config.interfaces.some(({ addresses }) =>
      addresses.some(({ address }) => address.family === AF_INET6),
    );
    const lines = ruleLines(config.rules);
    this.#own = originatorOf(config, lines, labelsFlows(config.sysctl, true));
    this.events = lines.map((args) => ({ do: "ipvsadm", t: 0, args, code: 0, out: "", err: "" }));
  }

  #found(finding: FrameFinding): void {
    this.groups.add(placeOf(finding), finding);
    if (this.first === undefined || timeOf(finding) < timeOf(this.first)) this.first = finding;
  }

  /** Nothing follows: lets the time pass up to when the listings were taken, and lists too. */
  end(): void {
    const { last } = this.run;
    const at = Math.max(this.#lastTraffic + LISTED_AFTER, last);
    this.run.advance(last);
    const sleep = { do: "sleep", t: last / MICROSECONDS, seconds: (at - last) / MICROSECONDS } as const;
    this.events.push(sleep, ...this.#seenAt(sleep.t));
    this.#seenUntil = Number.POSITIVE_INFINITY;
    this.run.advance(at);
    this.#stats = STATS.map((args) => this.#list(args, at)).join("");
    this.#connections = this.#list(CONNECTIONS, at);
    this.#comparison.end(last);
  }

  nameOf(port: number): string {
    return this.run.director.interfaces[port]?.name ?? "";
  }

  arrives(packet: PacketInPlace, port: number): void {
    this.#counting.arrives(packet, port);
  }

  arrived(arrival: Arrival): void {
    const { packet, port, time, segmentSize } = arrival;
    this.#counting.arrived(arrival);
    this.#directions.count(this.nameOf(port), "arrived");
    this.#lastArrival = packet.record;
    if (this.#isTraffic(packet.bytes)) this.#lastTraffic = time;
    if (!this.#records) return;
    const frame = segmentSize === 0 ? this.#completed(packet.bytes, port) : packet.bytes.slice();
    const event = { do: "rx", t: time / MICROSECONDS, dev: this.nameOf(port), frame } as const;
    this.events.push(segmentSize === 0 ? event : { ...event, segment: segmentSize }, ...this.#seenAt(event.t));
    this.#seenUntil = event.t + LOOK;
  }

  sent({ port, time, bytes: borrowed, during }: Departure): void {
    const dev = this.nameOf(port);
    if (this.#records) this.#record({ do: "tx", t: time / MICROSECONDS, dev, frame: borrowed.slice() });
    const cause = during?.record ?? this.#lastArrival;
    if (!isComparable(borrowed, this.#hasIpv6)) return;
    for (const bytes of this.#ownOffloads.wirePackets(borrowed, this.#mtuOf(port)))
      this.#made({ dev, bytes, masked: masked(bytes, this.#own), time, at: -1, cause });
  }

  #seenAt(t: number): TranscriptEvent[] {
    return this.#unseen.splice(0).map((event) => ({ ...event, t }));
  }

  #record(event: TranscriptEvent): void {
    if (event.t > this.#seenUntil) this.#unseen.push(event);
    else this.events.push(event);
  }

  skipped(packet: Packet, placement: Exclude<Placement, { kind: "arrived" }>): void {
    const { bytes, record } = packet;
    this.#counting.skipped(packet, placement);
    if (placement.kind === "unknown") this.#noPlace(`packet ${record}: ${placement.why}`);
    else if (placement.kind === "of-no-port") this.#ofNoPort++;
    else if (!isComparable(bytes, this.#hasIpv6)) this.#beyond++;
    else this.#expect(bytes, record, placement.port);
  }

  /** What a transcript says of an arrival has all its checksums. */
  #completed(bytes: Uint8Array, port: number): Uint8Array {
    const { checksums } = this.run.offloads;
    if (checksums === this.#checksums) return bytes.slice();
    this.#checksums = checksums;
    const [packet = bytes] = this.#ownOffloads.wirePackets(bytes, this.#mtuOf(port));
    return packet;
  }

  #noPlace(problem: string): void {
    this.#unplaced++;
    if (this.#unplaced <= MOST_UNPLACED) this.unplaced.push(problem);
    else this.unplaced[MOST_UNPLACED] = `and ${this.#unplaced - MOST_UNPLACED} more packets without a place`;
  }

  /** Sent frames are compared packet by packet, whether a director's kernel cut them or left that to the network card. */
  #expect(whole: Uint8Array, record: number, port: number): void {
    const dev = this.nameOf(port);
    const { last: time } = this.run;
    for (const bytes of this.#expectedOffloads.wirePackets(whole, this.#mtuOf(port))) {
      this.frames++;
      const frame = { dev, bytes, masked: masked(bytes, this.#own), time, at: record, cause: this.#lastArrival };
      this.#directions.count(dev, "recorded");
      this.#comparison.recorded(frame);
    }
  }

  #made(frame: SentFrame): void {
    this.#directions.count(frame.dev, "made");
    this.#comparison.made(frame);
  }

  #mtuOf(port: number): number {
    return this.run.director.interfaces[port]?.mtu ?? Number.POSITIVE_INFINITY;
  }

  /** The first difference in a listing. */
  compareListings({ stats = this.#stats, connections = this.#connections }: RecordedListings): Finding | undefined {
    const findings = [
      compareTexts("stats.txt", plainTexts(stats, this.#stats)),
      compareTexts("connections.txt", connectionListings(connections, this.#connections)),
    ].filter((finding) => finding !== undefined);
    for (const finding of findings) this.groups.add("", finding);
    return findings[0];
  }

  /** Why nothing was balanced, if there are services; `undefined` if something was. */
  idle(): string | undefined {
    settleStatistics(this.run.director);
    return idleReason(this.#counting.summary(this.run.director, this.run.last));
  }

  #isTraffic(bytes: Uint8Array): boolean {
    const type = typeOf(bytes);
    return type === ETHERTYPE_IPV4 || (type === ETHERTYPE_IPV6 && this.#hasIpv6 && !isNeighborDiscovery(bytes));
  }

  #list(args: string, at: number): string {
    const outcome = runIpvsadm(wordsOf(args), { server: this.run.director.server });
    this.events.push({ do: "ipvsadm", t: at / MICROSECONDS, args, ...outcome });
    return outcome.out;
  }

  notes(): string[] {
    const notes = this.#directions.notes();
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

const timeOf = ({ expected, got }: FrameFinding): number => Math.min(expected?.time ?? Infinity, got?.time ?? Infinity);

/** Where in the recording: the frame that is there, or the packet that led to the one that is not. */
const placeOf = ({ expected, got }: FrameFinding): string => `packet ${expected?.at ?? got?.cause ?? -1}`;
