/** Feeds the packets of a capture to a director, by the capture's clock, and hears what it sends. */
import { LARGEST_PACKET, type Packet } from "../capture/packet.ts";
import type { HostConfig } from "../host/config/config.ts";
import { Director } from "../host/director.ts";
import { injectedTailroom } from "../host/fragments/pieces.ts";
import type { Trace, WalkEvent } from "../trace/events.ts";
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
  /** Of a frame that the recording host had merged: payload bytes that each of its packets is taken to have; 0 for others. */
  readonly segmentSize: number;
}

/** A frame that the director sent. */
export interface Departure {
  readonly port: number;
  /** Microseconds since the first packet of the capture. */
  readonly time: number;
  /** Borrowed until the listener returns; empty if it does not read what is sent. */
  readonly bytes: Uint8Array;
  /** Bytes of the frame. */
  readonly length: number;
  /** The packet it was sent because of; `undefined` if a timer had it sent. */
  readonly cause: Packet | undefined;
  /** The packet up to which the run has come; `undefined` behind the last. */
  readonly during: Packet | undefined;
}

/** Who hears of a run. What an arrival had sent follows it. */
export interface RunListener {
  arrived(arrival: Arrival): void;
  sent(departure: Departure): void;
  /** A packet that was not put into the director. */
  skipped(packet: Packet, placement: Exclude<Placement, { kind: "arrived" }>): void;
  /** Whether the walk of this packet, and what timers do up to it, is to be noted. */
  listensTo?(packet: Packet): boolean;
  /** Whether a walk that is noted ends with its causes, which take longer to find than the walk; if absent, it does. */
  readonly wantsCauses?: boolean;
  /** Whether it looks into what is sent, which has to be copied for it; if absent, it does. */
  readonly readsSent?: boolean;
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
const UNREAD = new Uint8Array(0);

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
  #cause: Packet | undefined;
  #during: Packet | undefined;
  #first: Packet | undefined;
  #last = 0;

  constructor(config: HostConfig, listener: RunListener, options: RunOptions = {}) {
    this.#listener = listener;
    this.#trace = { add: (event) => this.#heard.push(event), wantsCauses: listener.wantsCauses ?? true };
    this.#offloads = new RecordedOffloads(options.offloads ?? "auto");
    this.director = new Director(config, { ...options, link: { send: (frame, port) => this.#keep(frame, port) } });
    this.#placing = new Placing(this.director, config.interfaces);
    this.director.neighbors.presumesAnswers = true;
    this.director.advance(0);
    if (listener.listensTo !== undefined && listener.wantsCauses !== false) this.director.remember();
  }

  #keep(frame: Frame, port: number): void {
    if (this.#offloads.counts.merged > 0) this.#offloads.heard(frame);
    // What the director makes itself stays as its kernel hands it to a card, unless the recording shows that there was one.
    if (this.#offloads.any && (frame.checksumStart !== 0 || frame.segmentSize !== 0))
      for (const packet of wirePackets(frame)) this.#depart(packet, packet.length, port);
    else this.#depart(this.#listener.readsSent === false ? UNREAD : this.#copyOf(frame), frame.length, port);
  }

  #depart(bytes: Uint8Array, length: number, port: number): void {
    this.#departures.push({
      port,
      time: this.director.now,
      bytes,
      length,
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

  #frameOf({ bytes }: Packet, port: number): Frame {
    const frame = this.#frame;
    frame.bytes = this.#room;
    frame.view = this.#view;
    frame.reset(HEADROOM, HEADROOM + bytes.length);
    frame.bytes.set(bytes, HEADROOM);
    frame.tailroom = injectedTailroom(bytes.length);
    this.#offloads.read(frame, this.director.interfaces[port]?.mtu ?? Number.POSITIVE_INFINITY);
    return frame;
  }

  /** The packet from which times count; `undefined` before it came. */
  get first(): Packet | undefined {
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

  /** The next packet, not earlier than the one before. Its bytes are borrowed. */
  packet(packet: Packet): void {
    this.#first ??= packet;
    const time = this.#since(this.#first, packet);
    this.#last = time;
    const placement = this.#placing.place(packet);
    if (placement.kind === "arrived") this.#arrive(packet, placement.port, time);
    else this.#listener.skipped(packet, placement);
  }

  #arrive(packet: Packet, port: number, time: number): void {
    this.#during = packet;
    const listens = this.#listener.listensTo?.(packet) === true;
    const timers = this.#noteAll(listens);
    this.advance(time);
    const frame = this.#frameOf(packet, port);
    const { segmentSize } = frame;
    const events = this.#noteAll(listens);
    this.#cause = packet;
    const verdict = this.director.receive(frame, port, time);
    this.#cause = undefined;
    this.#listener.arrived({ packet, port, time, verdict, timers, events, segmentSize });
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
    for (const departure of departures) this.#listener.sent(departure);
    this.#used = 0;
  }

  /** Exact: a difference of whole microseconds is small, and so has room for nanoseconds behind the point. */
  #since(first: Packet, { time, nanoseconds }: Packet): number {
    return time - first.time + (nanoseconds - first.nanoseconds) / 1000;
  }
}
