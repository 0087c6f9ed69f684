/**
 * A program of the tests: runs another where io_uring is forbidden, as a container's seccomp profile does (seccomp(2)).
 *
 *   node without-uring.js PROGRAM WORDS...
 */
import { addressOf, execve, F_SETFD, fcntl, prctl } from "../../src/io/system/libc.ts";

const PR_SET_NO_NEW_PRIVS = 38;
const PR_SET_SECCOMP = 22;
const SECCOMP_MODE_FILTER = 2;
const IO_URING_SETUP = 425;
const SECCOMP_RET_ALLOW = 0x7fff_0000;
const SECCOMP_RET_ERRNO_EPERM = 0x0005_0001;

/** struct sock_filter: code and two jumps in one word, then a number. Load the call's number; equal: the next, else the one behind it; return. */
const FILTER = Uint32Array.of(
  0x20,
  0,
  0x0100_0015,
  IO_URING_SETUP,
  0x06,
  SECCOMP_RET_ERRNO_EPERM,
  0x06,
  SECCOMP_RET_ALLOW,
);

const program = new Uint8Array(16);
const view = new DataView(program.buffer);
view.setUint16(0, FILTER.length / 2, true);
view.setBigUint64(8, BigInt(addressOf(FILTER)), true);

const [path = "", ...words] = process.argv.slice(2);
prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, addressOf(program), 0, 0) < 0)
  throw new Error("seccomp refused the filter");
// Node marks its standard descriptors as not to be inherited.
for (const descriptor of [0, 1, 2]) fcntl(descriptor, F_SETFD, 0);
const environment = Object.entries(process.env).map(([name, value]) => `${name}=${value}`);
execve(path, [path, ...words, null], [...environment, null]);
throw new Error(`${path} could not be started`);
