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

/** A call that waits in a thread of libuv's; `done` is told its result. */
type Later<Words extends readonly number[]> = (...words: [...Words, (error: unknown, result: number) => void]) => void;

/** read(2) and write(2); -1 on failure, and then `errno()` says why. `memory` is from addressOf. */
export const read = declare<(descriptor: number, memory: number, length: number) => number>(
  "int64_t read(int fd, uintptr_t memory, size_t length)",
);
export const write = declare<(descriptor: number, memory: number, length: number) => number>(
  "int64_t write(int fd, uintptr_t memory, size_t length)",
);
export const madvise = declare<(memory: number, length: number, advice: number) => number>(
  "int madvise(uintptr_t memory, size_t length, int advice)",
);
export const mmap = declare<
  (address: number, length: number, protection: number, flags: number, descriptor: number, offset: number) => number
>("int64_t mmap(uintptr_t address, size_t length, int protection, int flags, int fd, int64_t offset)");
export const poll = declare<(memory: number, count: number, milliseconds: number) => number>(
  "int poll(uintptr_t fds, uint64_t count, int milliseconds)",
);
export const pollLater = (poll as unknown as { readonly async: Later<[memory: number, count: number, ms: number]> })
  .async;
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
export const bind = declare<(descriptor: number, address: number, length: number) => number>(
  "int bind(int fd, uintptr_t address, unsigned int length)",
);
export const listen = declare<(descriptor: number, backlog: number) => number>("int listen(int fd, int backlog)");
export const connect = declare<(descriptor: number, address: number, length: number) => number>(
  "int connect(int fd, uintptr_t address, unsigned int length)",
);
export const accept4 = declare<(descriptor: number, address: number, length: number, flags: number) => number>(
  "int accept4(int fd, uintptr_t address, uintptr_t length, int flags)",
);
export const send = declare<(descriptor: number, memory: number, length: number, flags: number) => number>(
  "int64_t send(int fd, uintptr_t memory, size_t length, int flags)",
);
export const recv = declare<(descriptor: number, memory: number, length: number, flags: number) => number>(
  "int64_t recv(int fd, uintptr_t memory, size_t length, int flags)",
);
/** A system call by its number, for those that the C library has no function for. */
const fiveWords = declare<(number: number, a: number, b: number, c: number, d: number, e: number) => number>(
  "int64_t syscall(int64_t number, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e)",
);
export const syscall = (number: number, a: number, b: number, c: number, d: number, e = 0): number =>
  fiveWords(number, a, b, c, d, e);
type Transfer = (pid: number, local: number, locals: number, remote: number, remotes: number, flags: number) => number;
export const process_vm_readv = declare<Transfer>(
  "int64_t process_vm_readv(int pid, uintptr_t local, uint64_t locals, uintptr_t remote, uint64_t remotes, uint64_t flags)",
);
export const process_vm_writev = declare<Transfer>(
  "int64_t process_vm_writev(int pid, uintptr_t local, uint64_t locals, uintptr_t remote, uint64_t remotes, uint64_t flags)",
);
export const waitid = declare<(type: number, id: number, info: number, options: number) => number>(
  "int waitid(int type, int id, uintptr_t info, int options)",
);
export const waitpid = declare<(pid: number, status: number, options: number) => number>(
  "int waitpid(int pid, uintptr_t status, int options)",
);
export const prctl = declare<(operation: number, a: number, b: number, c: number, d: number) => number>(
  "int prctl(int operation, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d)",
);
export const capset = declare<(header: number, data: number) => number>("int capset(uintptr_t header, uintptr_t data)");
export const setns = declare<(descriptor: number, type: number) => number>("int setns(int fd, int type)");
/** `memory` is for the descriptors of the two ends: the one to read from, the one to write to. */
export const pipe2 = declare<(memory: number, flags: number) => number>("int pipe2(uintptr_t memory, int flags)");
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

/** The memory at an address that mmap returned. It stays there. */
export const memoryAt = (address: number, length: number): ArrayBuffer => koffi.view(BigInt(address), length);

export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const MAP_SHARED = 0x01;
export const MAP_POPULATE = 0x8000;
/** The pages are not needed any more: they are zeros from then on. */
export const MADV_DONTNEED = 4;
export const O_ACCMODE = 0o3;
export const O_RDWR = 0o2;
export const O_CREAT = 0o100;
export const O_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;
export const F_SETFD = 2;
export const LOCK_EX = 2;
export const LOCK_NB = 4;
export const F_GETFL = 3;
export const POLLIN = 0x001;
export const POLLOUT = 0x004;
export const POLLHUP = 0x010;
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_NETLINK = 16;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_SEQPACKET = 5;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
