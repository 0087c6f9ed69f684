/**
 * A TCP connection as connection tracking follows it beside IPVS. It decides whether a packet counts as part of the connection:
 * only then are its sequence numbers shifted and its text rewritten. Mirrors net/netfilter/nf_conntrack_proto_tcp.c, with
 * its default switches (tcp_loose 1, tcp_be_liberal 0).
 * differs: simultaneous opens and challenge ACKs (RFC 5961) in LAST_ACK are not told from other segments.
 */
import type { Microseconds } from "../../time/kernel-ticks.ts";
import { ACK } from "../../wire/tcp.ts";
import { KIND_ACK, KIND_FIN, KIND_RST, KIND_SYN, KIND_SYN_ACK, type Segment } from "./segment.ts";
import { isAfter, SequenceShift } from "./sequence-shift.ts";
import { IN_WINDOW, judge, OUT_OF_WINDOW, Side } from "./window.ts";

const SECOND = 1_000_000;

const NAMES: readonly string[] = ["NO", "SS", "SR", "ES", "FW", "CW", "LA", "TW", "CL", "S2", "IG", "IV"];
const state = (name: string): number => NAMES.indexOf(name);
const NONE = state("NO");
const SYN_SENT = state("SS");
const SYN_RECV = state("SR");
const ESTABLISHED = state("ES");
const FIN_WAIT = state("FW");
const TIME_WAIT = state("TW");
const CLOSE = state("CL");
/** The packet is believed, but changes nothing. */
const IGNORE = state("IG");
const INVALID = state("IV");
const STATES = 10;
const KINDS = 5;

// Columns: the present state, in the order of NAMES. Rows: syn, syn-ack, fin, ack, rst.
const TABLE = Uint8Array.from(
  `
  SS SS IG IG IG IG IG SS SS S2
  IV IV SR IV IV IV IV IV IV SR
  IV IV FW FW LA LA LA TW CL IV
  ES IV ES ES CW CW TW TW CL IV
  IV CL CL CL CL CL CL CL CL CL

  IV S2 IV IV IV IV IV SS IV S2
  IV SR IG IG IG IG IG IG IG SR
  IV IV FW FW LA LA LA TW CL IV
  IV IG SR ES CW CW TW TW CL IG
  IV CL CL CL CL CL CL CL CL CL`
    .trim()
    .split(/\s+/),
  state,
);

/** Seconds by state, and while data waits for its acknowledgement, or is sent again and again. */
const SECONDS: readonly number[] = [0, 120, 60, 432_000, 120, 60, 30, 120, 10, 120];
const SECONDS_UNACKNOWLEDGED = 300;
const MOST_RETRANSMISSIONS = 3;

export class TcpTracking {
  /** Numbers of data from the client (in) and from the server (out), as they are shifted for the other side. */
  readonly inShift = new SequenceShift();
  readonly outShift = new SequenceShift();
  readonly #clientIsOriginal: boolean;
  /** Who sent the first segment, and who answers. */
  readonly #sides: readonly [Side, Side] = [new Side(), new Side()];
  #period: number;
  #state = NONE;
  #expires = 0;
  #answered = false;
  #lastKind = -1;
  #lastIsReply = false;
  #lastEnd = 0;
  #lastAck = 0;
  #last = "";
  #retransmissions = 0;

  private constructor(clientIsOriginal: boolean, period: number) {
    this.#clientIsOriginal = clientIsOriginal;
    this.#period = period;
  }

  /** A connection that begins with this segment, in the `period`-th time that tracking works: a SYN, or an ACK in the middle of one; `undefined` for others (tcp_new). */
  static begin(segment: Segment, fromClient: boolean, period: number, now: Microseconds): TcpTracking | undefined {
    if (segment.kind !== KIND_SYN && segment.kind !== KIND_ACK) return undefined;
    const tracking = new TcpTracking(fromClient, period);
    const [original, reply] = tracking.#sides;
    original.begin(segment, reply, false);
    if (segment.kind === KIND_ACK) {
      original.mayReach += original.largestWindow;
      for (const side of tracking.#sides) {
        side.liberal = true;
        side.permitsSack = true;
      }
    }
    tracking.accepts(segment, fromClient, now);
    return tracking;
  }

  /**
   * If tracking was off and works again, in its `period`-th time, an open connection's windows are found out anew
   * (nf_conntrack_proto.c: nf_ct_tcp_fixup).
   */
  resume(period: number): void {
    if (period === this.#period) return;
    this.#period = period;
    if (this.#state === ESTABLISHED) for (const side of this.#sides) side.largestWindow = 0;
  }

  hasExpired(now: Microseconds): boolean {
    return now >= this.#expires;
  }

  /**
   * Whether the segment counts as part of the connection. `now` in microseconds. "again": the connection is over, and the
   * segment begins another one (nf_conntrack_tcp_packet).
   */
  accepts(segment: Segment, fromClient: boolean, now: Microseconds): boolean | "again" {
    const isReply = fromClient !== this.#clientIsOriginal;
    const before = this.#state;
    const after = TABLE[((isReply ? KINDS : 0) + segment.kind) * STATES + before] ?? INVALID;
    if (after === INVALID) return false;
    if (after === SYN_SENT && before >= TIME_WAIT && this.#mayReopen(isReply)) return "again";
    if (after === IGNORE || (after === SYN_SENT && before >= TIME_WAIT)) {
      if (!this.#synchronizes(segment, isReply)) return this.#ignore(segment, isReply);
      return this.#judge(segment, isReply, SYN_SENT, SYN_RECV, now);
    }
    if (after === CLOSE && segment.kind === KIND_RST) return this.#reset(segment, isReply, before, now);
    return this.#judge(segment, isReply, before, after, now);
  }

  #mayReopen(isReply: boolean): boolean {
    const aborted = this.#lastIsReply === isReply && this.#lastKind === KIND_RST;
    return aborted || this.#sides.some(({ closedFirst }) => closedFirst);
  }

  /** A SYN-ACK that answers a SYN which was ignored before. */
  #synchronizes({ kind, acknowledgement }: Segment, isReply: boolean): boolean {
    const answers =
      kind === KIND_SYN_ACK &&
      this.#lastKind === KIND_SYN &&
      this.#lastIsReply !== isReply &&
      ((acknowledgement - this.#lastEnd) | 0) === 0;
    if (!answers) return false;
    const other = this.#side(!isReply);
    other.end = this.#lastEnd;
    other.mayReach = this.#lastEnd;
    this.#side(isReply).largestWindow = 0;
    return true;
  }

  #ignore(segment: Segment, isReply: boolean): true {
    this.#lastKind = segment.kind;
    this.#lastIsReply = isReply;
    this.#lastEnd = segment.end;
    if (segment.kind === KIND_ACK && isReply) this.#lastAck = segment.acknowledgement;
    return true;
  }

  /** A reset must be at least as new as what its receiver acknowledged; on an open connection only an exact one closes. */
  #reset(segment: Segment, isReply: boolean, before: number, now: Microseconds): boolean {
    if (before >= FIN_WAIT && before <= CLOSE) return this.#take(segment, isReply, before, CLOSE, now);
    const acknowledged = this.#side(!isReply).highestAck;
    let after = CLOSE;
    if (acknowledged !== undefined && this.#lastKind !== KIND_SYN) {
      const { sequence } = segment;
      if (sequence !== 0 || before === ESTABLISHED) {
        if (isAfter(acknowledged, sequence)) return false;
        const follows =
          this.#lastKind === KIND_ACK && this.#lastIsReply === isReply && ((sequence - this.#lastEnd) | 0) === 0;
        if (before === ESTABLISHED && ((sequence - acknowledged) | 0) !== 0 && !follows) after = before;
      }
    }
    const answersIgnored = before === SYN_SENT && this.#lastKind === KIND_ACK && this.#lastIsReply;
    if (answersIgnored && ((segment.sequence - this.#lastAck) | 0) === 0)
      return this.#take(segment, isReply, before, after, now);
    return this.#judge(segment, isReply, before, after, now);
  }

  #judge(segment: Segment, isReply: boolean, before: number, after: number, now: Microseconds): boolean {
    const sender = this.#side(isReply);
    const other = isReply === this.#clientIsOriginal ? this.inShift : this.outShift;
    const verdict = judge(sender, this.#side(!isReply), {
      segment,
      isReply,
      isOpening: this.#state === SYN_SENT || this.#state === SYN_RECV,
      awaitsSynAck: this.#state === SYN_SENT,
      shift: (segment.flags & ACK) === 0 ? 0 : other.of(segment.acknowledgement - 1),
    });
    if (verdict === OUT_OF_WINDOW) return this.#noteInvalid(segment, isReply);
    if (verdict !== IN_WINDOW) return true;
    if (segment.kind === KIND_ACK) this.#countRetransmissions(segment, isReply);
    return this.#take(segment, isReply, before, after, now);
  }

  #noteInvalid({ kind }: Segment, isReply: boolean): false {
    if (kind === KIND_RST || kind === KIND_FIN) {
      this.#lastKind = kind;
      this.#lastIsReply = isReply;
    }
    return false;
  }

  #countRetransmissions({ sequence, acknowledgement, end, window }: Segment, isReply: boolean): void {
    const text = `${isReply} ${sequence} ${acknowledgement} ${end} ${window}`;
    this.#retransmissions = text === this.#last ? this.#retransmissions + 1 : 0;
    this.#last = text;
    this.#lastEnd = end;
  }

  #take({ kind }: Segment, isReply: boolean, before: number, after: number, now: Microseconds): true {
    this.#lastKind = kind;
    this.#lastIsReply = isReply;
    this.#state = after;
    if (before !== after && after === FIN_WAIT) this.#side(isReply).closedFirst = true;
    // A SYN that is sent again does not keep the entry alive, a reset before any answer ends it at once.
    if (isReply) this.#answered = true;
    if (!this.#answered && kind === KIND_RST) this.#expires = now;
    else if (this.#answered || kind !== KIND_SYN || before !== SYN_SENT)
      this.#expires = now + this.#seconds(kind) * SECOND;
    return true;
  }

  #seconds(kind: number): number {
    const seconds = SECONDS[this.#state] ?? 0;
    if (kind === KIND_RST) return SECONDS[CLOSE] ?? 0;
    const waits =
      this.#retransmissions >= MOST_RETRANSMISSIONS || this.#sides.some(({ hasUnacknowledged }) => hasUnacknowledged);
    const pickedUp = !this.#answered && this.#state === ESTABLISHED;
    return waits || pickedUp ? Math.min(seconds, SECONDS_UNACKNOWLEDGED) : seconds;
  }

  #side(isReply: boolean): Side {
    return this.#sides[isReply ? 1 : 0];
  }
}
