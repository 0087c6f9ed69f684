/** Processes that the program left behind: they become children of ours, so that we may look at them, and are reaped. */
import { readdirSync, readFileSync } from "node:fs";
import { addressOf, LITTLE_ENDIAN, prctl, waitid, waitpid } from "../system/libc.ts";

const PR_SET_CHILD_SUBREAPER = 36;
const P_ALL = 0;
const WNOHANG = 1;
const WEXITED = 4;
const WNOWAIT = 0x01000000;
/** siginfo_t, and the process in it. */
const SIGINFO = 128;
const SI_PID = 16;

export const adoptOrphans = (): boolean => prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) === 0;

/**
 * Reaps those that have ended: a zombie would keep the filter in use, and its number taken. `spared` is libuv's to wait
 * for.
 */
export function reapOrphans(spared: number | undefined): void {
  const info = new Uint8Array(SIGINFO);
  for (;;) {
    info.fill(0);
    if (waitid(P_ALL, 0, addressOf(info), WNOHANG | WEXITED | WNOWAIT) < 0) return;
    const pid = new DataView(info.buffer).getInt32(SI_PID, LITTLE_ENDIAN);
    if (pid === 0 || pid === spared) return;
    waitpid(pid, 0, WNOHANG);
  }
}

/** The processes that have become ours; none where the kernel does not say (proc_pid_children(5)). */
export function orphans(): number[] {
  try {
    return readdirSync("/proc/self/task").flatMap((thread) =>
      readFileSync(`/proc/self/task/${thread}/children`, "latin1").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}
