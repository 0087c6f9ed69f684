/** How many connections the machine's memory affords. */
import { totalmem } from "node:os";
import { MOST_CONNECTIONS } from "../../core/host/config/config.ts";

/** Bytes of a connection: its row, its share of the hash, and of the copy while the table grows. */
const CONNECTION = 128;
/** The share of the memory that they may take. */
const SHARE = 1 / 4;

/** A quarter of what the process may use: the memory of the machine, or of its control group if that is less. */
export function affordableConnections(total = totalmem(), constrained = process.constrainedMemory()): number {
  const memory = constrained > 0 ? Math.min(total, constrained) : total;
  return Math.min(MOST_CONNECTIONS, Math.floor((memory * SHARE) / CONNECTION));
}
