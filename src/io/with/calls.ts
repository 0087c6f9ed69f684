/** What each call that the filter stops is answered with: of sockets that are ours as netlink(7) says, of others by the kernel. */
import { DeviceError, errorNumber } from "../system/errors.ts";
import {
  addressOf,
  close,
  errno,
  F_GETFL,
  fcntl,
  LITTLE_ENDIAN,
  MSG_DONTWAIT,
  recv,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
} from "../system/libc.ts";
import { AF_NETLINK, NETLINK_ADDRESS, nameOfCall, type Stopped } from "./filter.ts";
import type { CallAnswer, StoppedCall } from "./listener.ts";
import { NetlinkSocket, openPair } from "./netlink-socket.ts";
import { lookAtFile, lookForList, openFile, readLink } from "./proc-files.ts";
import { copyDescriptor, identityOf, readMemory, socketInode, writeMemory } from "./process.ts";
import { setOption } from "./relay.ts";
import type { Supervisor } from "./supervisor.ts";
import { writeSwitch } from "./switches.ts";

const EAGAIN = 11;
const EFAULT = 14;
const EINVAL = 22;
const ENOBUFS = 105;
const ENOPROTOOPT = 92;
const GO_ON: CallAnswer = { kind: "go-on" };
const DONE: CallAnswer = { kind: "value", value: 0 };
const refused = (number: number): CallAnswer => ({ kind: "error", errno: number });

/** `undefined` if the call is answered already, or will be later. Never throws. */
export function answerCall(supervisor: Supervisor, call: StoppedCall): CallAnswer | undefined {
  const name = nameOfCall(call.number);
  if (name === undefined) return GO_ON;
  try {
    if (name === "socket") return openSocket(supervisor, call);
    const file = FILES[name];
    if (file !== undefined) return file(supervisor, call, call.words);
    if (!isSocketCall(name)) return GO_ON;
    const inode = socketInode(call.thread, call.words[0] ?? -1);
    const socket = inode === undefined ? undefined : supervisor.sockets.get(inode);
    return socket === undefined ? GO_ON : CALLS[name](call, socket, supervisor);
  } catch (error) {
    // A process that is gone, or one whose memory may not be looked at.
    return refused(error instanceof DeviceError ? errorNumber(error.code) : EFAULT);
  }
}

function openSocket(supervisor: Supervisor, call: StoppedCall): CallAnswer | undefined {
  const [, type = 0] = call.words;
  const { ours, theirs } = openPair(type);
  const socket = new NetlinkSocket(ours, theirs, identityOf(call.thread));
  const handedOver = supervisor.listener.answerWithDescriptor(call.id, theirs, type & SOCK_CLOEXEC);
  close(theirs);
  if (!handedOver) {
    socket.close();
    return refused(ENOBUFS);
  }
  supervisor.sockets.set(socket.inode, socket);
  return undefined;
}

const ONLY_WHETHER = { memory: 0, isExtended: false };

/** Calls about files, and which of their words say where the path stands. */
const FILES: Partial<
  Readonly<Record<Stopped, (to: Supervisor, call: StoppedCall, words: readonly number[]) => CallAnswer | undefined>>
> = {
  openat: (to, call, [, path = 0, flags = 0]) => openFile(to, call, path, flags),
  open: (to, call, [path = 0, flags = 0]) => openFile(to, call, path, flags),
  newfstatat: (to, call, [, path = 0, memory = 0]) => lookAtFile(to, call, path, { memory, isExtended: false }),
  stat: (to, call, [path = 0, memory = 0]) => lookAtFile(to, call, path, { memory, isExtended: false }),
  lstat: (to, call, [path = 0, memory = 0]) => lookAtFile(to, call, path, { memory, isExtended: false }),
  statx: (to, call, [, path = 0, , , memory = 0]) => lookAtFile(to, call, path, { memory, isExtended: true }),
  faccessat2: (to, call, [, path = 0]) => lookAtFile(to, call, path, ONLY_WHETHER),
  faccessat: (to, call, [, path = 0]) => lookAtFile(to, call, path, ONLY_WHETHER),
  access: (to, call, [path = 0]) => lookAtFile(to, call, path, ONLY_WHETHER),
  getxattr: (_, call, [path = 0]) => lookForList(call, path),
  lgetxattr: (_, call, [path = 0]) => lookForList(call, path),
  readlinkat: (to, call, [, path = 0]) => readLink(to, call, path),
  readlink: (to, call, [path = 0]) => readLink(to, call, path),
  write: writeSwitch,
};

type Answer = (call: StoppedCall, socket: NetlinkSocket, supervisor: Supervisor) => CallAnswer | undefined;

type SocketCall = "bind" | "connect" | "getsockname" | "setsockopt" | "getsockopt" | "recvfrom";

const CALLS: Readonly<Record<SocketCall, Answer>> = {
  bind: ({ thread, words: [, address = 0] }, socket) => {
    socket.port = readMemory(thread, address, NETLINK_ADDRESS).getUint32(4, LITTLE_ENDIAN) || socket.bindItself();
    return DONE;
  },
  connect: () => DONE,
  getsockname: ({ thread, words: [, address = 0, length = 0] }, socket) => {
    writeAddress(thread, address, length, socket.bindItself());
    return DONE;
  },
  setsockopt,
  getsockopt: () => refused(ENOPROTOOPT),
  recvfrom,
};

const isSocketCall = (name: Stopped): name is SocketCall => Object.hasOwn(CALLS, name);

/** A sockaddr_nl, as much of it as there is room for, and its length (net/socket.c: move_addr_to_user). */
function writeAddress(thread: number, address: number, length: number, port: number): void {
  const room = readMemory(thread, length, 4).getInt32(0, LITTLE_ENDIAN);
  const whole = new DataView(new ArrayBuffer(NETLINK_ADDRESS));
  whole.setUint16(0, AF_NETLINK, LITTLE_ENDIAN);
  whole.setUint32(4, port, LITTLE_ENDIAN);
  writeMemory(thread, address, new Uint8Array(whole.buffer, 0, Math.max(0, Math.min(room, NETLINK_ADDRESS))));
  writeMemory(thread, length, new Uint8Array(Uint32Array.of(NETLINK_ADDRESS).buffer));
}

const NETLINK_CAP_ACK = 10;
const LONGEST_OPTION = 16;

/** Options are numbers; those that the family does not know of are for others. */
function setsockopt({ thread, words }: StoppedCall, socket: NetlinkSocket): CallAnswer {
  const [, , option = 0, address = 0, length = 0] = words;
  if (length < 4) return refused(EINVAL);
  const value = readMemory(thread, address, Math.min(length, LONGEST_OPTION));
  if (option === NETLINK_CAP_ACK) socket.capped = value.getInt32(0, LITTLE_ENDIAN) !== 0;
  setOption(socket, option, new Uint8Array(value.buffer));
  return DONE;
}

/** MSG_PEEK and MSG_TRUNC. */
const KEPT_FLAGS = 0x22;
const LARGEST_READ = 1 << 20;

/** Receives in the program's place, because the sender's family must be AF_NETLINK; waits as long as the program would. */
function recvfrom(call: StoppedCall, socket: NetlinkSocket, supervisor: Supervisor): CallAnswer | undefined {
  const { id, thread, words } = call;
  const [descriptor = -1, memory = 0, size = 0, flags = 0, address = 0, length = 0] = words;
  // What it has sent so far is read first: else its end may be full.
  supervisor.takeRequests(socket);
  const copy = copyDescriptor(identityOf(thread).pid, descriptor);
  try {
    const room = new Uint8Array(Math.min(size, LARGEST_READ));
    const received = Number(recv(copy, addressOf(room), room.length, MSG_DONTWAIT | (flags & KEPT_FLAGS)));
    const failure = errno();
    if (received >= 0) {
      writeMemory(thread, memory, room.subarray(0, Math.min(received, room.length)));
      writeAddress(thread, address, length, 0);
      return { kind: "value", value: received };
    }
    const mayWait = (flags & MSG_DONTWAIT) === 0 && (fcntl(copy, F_GETFL, 0) & SOCK_NONBLOCK) === 0;
    if (failure !== EAGAIN || !mayWait) return refused(failure);
  } finally {
    close(copy);
  }
  socket.waiting.push(() => {
    const answer = answerCall(supervisor, call);
    if (answer !== undefined) supervisor.listener.answer(id, answer);
  });
  return undefined;
}
