/** How a program of the lab tells that it is ready: a line on the descriptor that TAPVS_READY_FD names. */
import { closeSync, writeSync } from "node:fs";

/** Once; without the variable, as when a person has started the program, nothing is told. */
export function announceReady(): void {
  const descriptor = Number(process.env.TAPVS_READY_FD ?? Number.NaN);
  if (!Number.isInteger(descriptor)) return;
  writeSync(descriptor, "ready\n");
  closeSync(descriptor);
}
