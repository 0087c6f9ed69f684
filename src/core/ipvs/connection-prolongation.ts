/** What a packet gives the entry of an established connection: until the clock moves on, the same to all of a protocol. */
import type { Ticks } from "../time/kernel-ticks.ts";

export class Prolongation {
  timeout: Ticks = 0;
  expires: Ticks = 0;
  /** The timer's bucket, if one that is there may stay; otherwise one that there is not. */
  bucket = 0;
}
