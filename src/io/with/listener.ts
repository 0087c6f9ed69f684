/** Calls that the filter has stopped, and what they are answered with (seccomp_unotify(2)). */
import { addressOf, close, ioctl, LITTLE_ENDIAN } from "../system/libc.ts";

/** SECCOMP_IOCTL_NOTIF_RECV, _SEND, _ADDFD. */
const RECEIVE = 0xc0502100;
const SEND = 0xc0182101;
const ADD_DESCRIPTOR = 0x40182103;
/** struct seccomp_notif, seccomp_notif_resp, seccomp_notif_addfd. */
const NOTIFICATION = 80;
const RESPONSE = 24;
const ADDITION = 24;
const ARGUMENTS = 6;
const CONTINUE = 1;
/** SECCOMP_ADDFD_FLAG_SEND, since Linux 5.14: the new descriptor is the answer, too. */
const AND_ANSWER = 2;
/** SECCOMP_ADDFD_FLAG_SETFD. */
const UNDER_NUMBER = 1;

export interface StoppedCall {
  /** Names the call as long as it waits. */
  readonly id: bigint;
  /** The thread. */
  readonly thread: number;
  /** Of the system call. */
  readonly number: number;
  readonly words: readonly number[];
}

export type CallAnswer =
  /** The kernel does what was asked, as if nobody had looked. */
  | { readonly kind: "go-on" }
  | { readonly kind: "value"; readonly value: number }
  | { readonly kind: "error"; readonly errno: number };

export class Listener {
  readonly descriptor: number;
  readonly #notification = new Uint8Array(NOTIFICATION);
  readonly #response = new Uint8Array(RESPONSE);
  readonly #addition = new Uint8Array(ADDITION);

  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  /** The next call; `undefined` if its thread is gone. */
  receive(): StoppedCall | undefined {
    this.#notification.fill(0);
    if (ioctl(this.descriptor, RECEIVE, addressOf(this.#notification)) < 0) return undefined;
    const view = new DataView(this.#notification.buffer);
    const word = (index: number): number => Number(view.getBigUint64(32 + 8 * index, LITTLE_ENDIAN));
    return {
      id: view.getBigUint64(0, LITTLE_ENDIAN),
      thread: view.getUint32(8, LITTLE_ENDIAN),
      number: view.getInt32(16, LITTLE_ENDIAN),
      words: Array.from({ length: ARGUMENTS }, (_, index) => word(index)),
    };
  }

  /** The thread goes on. That it has gone meanwhile is no error. */
  answer(id: bigint, answer: CallAnswer): void {
    const view = new DataView(this.#response.buffer);
    view.setBigUint64(0, id, LITTLE_ENDIAN);
    view.setBigInt64(8, BigInt(answer.kind === "value" ? answer.value : 0), LITTLE_ENDIAN);
    view.setInt32(16, answer.kind === "error" ? -answer.errno : 0, LITTLE_ENDIAN);
    view.setUint32(20, answer.kind === "go-on" ? CONTINUE : 0, LITTLE_ENDIAN);
    ioctl(this.descriptor, SEND, addressOf(this.#response));
  }

  /**
   * Answers with a copy of a descriptor of ours; false if that cannot be done. The program finds it under the number `as`, if that
   * is given: whatever it had there is closed.
   */
  answerWithDescriptor(id: bigint, descriptor: number, flags: number, as?: number): boolean {
    const view = new DataView(this.#addition.buffer);
    view.setBigUint64(0, id, LITTLE_ENDIAN);
    view.setUint32(8, as === undefined ? AND_ANSWER : AND_ANSWER | UNDER_NUMBER, LITTLE_ENDIAN);
    view.setUint32(12, descriptor, LITTLE_ENDIAN);
    view.setUint32(16, as ?? 0, LITTLE_ENDIAN);
    view.setUint32(20, flags, LITTLE_ENDIAN);
    return ioctl(this.descriptor, ADD_DESCRIPTOR, addressOf(this.#addition)) >= 0;
  }

  close(): void {
    close(this.descriptor);
  }
}
