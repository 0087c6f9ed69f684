/**
 * The C library, as far as Node does not reach: raw devices, poll, ioctl, capabilities. The only file that knows koffi, so
 * that another foreign-function interface can take its place. Calls are synchronous and cost about half a microsecond.
 *
 * Memory is handed over as numbers from `addressOf`: a typed array's buffer never moves, and a number costs nothing to
 * make where an array per call would.
 */
import { endianness } from "node:os";
import koffi from "koffi";

const library = koffi.load(null);

/** Of this machine: what structures of the kernel are written in. */
export const LITTLE_ENDIAN = endianness() === "LE";
/** `intptr_t` for all lengths and pointers: the calls here run on 64-bit machines. */
const declare = <F>(prototype: string): F => library.func(prototype) as unknown as F;

/** read(2) and write(2); -1 on failure, and then `errno()` says why. `memory` is from addressOf. */
export const read = declare<(descriptor: number, memory: number, length: number) => number>(
  "int64_t read(int fd, uintptr_t memory, size_t length)",
);
export const write = declare<(descriptor: number, memory: number, length: number) => number>(
  "int64_t write(int fd, uintptr_t memory, size_t length)",
);
export const poll = declare<(memory: number, count: number, milliseconds: number) => number>(
  "int poll(uintptr_t fds, uint64_t count, int milliseconds)",
);
export const open = declare<(path: string, flags: number, mode: number) => number>(
  "int open(const char *path, int flags, int mode)",
);
export const close = declare<(descriptor: number) => number>("int close(int fd)");
export const ioctl = declare<(descriptor: number, request: number, argument: number) => number>(
  "int ioctl(int fd, unsigned long request, uintptr_t argument)",
);
export const fcntl = declare<(descriptor: number, command: number, argument: number) => number>(
  "int fcntl(int fd, int command, uintptr_t argument)",
);
export const flock = declare<(descriptor: number, operation: number) => number>("int flock(int fd, int operation)");
export const eventfd = declare<(value: number, flags: number) => number>("int eventfd(unsigned int value, int flags)");
export const socket = declare<(domain: number, type: number, protocol: number) => number>(
  "int socket(int domain, int type, int protocol)",
);
export const setsockopt = declare<
  (descriptor: number, level: number, option: number, value: number, length: number) => number
>("int setsockopt(int fd, int level, int option, uintptr_t value, unsigned int length)");
export const sendto = declare<
  (descriptor: number, memory: number, length: number, flags: number, address: number, addressLength: number) => number
>("int64_t sendto(int fd, uintptr_t memory, size_t length, int flags, uintptr_t address, unsigned int addressLength)");
export const prctl = declare<(operation: number, a: number, b: number, c: number, d: number) => number>(
  "int prctl(int operation, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d)",
);
export const capset = declare<(header: number, data: number) => number>("int capset(uintptr_t header, uintptr_t data)");
export const setns = declare<(descriptor: number, type: number) => number>("int setns(int fd, int type)");
export const execve = declare<
  (path: string, words: readonly (string | null)[], environment: readonly (string | null)[]) => number
>("int execve(const char *path, char **words, char **environment)");

/** The error number of the call just made: to be asked for before anything else runs. */
export const errno = (): number => koffi.errno();

/** Where a typed array lies in memory. The array must outlive every use of the number. */
export const addressOf = (array: Uint8Array | Uint32Array | Int32Array | Uint16Array): number => {
  const address = Number(koffi.address(array));
  if (!Number.isSafeInteger(address)) throw new RangeError("memory beyond 2^53");
  return address;
};

export const O_RDWR = 0o2;
export const O_CREAT = 0o100;
export const O_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;
export const F_SETFD = 2;
export const LOCK_EX = 2;
export const LOCK_NB = 4;
export const POLLIN = 0x001;
export const AF_UNIX = 1;
export const AF_INET = 2;
export const SOCK_DGRAM = 2;
export const SOCK_CLOEXEC = 0o2000000;
