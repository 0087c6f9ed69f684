/** What stat(2), statx(2) and access(2) say of a file that is ours: the same as of one of the kernel's that every Linux has. */
import { addressOf, syscall } from "../system/libc.ts";
import { NEWFSTATAT, STATX } from "./filter.ts";
import type { StoppedCall } from "./listener.ts";
import { identityOf, writeMemory } from "./process.ts";
import type { Supervisor } from "./supervisor.ts";

const nameOf = (path: string): Uint8Array => new TextEncoder().encode(`${path}\0`);
/** Of /proc/sys, to be written by root, and of /proc/net. */
export const LIKE_A_SWITCH = nameOf("/proc/sys/net/ipv4/ip_forward");
export const LIKE_A_TABLE = nameOf("/proc/self/net/dev");

const AT_FDCWD = -100;
const STAT = process.arch === "arm64" ? 128 : 144;
const STATUS_EXTENDED = 256;
/** STATX_BASIC_STATS. */
const BASIC = 0x7ff;
const ENOENT = 2;
const EIO = 5;

/** What a call wants to know: with no memory, only whether the file is there. */
export interface Looking {
  readonly memory: number;
  readonly isExtended: boolean;
}

/** Answers the call, later; `isThere` may reject. */
export function tellStatus(
  { listener }: Supervisor,
  call: StoppedCall,
  looking: Looking,
  isThere: Promise<boolean>,
  alike: Uint8Array,
): void {
  const refuse = (errno: number): void => listener.answer(call.id, { kind: "error", errno });
  isThere
    .then((there) => {
      if (!there || !write(call, looking, alike)) refuse(ENOENT);
      else listener.answer(call.id, { kind: "value", value: 0 });
    })
    .catch(() => refuse(EIO));
}

function write({ thread }: StoppedCall, { memory, isExtended }: Looking, alike: Uint8Array): boolean {
  if (memory === 0) return true;
  const status = new Uint8Array(isExtended ? STATUS_EXTENDED : STAT);
  const result = isExtended
    ? syscall(STATX, AT_FDCWD, addressOf(alike), 0, BASIC, addressOf(status))
    : syscall(NEWFSTATAT, AT_FDCWD, addressOf(alike), addressOf(status), 0);
  if (Number(result) < 0) return false;
  writeMemory(identityOf(thread).pid, memory, status);
  return true;
}
