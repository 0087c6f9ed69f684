/**
 * Answers the calls that a program's filter stops, and the datagrams that it sends. One poll waits for all of them, in a
 * thread of libuv's; everything else runs here. A call is always answered: whoever waits for one is stuck.
 */
import { errorMessage, readMessages, setPort } from "../../core/netlink/messages.ts";
import {
  addressOf,
  close,
  eventfd,
  LITTLE_ENDIAN,
  O_CLOEXEC,
  O_NONBLOCK,
  POLLHUP,
  POLLIN,
  POLLOUT,
  pollLater,
  read,
  write,
} from "../system/libc.ts";
import { answerCall } from "./calls.ts";
import type { FamilyServer } from "./family-server.ts";
import { Listener } from "./listener.ts";
import type { NetlinkSocket } from "./netlink-socket.ts";
import { fromKernel, isForFamily, toKernel } from "./relay.ts";
import type { OpenSwitch } from "./switches.ts";

/** struct pollfd: descriptor, events wanted, events found. */
const POLLFD = 8;
const WANTED = 4;
const FOUND = 6;

const ECONNREFUSED = 111;

export interface Supervised {
  readonly family: FamilyServer;
  /** A request was answered: for those who tell what the program did. */
  readonly heard: (datagram: Uint8Array, replies: readonly Uint8Array[]) => void;
  /** Nobody answers for the family; its sender is told ECONNREFUSED. */
  readonly failed: (error: unknown) => void;
  /** A value was refused after its writer had gone on. */
  readonly warn: (message: string) => void;
  /** No process has the filter any more. */
  readonly over: () => void;
}

export class Supervisor {
  readonly listener: Listener;
  /** By the inode of the program's end: copies by dup(2) and fork(2) are the same socket. */
  readonly sockets = new Map<string, NetlinkSocket>();
  /** Those that a program has open to write, by the inode of their pipe. */
  readonly switches = new Map<string, OpenSwitch>();
  readonly family: FamilyServer;
  readonly #supervised: Supervised;
  readonly #wake = eventfd(0, O_NONBLOCK | O_CLOEXEC);
  readonly #one = new Uint8Array(BigUint64Array.of(1n).buffer);
  readonly #drained = new Uint8Array(8);

  constructor(listener: number, supervised: Supervised) {
    this.listener = new Listener(listener);
    this.#supervised = supervised;
    this.family = supervised.family;
  }

  /** Waits for what comes next, does it, and waits again, until nobody has the filter. */
  run(): void {
    const sockets = [...this.sockets.values()];
    const relayed = sockets.filter(({ relay }) => relay >= 0);
    const switches = [...this.switches.values()];
    const watched = [
      { descriptor: this.listener.descriptor, wanted: POLLIN },
      { descriptor: this.#wake, wanted: POLLIN },
      ...sockets.map((one) => ({ descriptor: one.descriptor, wanted: one.hasUnsent ? POLLIN | POLLOUT : POLLIN })),
      ...relayed.map(({ relay }) => ({ descriptor: relay, wanted: POLLIN })),
      ...switches.map(({ descriptor }) => ({ descriptor, wanted: POLLIN })),
    ];
    const polled = new DataView(new ArrayBuffer(watched.length * POLLFD));
    for (const [index, { descriptor, wanted }] of watched.entries()) {
      polled.setInt32(index * POLLFD, descriptor, LITTLE_ENDIAN);
      polled.setInt16(index * POLLFD + WANTED, wanted, LITTLE_ENDIAN);
    }
    const found = (index: number): number => polled.getInt16(index * POLLFD + FOUND, LITTLE_ENDIAN);
    pollLater(addressOf(new Uint8Array(polled.buffer)), watched.length, -1, () => {
      read(this.#wake, addressOf(this.#drained), this.#drained.length);
      for (const [index, one] of sockets.entries()) this.#attend(one, found(2 + index));
      for (const [index, one] of relayed.entries()) {
        if (found(2 + sockets.length + index) !== 0 && this.#isOpen(one)) one.send(fromKernel(one));
      }
      for (const [index, one] of switches.entries()) {
        if (found(2 + sockets.length + relayed.length + index) !== 0) this.takeWritten(one);
      }
      if ((found(0) & POLLIN) !== 0) this.#answerCall();
      else if ((found(0) & POLLHUP) !== 0) return this.#end();
      this.run();
    });
  }

  /** Whether it still is what it was: numbers of descriptors and inodes come again. */
  #isOpen(one: NetlinkSocket): boolean {
    return this.sockets.get(one.inode) === one;
  }

  #attend(one: NetlinkSocket, found: number): void {
    if (!this.#isOpen(one)) return;
    if ((found & POLLOUT) !== 0) one.flush();
    if ((found & ~POLLOUT) !== 0) this.takeRequests(one);
  }

  /** What the program has sent, read at once and answered in its order. */
  takeRequests(one: NetlinkSocket): void {
    for (let datagram = one.receive(); datagram !== "none"; datagram = one.receive()) {
      if (datagram === "closed") {
        this.sockets.delete(one.inode);
        one.close();
        return;
      }
      one.bindItself();
      const request = datagram;
      one.turn = one.turn.then(() => this.#answer(one, request));
    }
  }

  async #answer(one: NetlinkSocket, request: Uint8Array): Promise<void> {
    // What the kernel may not be asked is refused by the family, which knows of no other.
    if (!isForFamily(request) && toKernel(one, request)) return this.wake();
    try {
      const replies = await this.family.answer(request, one.capped);
      this.#supervised.heard(request, replies);
      this.#reply(one, replies);
    } catch (error) {
      this.#supervised.failed(error);
      // A socket that is closed would be read again and again by some.
      this.#reply(
        one,
        readMessages(request).map((message) => errorMessage(message, ECONNREFUSED, one.capped)),
      );
    }
  }

  /** What was written to a switch, and what is said of it, in its order. */
  takeWritten(one: OpenSwitch): void {
    for (let text = one.taken(); text !== "none"; text = one.taken()) {
      if (text === "closed") {
        this.switches.delete(one.inode);
        close(one.descriptor);
        return;
      }
      const value = text.trim();
      one.turn = one.turn.then(async () => {
        const refusal = await this.family.setSwitch(one.name, value);
        if (refusal !== undefined) this.#supervised.warn(refusal);
      });
      one.turn = one.turn.catch((error: unknown) => this.#supervised.failed(error));
    }
  }

  /** Answers bear the socket's port, whatever the request says: Go leaves 0 there, and looks. */
  #reply(one: NetlinkSocket, replies: readonly Uint8Array[]): void {
    if (!this.#isOpen(one)) return;
    for (const reply of replies) setPort(reply, one.port);
    one.send(replies);
    this.wake();
  }

  /** The poll looks anew at what it is to wait for. */
  wake(): void {
    write(this.#wake, addressOf(this.#one), this.#one.length);
  }

  #answerCall(): void {
    const call = this.listener.receive();
    if (call === undefined) return;
    const answer = answerCall(this, call);
    if (answer !== undefined) this.listener.answer(call.id, answer);
  }

  #end(): void {
    for (const one of this.sockets.values()) one.close();
    for (const { descriptor } of this.switches.values()) close(descriptor);
    this.listener.close();
    close(this.#wake);
    this.#supervised.over();
  }
}
