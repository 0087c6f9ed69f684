/** A virtual router on its interface: what is kept of one beside its state machine. */
import type { Appointment } from "../../time/agenda.ts";
import type { VrrpFault } from "../../trace/events.ts";
import type { Family } from "../../wire/address.ts";
import type { InterfaceIndex } from "../../wire/frame.ts";
import type { VirtualRouter } from "./virtual-router.ts";

export interface PlacedRouter {
  readonly router: VirtualRouter;
  readonly ifindex: InterfaceIndex;
  readonly family: Family;
  /** Of the packet that it has sent last; with authentication headers, or that it has heard. */
  number: number;
  /** Advertisements that it did not believe, by why. */
  readonly refused: Map<VrrpFault, number>;
  /** When it says next where its addresses are. */
  announcing: Appointment | undefined;
}

/** Whether it speaks to the protocol's group, not to peers. */
export const isInGroup = ({ router }: PlacedRouter): boolean => router.config.peers === undefined;
