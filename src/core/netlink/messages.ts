/** Netlink messages: headers, and those that every family answers with (RFC 3549; net/netlink/af_netlink.c, genetlink.c). */
import { align } from "./attributes.ts";
import { type Errno, SUCCESS } from "./errno.ts";
import { Writer } from "./writer.ts";

/** struct nlmsghdr: length, type, flags, sequence, port. */
export const MESSAGE_HEADER = 16;
const TYPE = 4;
const FLAGS = 6;
const SEQUENCE = 8;
const PORT = 12;
/** struct genlmsghdr: command, version, two bytes of nothing. */
export const GENERIC_HEADER = 4;

/** NLM_F_*. */
export const REQUEST = 0x1;
export const MULTI = 0x2;
export const ACK = 0x4;
export const DUMP = 0x300;
const CAPPED = 0x100;

/** Types below are for control, none of a family (NLMSG_MIN_TYPE). */
export const FIRST_FAMILY = 16;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;

export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly port: number;
  /** The whole message, its header included. */
  readonly bytes: Uint8Array;
}

export const asksForDump = ({ flags }: Message): boolean => (flags & DUMP) === DUMP;

/** The messages of a datagram, up to the first whose length cannot be (netlink_rcv_skb). */
export function readMessages(datagram: Uint8Array): Message[] {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const messages: Message[] = [];
  for (let at = 0; at + MESSAGE_HEADER <= datagram.length; ) {
    const length = view.getUint32(at, true);
    if (length < MESSAGE_HEADER || at + length > datagram.length) break;
    messages.push({
      type: view.getUint16(at + TYPE, true),
      flags: view.getUint16(at + FLAGS, true),
      sequence: view.getUint32(at + SEQUENCE, true),
      port: view.getUint32(at + PORT, true),
      bytes: datagram.subarray(at, at + length),
    });
    at += align(length);
  }
  return messages;
}

/** The command of a generic netlink message; `undefined` if it is too short to have one. */
export const commandOf = ({ bytes }: Message): number | undefined =>
  bytes.length < MESSAGE_HEADER + GENERIC_HEADER ? undefined : bytes[MESSAGE_HEADER];

/** Behind the headers. */
export const attributeBytes = ({ bytes }: Message): Uint8Array => bytes.subarray(MESSAGE_HEADER + GENERIC_HEADER);

/** A generic netlink message that answers another one. */
export interface Reply {
  readonly command: number;
  /** Of the family. */
  readonly version: number;
  readonly write: (writer: Writer) => void;
}

export function replyMessage(to: Message, { command, version, write }: Reply, flags: number): Uint8Array {
  return message(to, to.type, flags, (writer) => {
    const at = writer.reserve(GENERIC_HEADER);
    writer.setBytes(at, Uint8Array.of(command, version));
    write(writer);
  });
}

/**
 * NLMSG_ERROR: an acknowledgement, or a refusal with the whole request behind it (netlink_ack). `capped`: the socket wants
 * its header only (NETLINK_CAP_ACK).
 */
export function errorMessage(to: Message, errno: Errno, capped = false): Uint8Array {
  const whole = errno !== SUCCESS && !capped;
  const quoted = whole ? to.bytes : to.bytes.subarray(0, MESSAGE_HEADER);
  return message(to, NLMSG_ERROR, whole ? 0 : CAPPED, (writer) => {
    const at = writer.reserve(4 + quoted.length);
    writer.setU32(at, -errno);
    writer.setBytes(at + 4, quoted);
  });
}

/** The end of a dump. */
export const doneMessage = (to: Message): Uint8Array =>
  message(to, NLMSG_DONE, MULTI, (writer) => writer.setU32(writer.reserve(4), 0));

function message(to: Message, type: number, flags: number, write: (writer: Writer) => void): Uint8Array {
  const writer = new Writer();
  writer.reserve(MESSAGE_HEADER);
  write(writer);
  writer.setU32(0, writer.length);
  writer.setU16(TYPE, type);
  writer.setU16(FLAGS, flags);
  writer.setU32(SEQUENCE, to.sequence);
  writer.setU32(PORT, to.port);
  return writer.take();
}

/** The error number that a datagram of the kernel's tells of; `undefined` if its first message is no NLMSG_ERROR. */
export function errorOf(datagram: Uint8Array): Errno | undefined {
  const [first] = readMessages(datagram);
  if (first?.type !== NLMSG_ERROR || first.bytes.length < MESSAGE_HEADER + 4) return undefined;
  return -new DataView(first.bytes.buffer, first.bytes.byteOffset).getInt32(MESSAGE_HEADER, true);
}

/** Gives all messages of a datagram the port of the socket that it is for, as the kernel does whatever the request said. */
export function setPort(datagram: Uint8Array, port: number): void {
  for (const { bytes } of readMessages(datagram)) {
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(PORT, port, true);
  }
}
