/** Why a connection lasts longer than its timeout says. */
import type { KernelTicks } from "../../time/kernel-ticks.ts";

const SECOND = 1e6;

/** `A timeout of 60 s ends after 60 to 65.1 s: ...`; how much later depends on the length and on the kernel's tick. */
export function timeoutWords(ticks: KernelTicks, seconds: number): string {
  const late = ticks.latest(seconds * SECOND) / SECOND;
  const most = (seconds + late).toFixed(1);
  return `A timeout of ${seconds} s ends after ${seconds} to ${most} s: the kernel keeps timers of this length in slots of ${late.toFixed(2)} s (${ticks.hz} ticks a second), and rounds up.`;
}
