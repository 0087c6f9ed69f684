/** Feeds the packets of a capture to a director, by the capture's clock, and hears what it sends. */
import { type Instant, LARGEST_PACKET, type Packet, PacketInPlace } from "../capture/packet.ts";
import type { HostConfig } from "../host/config/config.ts";
import { Director } from "../host/director.ts";
import { injectedTailroom } from "../host/fragments/pieces.ts";
import type { Row } from "../ipvs/connection-rows.ts";
import type { Trace, WalkEvent } from "../trace/events.ts";
import { ETHERNET_HEADER, ETHERNET_TYPE, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from "../wire/ethernet.ts";
import { Frame, HEADROOM } from "../wire/frame.ts";
import { wirePackets } from "../wire/wire-packets.ts";
import { type Placement, Placing } from "./placement.ts";
import { type OffloadCounts, type Offloads, RecordedOffloads } from "./recorded-offloads.ts";

/** A packet of the capture that went into the director, and how its walk ended. */
export interface Arrival {
  readonly packet: Packet;
  readonly port: number;
  /** Microseconds since the first packet of the capture. */
  readonly time: number;
  readonly verdict: number;
  /** What timers did since the packet before it, and the walk; empty if nobody listened. */
  readonly timers: readonly WalkEvent[];
  readonly events: readonly WalkEvent[];
  /** In the place of the events of a plain packet of an established connection, for a listener that is content with it. */
  readonly known: KnownPacket | undefined;
  /** Of a frame that the recording host had merged: payload bytes that each of its packets is taken to have; 0 for others. */
  readonly segmentSize: number;
}

/** A packet that an established connection sent on as those before it. */
export interface KnownPacket {
  /** Of the connection. */
  readonly row: Row;
  readonly answer: boolean;
  /** That it left by. */
  readonly port: number;
}

/** A frame that the director sent. */
export interface Departure {
  readonly port: number;
  /** Microseconds since the first packet of the capture. */
  readonly time: number;
  /** Borrowed until the listener returns. */
  readonly bytes: Uint8Array;
  /** The packet it was sent because of; `undefined` if a timer had it sent. */
  readonly cause: Packet | undefined;
  /** The packet up to which the run has come; `undefined` behind the last. */
  readonly during: Packet | undefined;
}

/** Who hears of a run. */
export interface RunListener {
  /** A packet is to be put into the director: what was sent before it was told of. */
  arrives?(packet: PacketInPlace, port: number): void;
  /** It was put in. */
  arrived(arrival: Arrival): void;
  /** What the director sends: copies, told of behind the arrival that they were sent because of. */
  sent?(departure: Departure): void;
  /** In the place of `sent`, told of each frame while the director sends it; `time` is in microseconds since the first packet. The frame is borrowed. */
  leaves?(frame: Frame, port: number, time: number): void;
  /** A packet that was not put into the director. */
  skipped(packet: Packet, placement: Exclude<Placement, { kind: "arrived" }>): void;
  /** Whether the walk of this packet, and what timers do up to it, is to be noted. */
  listensTo?(packet: Packet): boolean;
  /** Whether a walk that is noted ends with its causes, which take longer to find than the walk; if absent, it does. */
  readonly wantsCauses?: boolean;
  /** Whether of a plain packet of an established connection it is content to know the connection (Arrival.known), which is faster. */
  readonly contentWithKnown?: boolean;
  /** Whether it looks into packets once they have arrived; if absent, it does. The director changes others where they lie. */
  readonly readsArrived?: boolean;
}

export interface RunOptions {
  /** For all that the kernel leaves to chance. */
  readonly seed?: number;
  /** As the director's. */
  readonly fastPath?: boolean;
  /** What is made of frames that the recording host's network card had a part in; `auto` if absent. */
  readonly offloads?: Offloads;
}

/** Room for what is sent because of one packet, mostly; in bytes. */
const ARENA = 1024 * 1024;
const NOTHING_HEARD: readonly WalkEvent[] = [];

export class CaptureRun {
  readonly director: Director;
  readonly #placing: Placing;
  readonly #listener: RunListener;
  /** Sent since the listener was told last; their bytes lie in the arena, one behind the other. */
  #departures: Departure[] = [];
  #arena = new Uint8Array(ARENA);
  #used = 0;
  /** What each packet travels in: the director borrows it, and copies what it keeps. */
  readonly #frame = Frame.allocate(LARGEST_PACKET);
  readonly #room = this.#frame.bytes;
  readonly #view = this.#frame.view;
  readonly #offloads: RecordedOffloads;
  #listens = false;
  #heard: WalkEvent[] = [];
  readonly #trace: Trace;
  #known: KnownPacket | undefined;
  #leftBy = 0;
  #cause: Packet | undefined;
  #during: Packet | undefined;
  #first: Instant | undefined;
  #last = 0;

  constructor(config: HostConfig, listener: RunListener, options: RunOptions = {}) {
    this.#listener = listener;
    const known = (row: Row, answer: boolean): void => {
      this.#known = { row, answer, port: this.#leftBy };
    };
    this.#trace = {
      add: (event) => this.#heard.push(event),
      wantsCauses: listener.wantsCauses ?? true,
      ...(listener.contentWithKnown === true && { known }),
    };
    this.#offloads = new RecordedOffloads(options.offloads ?? "auto");
    this.director = new Director(config, { ...options, link: { send: (frame, port) => this.#keep(frame, port) } });
    this.#placing = new Placing(this.director, config.interfaces);
    this.director.neighbors.presumesAnswers = true;
    this.director.advance(0);
    if (listener.listensTo !== undefined && listener.wantsCauses !== false) this.director.tracing.remember();
  }

  #keep(frame: Frame, port: number): void {
    if (this.#offloads.counts.merged > 0) this.#offloads.heard(frame);
    // What the director makes itself stays as its kernel hands it to a card, unless the recording shows that there was one.
    if (this.#offloads.any && (frame.checksumStart !== 0 || frame.segmentSize !== 0))
      for (const packet of wirePackets(frame)) this.#leaves(new Frame(packet), port);
    else this.#leaves(frame, port);
  }

  #leaves(frame: Frame, port: number): void {
    const listener = this.#listener;
    this.#leftBy = port;
    if (listener.leaves !== undefined) listener.leaves(frame, port, this.director.now);
    else if (listener.sent !== undefined) this.#depart(frame, port);
  }

  #depart(frame: Frame, port: number): void {
    this.#departures.push({
      port,
      time: this.director.now,
      bytes: this.#copyOf(frame),
      cause: this.#cause,
      during: this.#during,
    });
  }

  #copyOf({ bytes, start, end }: Frame): Uint8Array {
    const length = end - start;
    // What waits to be told of stays where it is; a new arena takes what follows.
    if (this.#used + length > this.#arena.length) {
      this.#arena = new Uint8Array(Math.max(ARENA, length));
      this.#used = 0;
    }
    const copy = this.#arena.subarray(this.#used, this.#used + length);
    copy.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end));
    this.#used += length;
    return copy;
  }

  #frameOf(packet: PacketInPlace, port: number): Frame {
    const frame = this.#frame;
    const length = packet.end - packet.start;
    if (this.#mayBeChanged(packet)) {
      frame.bytes = packet.buffer;
      frame.view = packet.view;
      frame.reset(packet.start, packet.end);
    } else {
      frame.bytes = this.#room;
      frame.view = this.#view;
      frame.reset(HEADROOM, HEADROOM + length);
      frame.bytes.set(packet.bytes, HEADROOM);
    }
    frame.tailroom = injectedTailroom(length);
    this.#offloads.read(frame, this.director.interfaces[port]?.mtu ?? Number.POSITIVE_INFINITY);
    return frame;
  }

  /** Whether nobody reads the packet any more where it lies. Of one that is IP from its Ethernet header on, the addresses stay until it is sent. */
  #mayBeChanged({ isSpent, view, start, end }: PacketInPlace): boolean {
    if (!isSpent || this.#listener.readsArrived !== false || end - start < ETHERNET_HEADER) return false;
    const type = view.getUint16(start + ETHERNET_TYPE);
    return type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6;
  }

  /** When the first packet came, from which times count; `undefined` before. */
  get first(): Instant | undefined {
    return this.#first;
  }

  /** Frames that a network card had a part in, so far. */
  get offloads(): OffloadCounts {
    return this.#offloads.counts;
  }

  /** Time of the last packet, in microseconds since the first. */
  get last(): number {
    return this.#last;
  }

  /** The next packet, not earlier than the one before. It is borrowed. */
  packet(packet: Packet): void {
    this.#first ??= { time: packet.time, nanoseconds: packet.nanoseconds };
    const time = this.#since(this.#first, packet);
    this.#last = time;
    const lying = PacketInPlace.of(packet);
    const placement = this.#placing.place(lying);
    if (placement.kind === "arrived") this.#arrive(packet, lying, placement.port, time);
    else this.#listener.skipped(packet, placement);
  }

  #arrive(packet: Packet, lying: PacketInPlace, port: number, time: number): void {
    this.#during = packet;
    const listens = this.#listener.listensTo?.(packet) === true;
    const timers = this.#noteAll(listens);
    this.advance(time);
    this.#listener.arrives?.(lying, port);
    const frame = this.#frameOf(lying, port);
    const { segmentSize } = frame;
    const events = this.#noteAll(listens);
    this.#cause = packet;
    this.#known = undefined;
    const verdict = this.director.receive(frame, port, time);
    this.#cause = undefined;
    this.#listener.arrived({ packet, port, time, verdict, timers, events, known: this.#known, segmentSize });
    this.#tell();
    this.#during = undefined;
  }

  /** What the director tells from now on; nothing if nobody listens. */
  #noteAll(listens: boolean): readonly WalkEvent[] {
    if (listens !== this.#listens) {
      this.#listens = listens;
      this.director.trace = listens ? this.#trace : undefined;
    }
    if (!listens) return NOTHING_HEARD;
    this.#heard = [];
    return this.#heard;
  }

  /** Lets time pass up to `time`, in microseconds since the first packet. */
  advance(time: number): void {
    this.director.advance(time);
    this.#tell();
  }

  #tell(): void {
    if (this.#departures.length === 0) return;
    const departures = this.#departures;
    this.#departures = [];
    for (const departure of departures) this.#listener.sent?.(departure);
    this.#used = 0;
  }

  /** Exact: a difference of whole microseconds is small, and so has room for nanoseconds behind the point. */
  #since(first: Instant, { time, nanoseconds }: Packet): number {
    return time - first.time + (nanoseconds - first.nanoseconds) / 1000;
  }
}
