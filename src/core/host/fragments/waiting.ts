/** Fragments that wait for the rest of their datagrams. */
import type { Microseconds } from "../../time/kernel-ticks.ts";
import type { Frame } from "../../wire/frame.ts";
import type { KeptFrame } from "../../wire/kept-frame.ts";

/** A fragment, and when its datagram is given up. */
export interface Waiting {
  readonly frame: Frame;
  readonly until: Microseconds;
}

/** The same as a director tells its successor of it. */
export interface WaitingFragment {
  readonly frame: KeptFrame;
  /** Of a packet for the host itself, and not of one that passes through. */
  readonly forHost: boolean;
  /** Until the datagram is given up. */
  readonly left: Microseconds;
}
