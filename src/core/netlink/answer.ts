/**
 * Generic netlink as the kernel speaks it, as far as the family IPVS goes: a datagram in, datagrams out
 * (net/netlink/af_netlink.c: netlink_rcv_skb, netlink_ack; genetlink.c: genl_rcv_msg).
 */
import { DEFAULT_TABLE_SIZE } from "../control/environment.ts";
import type { VirtualServer } from "../ipvs/virtual-server.ts";
import { CHANGES } from "./commands.ts";
import { CONTROLLER, runControllerRequest } from "./controller.ts";
import { EBUSY, ENOENT, SUCCESS } from "./errno.ts";
import { type FamilyOptions, type Outcome, runRequest } from "./family.ts";
import {
  ACK,
  commandOf,
  doneMessage,
  errorMessage,
  errorOf,
  FIRST_FAMILY,
  type Message,
  MULTI,
  REQUEST,
  readMessages,
  replyMessage,
} from "./messages.ts";

/** The family's number: the last one that there is, for the kernel gives out small ones (GENL_MAX_ID). */
export const IPVS_FAMILY = 1023;

/** Every reader has room for as much in a datagram; the kernel fills what its reader offers. */
const LARGEST_DATAGRAM = 4096;

export interface AnswerOptions {
  readonly server: VirtualServer;
  /** IPVS_FAMILY by default. */
  readonly family?: number;
  /** `false` for a caller without CAP_NET_ADMIN. */
  readonly mayChange?: boolean;
  /** The socket wants the header only of requests that are refused (NETLINK_CAP_ACK). */
  readonly capped?: boolean;
  readonly connectionTableSize?: number;
}

/**
 * What the kernel would send back, datagram by datagram. Whatever the bytes are, it never throws. As long as a dump goes on
 * a socket can begin no other (af_netlink.c: __netlink_dump_start): here those of one datagram.
 */
export function answerDatagram(datagram: Uint8Array, options: AnswerOptions): Uint8Array[] {
  const sent: Uint8Array[] = [];
  let dumping = false;
  for (const message of readMessages(datagram)) {
    const outcome = isRequest(message) ? outcomeOf(message, options) : NOTHING_DONE;
    if (outcome.kind === "dump" && dumping) {
      sent.push(errorMessage(message, EBUSY, options.capped));
      continue;
    }
    const datagrams = datagramsOf(message, outcome, options);
    dumping ||= outcome.kind === "dump" && datagrams.length > ONE_WITH_ITS_END;
    sent.push(...datagrams);
  }
  return sent;
}

/** Whether a datagram, with these answers to it, has changed the tables: it asked for a change that was not refused. */
export function changesTables(datagram: Uint8Array, answers: readonly Uint8Array[], family = IPVS_FAMILY): boolean {
  const refusals = answers.filter((answer) => (errorOf(answer) ?? SUCCESS) !== SUCCESS);
  const refused = new Set(refusals.flatMap(readMessages).map(({ sequence }) => sequence));
  return readMessages(datagram).some(
    (message) => message.type === family && CHANGES.has(commandOf(message) ?? 0) && !refused.has(message.sequence),
  );
}

/** A datagram of what is listed, and the one that ends the dump. */
const ONE_WITH_ITS_END = 2;
/** What is no request, or for control only, is acknowledged if that is wished. */
const NOTHING_DONE: Outcome = { kind: "done", answers: [] };

const isRequest = ({ flags, type }: Message): boolean => (flags & REQUEST) !== 0 && type >= FIRST_FAMILY;

function datagramsOf(message: Message, outcome: Outcome, options: AnswerOptions): Uint8Array[] {
  switch (outcome.kind) {
    case "refused":
      return [errorMessage(message, outcome.errno, options.capped)];
    case "done": {
      const replies = outcome.answers.map((reply) => replyMessage(message, reply, 0));
      return (message.flags & ACK) === 0 ? replies : [...replies, errorMessage(message, SUCCESS)];
    }
    case "dump": {
      const listed = outcome.answers.map((reply) => replyMessage(message, reply, MULTI));
      return [...packed(listed), doneMessage(message)];
    }
  }
}

function outcomeOf(message: Message, options: AnswerOptions): Outcome {
  const { server, family = IPVS_FAMILY, mayChange, connectionTableSize = DEFAULT_TABLE_SIZE } = options;
  if (message.type === CONTROLLER) return runControllerRequest(message, family);
  if (message.type !== family) return { kind: "refused", errno: ENOENT };
  const forFamily: FamilyOptions = { server, connectionTableSize, ...(mayChange !== undefined && { mayChange }) };
  return runRequest(message, forFamily);
}

/** Messages put together in as few datagrams as may be, in order. */
function packed(messages: readonly Uint8Array[]): Uint8Array[] {
  const datagrams: Uint8Array[] = [];
  let room: Uint8Array[] = [];
  let size = 0;
  for (const message of messages) {
    if (size > 0 && size + message.length > LARGEST_DATAGRAM) {
      datagrams.push(joined(room, size));
      room = [];
      size = 0;
    }
    room.push(message);
    size += message.length;
  }
  if (size > 0) datagrams.push(joined(room, size));
  return datagrams;
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
