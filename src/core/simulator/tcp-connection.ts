/**
 * A TCP connection of a simulated host: enough of RFC 9293 for one request and its answer. Data goes out as it comes, as
 * large as the path allows; what is not acknowledged is sent again, later each time. No window, no options but MSS.
 */
import type { Appointment } from "../time/agenda.ts";
import { ACK, FIN, PSH, RST, SYN, TCP_HEADER } from "../wire/tcp.ts";
import { headerOf } from "./packet.ts";
import type { Ends, SegmentFields } from "./tcp-segment.ts";

export type TcpState = "syn-sent" | "syn-received" | "established" | "fin-wait" | "last-ack" | "time-wait" | "closed";

/** Why a connection ended: both sides said all, or one of the ways to fail. `unreachable` names the ICMP error. */
export type TcpEnd =
  | { readonly kind: "closed" }
  | { readonly kind: "reset" }
  | { readonly kind: "timed-out" }
  | { readonly kind: "unreachable"; readonly icmp: string };

/** The program above a connection. */
export interface TcpProgram {
  connected?(connection: TcpConnection): void;
  data?(connection: TcpConnection, bytes: Uint8Array): void;
  /** The other side has said all that it will. */
  finished?(connection: TcpConnection): void;
  ended?(connection: TcpConnection, end: TcpEnd): void;
}

/** What a connection asks of its host. */
export interface TcpHost {
  send(ends: Ends, fields: SegmentFields): void;
  /** Bytes that a packet to the other end may have. */
  pathMtu(ends: Ends): number;
  after(delay: number, run: () => void): Appointment;
  cancel(appointment: Appointment | undefined): void;
}

/** First retransmission after this many microseconds, each further one after twice as long (RFC 6298). */
const RETRANSMIT_AFTER = 1_000_000;
/** So many in vain end the connection. */
const RETRIES = 4;
const NO_DATA = new Uint8Array(0);

export class TcpConnection {
  readonly ends: Ends;
  state: TcpState;
  /** How it ended; `undefined` while it lives. */
  end: TcpEnd | undefined;
  readonly #host: TcpHost;
  readonly #program: TcpProgram;
  /** Sequence number of our SYN; all of our own places in the stream count from it. */
  readonly #initial: number;
  #outgoing = NO_DATA;
  #unacknowledged = 0;
  #next = 0;
  #closing = false;
  /** The next sequence number that we expect. */
  #expected = 0;
  #peerMss = 536;
  #ackDue = false;
  #tries = 0;
  #timer: Appointment | undefined;

  constructor(host: TcpHost, ends: Ends, initial: number, program: TcpProgram, state: "syn-sent" | "syn-received") {
    this.#host = host;
    this.ends = ends;
    this.#initial = initial;
    this.#program = program;
    this.state = state;
  }

  // --- what the program may do

  /** Sends the SYN. */
  open(): void {
    this.#emit(SYN, NO_DATA, 0);
    this.#next = 1;
  }

  write(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.#outgoing.length + bytes.length);
    joined.set(this.#outgoing);
    joined.set(bytes, this.#outgoing.length);
    this.#outgoing = joined;
    this.#pump();
  }

  /** Says that nothing more will be written. */
  close(): void {
    this.#closing = true;
    this.#pump();
  }

  // --- sending

  /** Place of the FIN in our stream: behind the SYN and all data. */
  get #finPlace(): number {
    return 1 + this.#outgoing.length;
  }

  /** Bytes of data that fit into a packet. */
  get #room(): number {
    return this.#host.pathMtu(this.ends) - headerOf(this.ends.localAddress) - TCP_HEADER;
  }

  get #mss(): number {
    return Math.min(this.#peerMss, this.#room);
  }

  /** Sends what was not sent yet. */
  #pump(): void {
    if (this.state === "syn-sent" || this.state === "syn-received" || this.end !== undefined) return;
    while (this.#next < this.#finPlace) {
      const data = this.#outgoing.subarray(this.#next - 1, this.#next - 1 + this.#mss);
      const last = this.#next + data.length === this.#finPlace;
      this.#emit(last ? ACK | PSH : ACK, data, this.#next);
      this.#next += data.length;
    }
    if (this.#closing && this.#next === this.#finPlace) {
      this.#emit(ACK | FIN, NO_DATA, this.#next);
      this.#next++;
      this.state = this.state === "established" ? "fin-wait" : this.state;
    }
  }

  #emit(flags: number, data: Uint8Array, place: number): void {
    this.#ackDue = false;
    this.#host.send(this.ends, {
      flags,
      sequence: (this.#initial + place) >>> 0,
      acknowledgement: (flags & ACK) === 0 ? 0 : this.#expected,
      data,
      mss: (flags & SYN) === 0 ? 0 : this.#room,
    });
    if (data.length > 0 || (flags & (SYN | FIN)) !== 0) this.#startTimer();
  }

  #startTimer(): void {
    this.#host.cancel(this.#timer);
    this.#timer = this.#host.after(RETRANSMIT_AFTER * 2 ** this.#tries, () => this.#retransmit());
  }

  #retransmit(): void {
    this.#timer = undefined;
    if (this.#tries++ === RETRIES) this.fail({ kind: "timed-out" });
    else this.sendAgain();
  }

  /** Sends all that is not acknowledged once more, perhaps in smaller pieces: a path MTU was learnt, or time is up. */
  sendAgain(): void {
    if (this.end !== undefined) return;
    if (this.state === "syn-sent") this.#emit(SYN, NO_DATA, 0);
    else if (this.state === "syn-received") this.#emit(SYN | ACK, NO_DATA, 0);
    else {
      this.#next = Math.max(1, this.#unacknowledged);
      this.#pump();
    }
  }

  // --- receiving

  receive(segment: SegmentFields): void {
    if (this.end !== undefined) return;
    if ((segment.flags & RST) !== 0) this.fail({ kind: "reset" });
    else if ((segment.flags & SYN) !== 0) this.#synchronize(segment);
    else {
      if ((segment.flags & ACK) !== 0) this.#acknowledge((segment.acknowledgement - this.#initial) >>> 0);
      this.#take(segment);
    }
  }

  /** A SYN that begins the connection, or its answer. */
  #synchronize({ flags, sequence, acknowledgement, mss }: SegmentFields): void {
    this.#expected = (sequence + 1) >>> 0;
    if (mss > 0) this.#peerMss = mss;
    if (this.state === "syn-received") {
      this.#emit(SYN | ACK, NO_DATA, 0);
      this.#next = 1;
    } else if (this.state === "syn-sent" && (flags & ACK) !== 0) {
      this.state = "established";
      this.#acknowledge((acknowledgement - this.#initial) >>> 0);
      this.#emit(ACK, NO_DATA, this.#next);
      this.#program.connected?.(this);
    } else this.#emit(ACK, NO_DATA, this.#next);
  }

  #acknowledge(place: number): void {
    if (place <= this.#unacknowledged || place > this.#next) return;
    this.#unacknowledged = place;
    this.#tries = 0;
    this.#host.cancel(this.#timer);
    if (place < this.#next) this.#startTimer();
    if (this.state === "syn-received") {
      this.state = "established";
      this.#program.connected?.(this);
    } else if (this.state === "last-ack" && place > this.#finPlace) this.#finish("closed");
  }

  /** Data and FIN, in order only; anything else is answered with what we expect. */
  #take({ flags, sequence, data }: SegmentFields): void {
    const occupied = data.length + ((flags & FIN) === 0 ? 0 : 1);
    if (occupied === 0 || this.end !== undefined) return;
    this.#ackDue = true;
    if (sequence === this.#expected) {
      this.#expected = (this.#expected + occupied) >>> 0;
      if (data.length > 0) this.#program.data?.(this, data);
      if ((flags & FIN) !== 0) this.#otherSideClosed();
    }
    if (this.#ackDue) this.#emit(ACK, NO_DATA, this.#next);
  }

  #otherSideClosed(): void {
    this.#program.finished?.(this);
    if (this.state === "fin-wait") {
      this.#emit(ACK, NO_DATA, this.#next);
      this.#finish("time-wait");
    } else {
      this.state = "last-ack";
      this.close();
    }
  }

  // --- the end

  #finish(state: "closed" | "time-wait"): void {
    this.state = state;
    this.#conclude({ kind: "closed" });
  }

  /** The connection ends without having been closed. */
  fail(end: TcpEnd): void {
    if (this.end !== undefined) return;
    this.state = "closed";
    this.#conclude(end);
  }

  #conclude(end: TcpEnd): void {
    this.end = end;
    this.#host.cancel(this.#timer);
    this.#program.ended?.(this, end);
  }
}
