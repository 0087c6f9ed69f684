/**
 * A socket that the program takes for one of netlink. It is one end of a connection of AF_UNIX, SOCK_SEQPACKET, whose other
 * end has as its name what a sockaddr_nl of the kernel has behind the family: ten bytes of 0. So sending, receiving,
 * peeking, polling and time limits are the kernel's affair; only the family of a sender's address is another one.
 */

import { DeviceError, lastError } from "../system/errors.ts";
import {
  AF_UNIX,
  accept4,
  addressOf,
  bind,
  close,
  connect,
  errno,
  LITTLE_ENDIAN,
  listen,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  recv,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  send,
  socket,
} from "../system/libc.ts";
import { NETLINK_ADDRESS } from "./filter.ts";
import { type Identity, socketInode } from "./process.ts";

const EAGAIN = 11;
/** Names that a listener of somebody else's may hold for a moment. */
const NAMES = 1000;
const LARGEST_DATAGRAM = 1 << 17;
const buffer = new Uint8Array(LARGEST_DATAGRAM);

/** Ours to read and write, theirs to hand over and close. */
export function openPair(flags: number): { readonly ours: number; readonly theirs: number } {
  const listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  const theirs = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | (flags & SOCK_NONBLOCK), 0);
  try {
    const name = bindToZeros(listener);
    if (listen(listener, 1) < 0 || connect(theirs, addressOf(name), name.length) < 0) throw failure();
    const ours = accept4(listener, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (ours < 0) throw failure();
    return { ours, theirs };
  } catch (error) {
    close(theirs);
    throw error;
  } finally {
    close(listener);
  }
}

/** An accepted socket has its listener's name, and keeps it: any number may have one name, but one listener at a time. */
function bindToZeros(listener: number): Uint8Array {
  const name = new Uint8Array(NETLINK_ADDRESS);
  const view = new DataView(name.buffer);
  view.setUint16(0, AF_UNIX, LITTLE_ENDIAN);
  for (let attempt = 0; attempt < NAMES; attempt++) {
    // Behind the zero that makes it abstract: first the padding, then the groups, which nobody reads.
    name[3] = attempt & 0xff;
    view.setUint32(8, attempt >> 8, LITTLE_ENDIAN);
    if (bind(listener, addressOf(name), name.length) === 0) return name;
  }
  throw failure();
}

function failure(): DeviceError {
  const { code, text } = lastError();
  return new DeviceError(code, `a socket for the program: ${text}`);
}

export class NetlinkSocket {
  readonly descriptor: number;
  /** Of the program's end. */
  readonly inode: string;
  readonly owner: Identity;
  /** Its address: what answers bear, and getsockname says. 0 until the program binds it or sends. */
  port = 0;
  /** NETLINK_CAP_ACK. */
  capped = false;
  /** Answers in the order of requests. */
  turn: Promise<void> = Promise.resolve();
  /** The kernel's own generic netlink, for other families; -1 until one is asked. */
  relay = -1;
  /** Is told when there is something to receive. */
  readonly waiting: (() => void)[] = [];
  readonly #unsent: Uint8Array[] = [];

  constructor(descriptor: number, theirs: number, owner: Identity) {
    this.descriptor = descriptor;
    this.inode = socketInode("self", theirs) ?? "";
    this.owner = owner;
  }

  get hasUnsent(): boolean {
    return this.#unsent.length > 0;
  }

  /** As the kernel binds a socket that sends without an address. */
  bindItself(): number {
    if (this.port === 0) this.port = this.owner.pid;
    return this.port;
  }

  /** A datagram of the program's; `none` if it has sent no more, `closed` when its last end is gone. */
  receive(): Uint8Array | "none" | "closed" {
    const length = Number(recv(this.descriptor, addressOf(buffer), buffer.length, MSG_DONTWAIT));
    if (length > 0) return buffer.slice(0, length);
    return length < 0 && errno() === EAGAIN ? "none" : "closed";
  }

  /** Sends what its end takes: net.unix.max_dgram_qlen datagrams, some ten, wait there, and the rest here. */
  send(datagrams: readonly Uint8Array[]): void {
    this.#unsent.push(...datagrams);
    this.flush();
    if (datagrams.length > 0) for (const wake of this.waiting.splice(0)) wake();
  }

  flush(): void {
    for (let first = this.#unsent[0]; first !== undefined; first = this.#unsent[0]) {
      const sent = send(this.descriptor, addressOf(first), first.length, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (Number(sent) < 0 && errno() === EAGAIN) return;
      // Who has closed its end reads nothing more.
      this.#unsent.shift();
    }
  }

  close(): void {
    close(this.descriptor);
    if (this.relay >= 0) close(this.relay);
  }
}
