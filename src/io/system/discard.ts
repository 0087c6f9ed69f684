/** Gives memory back to the system whose contents nobody needs. */
import { addressOf, MADV_DONTNEED, madvise } from "./libc.ts";

/** A page of all machines that this runs on, or a multiple of it. */
const PAGE = 65_536;

/** Whole pages within some memory: they take none, and are zeros, until they are written to again. If the system refuses, they stay. */
export function discard(memory: Uint8Array): void {
  const address = addressOf(memory);
  const first = Math.ceil(address / PAGE) * PAGE;
  const end = Math.floor((address + memory.length) / PAGE) * PAGE;
  if (end > first) madvise(first, end - first, MADV_DONTNEED);
}
