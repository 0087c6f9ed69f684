/**
 * io_uring(7): reads and writes that the kernel is handed many at a time, in one call. Only what completes at once or fails:
 * nothing is under way between two calls, so that neither memory nor order needs a thought.
 *
 *   entries (struct io_uring_sqe)     what is to be done; an entry stays as it is until it is changed
 *   submission queue                  numbers of entries, in the order in which they are to be done
 *   completion queue                  numbers of entries, and their results
 */
import { DeviceError, errorText, lastError } from "./errors.ts";
import { addressOf, close, MAP_POPULATE, MAP_SHARED, memoryAt, mmap, PROT_READ, PROT_WRITE, syscall } from "./libc.ts";

const IO_URING_SETUP = 425;
const IO_URING_ENTER = 426;

/** struct io_uring_params (include/uapi/linux/io_uring.h) in words of 32 bits, as all that follows. */
const PARAMETERS = 30;
const CQ_ENTRIES = 1;
const FEATURES = 5;
const SQ_HEAD = 10;
const SQ_TAIL = 11;
const SQ_ARRAY = 16;
const CQ_HEAD = 20;
const CQ_TAIL = 21;
const CQES = 25;
const FEAT_SINGLE_MMAP = 1 << 0;
/** Linux 5.17. */
const FEAT_CQE_SKIP = 1 << 11;
/** Where in the ring's file the entries lie; the queues lie at 0. */
const OFF_SQES = 0x1000_0000;

/** struct io_uring_sqe: operation and flags are the first two bytes. */
const SQE = 16;
const FILE = 1;
const ADDRESS = 4;
const LENGTH = 6;
const RW_FLAGS = 7;
const USER_DATA = 8;
/** struct io_uring_cqe: the entry's user data, and the result. */
const CQE = 4;
const RESULT = 2;

const READ = 22;
const WRITE = 23;
const CQE_SKIP_SUCCESS = 1 << 6;
/** What would have to wait fails with EAGAIN, instead of being given to a thread. */
const RWF_NOWAIT = 8;

const WORD = 4;
const BEYOND_A_WORD = 2 ** 32;
/** The kernel is short of something, and may not be next time. */
const PASSING: ReadonlySet<string> = new Set(["EINTR", "EAGAIN", "EBUSY", "ENOMEM"]);

export class Ring {
  /** What `next` found: the entry, and its result, which is a count of bytes or a negative error number. */
  entry = 0;
  result = 0;
  readonly #descriptor: number;
  readonly #entries: Uint32Array;
  readonly #queues: Int32Array;
  readonly #mask: number;
  readonly #completionMask: number;
  // Where in the queues these lie.
  readonly #head: number;
  readonly #tail: number;
  readonly #array: number;
  readonly #completionHead: number;
  readonly #completionTail: number;
  readonly #completions: number;
  /** Entries that were queued since the beginning, and those that the kernel knows of. */
  #queued = 0;
  #submitted = 0;

  /** `count` is a power of two. Throws DeviceError where there is no io_uring, or an old one, or it is forbidden. */
  constructor(count: number) {
    const parameters = new Uint32Array(PARAMETERS);
    const word = (index: number): number => parameters[index] ?? 0;
    this.#descriptor = syscall(IO_URING_SETUP, count, addressOf(parameters), 0, 0);
    if (this.#descriptor < 0) throw refusal(lastError());
    const wanted = FEAT_SINGLE_MMAP | FEAT_CQE_SKIP;
    if ((word(FEATURES) & wanted) !== wanted) {
      this.close();
      throw new DeviceError("ENOSYS", "io_uring: Linux 5.17 or newer is needed");
    }
    const ends = [word(SQ_ARRAY) + count * WORD, word(CQES) + word(CQ_ENTRIES) * CQE * WORD];
    this.#queues = new Int32Array(this.#map(Math.max(...ends), 0));
    this.#entries = new Uint32Array(this.#map(count * SQE * WORD, OFF_SQES));
    this.#mask = count - 1;
    this.#completionMask = word(CQ_ENTRIES) - 1;
    this.#head = word(SQ_HEAD) / WORD;
    this.#tail = word(SQ_TAIL) / WORD;
    this.#array = word(SQ_ARRAY) / WORD;
    this.#completionHead = word(CQ_HEAD) / WORD;
    this.#completionTail = word(CQ_TAIL) / WORD;
    this.#completions = word(CQES) / WORD;
  }

  #map(length: number, offset: number): ArrayBuffer {
    const address = mmap(0, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, this.#descriptor, offset);
    if (address >= 0) return memoryAt(address, length);
    const error = lastError();
    this.close();
    throw refusal(error);
  }

  /** No entry may be queued any more. */
  close(): void {
    close(this.#descriptor);
  }

  /** From now on the entry is a read. */
  isRead(entry: number): void {
    this.#prepare(entry, READ, 0);
  }

  /** From now on the entry is a write, of which `next` tells only if it failed. */
  isWrite(entry: number): void {
    this.#prepare(entry, WRITE, CQE_SKIP_SUCCESS);
  }

  #prepare(entry: number, operation: number, flags: number): void {
    const at = entry * SQE;
    new Uint8Array(this.#entries.buffer, at * WORD).set([operation, flags]);
    this.#entries[at + RW_FLAGS] = RWF_NOWAIT;
    this.#entries[at + USER_DATA] = entry;
  }

  /** The memory that the entry is about; the address is from addressOf. */
  place(entry: number, address: number, length: number): void {
    const at = entry * SQE;
    const high = Math.floor(address / BEYOND_A_WORD);
    this.#entries[at + ADDRESS] = address - high * BEYOND_A_WORD;
    this.#entries[at + ADDRESS + 1] = high;
    this.#entries[at + LENGTH] = length;
  }

  /** Bytes of the memory that the entry is about. */
  lengthOf(entry: number): number {
    return this.#entries[entry * SQE + LENGTH] ?? 0;
  }

  /** The entry is to be done for this file, after those that were queued before. No more than there are entries. */
  queue(entry: number, descriptor: number): void {
    this.#entries[entry * SQE + FILE] = descriptor;
    this.#queues[this.#array + (this.#queued & this.#mask)] = entry;
    this.#queued = (this.#queued + 1) | 0;
  }

  /**
   * Has the kernel do what is queued; how many it took on. The rest, if it is short of memory, is forgotten. Throws
   * DeviceError.
   */
  submit(): number {
    const count = (this.#queued - this.#submitted) | 0;
    if (count === 0) return 0;
    this.#queues[this.#tail] = this.#queued;
    const taken = syscall(IO_URING_ENTER, this.#descriptor, count, 0, 0);
    if (taken !== count) this.#forget(taken);
    this.#submitted = this.#queued;
    return Math.max(0, taken);
  }

  /** The kernel looks at its queue only while it is asked, so that what it did not take can be taken back. */
  #forget(taken: number): void {
    const error = taken < 0 ? lastError() : undefined;
    this.#queued = this.#queues[this.#head] ?? 0;
    this.#queues[this.#tail] = this.#queued;
    if (error !== undefined && !PASSING.has(error.code)) throw refusal(error);
  }

  /** Finds the next completion; false if there is none. */
  next(): boolean {
    const head = this.#queues[this.#completionHead] ?? 0;
    if (head === this.#queues[this.#completionTail]) return false;
    const at = this.#completions + (head & this.#completionMask) * CQE;
    this.entry = this.#queues[at] ?? 0;
    this.result = this.#queues[at + RESULT] ?? 0;
    this.#queues[this.#completionHead] = (head + 1) | 0;
    return true;
  }
}

/**
 * A ring for these files; or why there can be none. A read of no bytes tells: it takes nothing from a TAP device, and fails where its
 * driver cannot say that it would have to wait (before Linux 5.11).
 */
export function ringFor(descriptors: readonly number[], count: number): Ring | DeviceError {
  try {
    const ring = new Ring(count);
    ring.isRead(0);
    for (const descriptor of descriptors) {
      ring.queue(0, descriptor);
      const isDone = ring.submit() === 1 && ring.next() && ring.result === 0;
      if (isDone) continue;
      ring.close();
      return refusal(errorText(-ring.result));
    }
    return ring;
  } catch (error) {
    if (error instanceof DeviceError) return error;
    throw error;
  }
}

const refusal = ({ code, text }: { readonly code: string; readonly text: string }): DeviceError =>
  new DeviceError(code, `io_uring: ${text}`);
