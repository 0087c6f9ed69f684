/**
 * Whether a segment lies in the window that its receiver offers, as far as someone in the middle can tell. Mirrors
 * tcp_in_window of net/netfilter/nf_conntrack_proto_tcp.c. Numbers are mod 2^32.
 */
import { ACK, RST, SYN } from "../../wire/tcp.ts";
import type { Segment } from "./segment.ts";
import { isAfter } from "./sequence-shift.ts";

/** MAXACKWINCONST. */
const LEAST_ACK_WINDOW = 66000;

/** What is known of one side by what it sent, and by what the other acknowledged (struct ip_ct_tcp_state). */
export class Side {
  /** One past the last number it sent. */
  end = 0;
  /** One past the last number it may send. */
  mayReach = 0;
  /** The largest window it offered, in bytes; 0 before it sent anything. */
  largestWindow = 0;
  highestAck: number | undefined = undefined;
  scale = 0;
  offersScale = false;
  permitsSack = false;
  /** Its history is not known: it is believed. */
  liberal = false;
  hasUnacknowledged = false;
  /** It sent the first FIN. */
  closedFirst = false;

  /** From a SYN, in either direction (tcp_init_sender). */
  begin(segment: Segment, other: Side, isReply: boolean): void {
    this.end = segment.end;
    this.mayReach = segment.end;
    this.largestWindow = segment.window || 1;
    this.readOptions(segment);
    if (isReply && !(this.offersScale && other.offersScale)) {
      this.scale = 0;
      other.scale = 0;
    }
  }

  readOptions({ windowScale, permitsSack }: Segment): void {
    this.scale = Math.max(windowScale, 0);
    this.offersScale = windowScale >= 0;
    this.permitsSack = permitsSack;
    this.highestAck = undefined;
    this.hasUnacknowledged = false;
    this.closedFirst = false;
  }
}

/** IGNORED: believed to belong to the connection, but nothing is learnt from it. */
export const IN_WINDOW = 0;
export const IGNORED = 1;
export const OUT_OF_WINDOW = 2;

export interface Passing {
  readonly segment: Segment;
  readonly isReply: boolean;
  /** The SYN of the connection has not been answered and acknowledged yet. */
  readonly isOpening: boolean;
  readonly awaitsSynAck: boolean;
  /** By how much the acknowledgement is off, because the other side's numbers are shifted on the way. */
  readonly shift: number;
}

/** Judges a segment, and learns from it if it is in the window. */
export function judge(sender: Side, receiver: Side, passing: Passing): number {
  const { segment, isReply } = passing;
  const { flags } = segment;
  const isSyn = (flags & SYN) !== 0;
  if (sender.largestWindow === 0) {
    if (!isSyn) pickUp(sender, receiver, passing);
    else sender.begin(segment, receiver, isReply);
    if (isSyn && (flags & ACK) === 0) return IN_WINDOW;
  } else if (isSyn && passing.isOpening && isAfter(segment.end, sender.end)) {
    sender.begin(segment, receiver, isReply);
    if (isReply && (flags & ACK) === 0) return IN_WINDOW;
  }
  const numbers = numbersOf(sender, receiver, passing);
  const verdict = compare(sender, receiver, numbers);
  if (verdict !== IN_WINDOW) return sender.liberal ? IN_WINDOW : verdict;
  learn(sender, receiver, segment, numbers);
  return IN_WINDOW;
}

interface Numbers {
  readonly sequence: number;
  readonly end: number;
  readonly ack: number;
  readonly sack: number;
}

function numbersOf(sender: Side, receiver: Side, { segment, shift, awaitsSynAck }: Passing): Numbers {
  const { flags, acknowledgement, highestSack } = segment;
  const ack = (acknowledgement - shift) >>> 0;
  const hasAck = (flags & ACK) !== 0 && !((flags & RST) !== 0 && ack === 0);
  // A reset in answer to a SYN has no number of its own.
  const refuses = (flags & RST) !== 0 && segment.sequence === 0 && awaitsSynAck;
  return {
    sequence: refuses ? sender.end : segment.sequence,
    end: refuses ? sender.end : segment.end,
    ack: hasAck ? ack : receiver.end,
    sack: hasAck ? (receiver.permitsSack ? highestSack - shift : ack) >>> 0 : receiver.end,
  };
}

/** In the middle of a connection of which nothing is known. */
function pickUp(sender: Side, receiver: Side, { segment, shift }: Passing): void {
  sender.end = segment.end;
  sender.largestWindow = segment.window << sender.scale || 1;
  sender.mayReach = segment.end + sender.largestWindow;
  const sack = (receiver.permitsSack ? segment.highestSack : segment.acknowledgement) - shift;
  if (receiver.largestWindow === 0) {
    receiver.end = sack;
    receiver.mayReach = sack;
  } else if (((sack - receiver.end) | 0) === 1) receiver.end++;
}

/** The four bounds: of the data, and of what is acknowledged. */
function compare(sender: Side, receiver: Side, { sequence, end, sack }: Numbers): number {
  const acksWhatWasSent = !isAfter(sack, receiver.end);
  const acksRecentData = isAfter(sack, receiver.end - Math.max(sender.largestWindow, LEAST_ACK_WINDOW) - 1);
  const isNotTooOld = isAfter(end, sender.end - receiver.largestWindow - 1);
  if (isAfter(sequence, sender.mayReach)) {
    const overshot = (end - sender.mayReach + 1) >>> 0;
    const isTolerable = receiver.largestWindow > 0 && isNotTooOld && overshot <= receiver.largestWindow;
    if (!isTolerable || !acksRecentData || !acksWhatWasSent) return OUT_OF_WINDOW;
    sender.end = end;
    sender.hasUnacknowledged = true;
    return IGNORED;
  }
  if (!acksWhatWasSent) return OUT_OF_WINDOW;
  return (receiver.largestWindow === 0 || isNotTooOld) && acksRecentData ? IN_WINDOW : IGNORED;
}

function learn(sender: Side, receiver: Side, { flags, window: field }: Segment, { end, ack, sack }: Numbers): void {
  const window = (flags & SYN) !== 0 ? field : field << sender.scale;
  sender.largestWindow = Math.max(sender.largestWindow, window + ((sack - ack) >>> 0));
  if (isAfter(end, sender.end)) {
    sender.end = end;
    sender.hasUnacknowledged = true;
  }
  if ((flags & ACK) !== 0 && (sender.highestAck === undefined || isAfter(ack, sender.highestAck)))
    sender.highestAck = ack;
  if (receiver.largestWindow !== 0 && isAfter(end, sender.mayReach)) {
    receiver.largestWindow += (end - sender.mayReach) >>> 0;
  }
  if (isAfter(sack + window, receiver.mayReach - 1)) receiver.mayReach = sack + window + (window === 0 ? 1 : 0);
  if (((ack - receiver.end) | 0) === 0) receiver.hasUnacknowledged = false;
}
