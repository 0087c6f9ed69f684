/** Causes: connections that are gone, and changes by commands. Times and timeouts are seconds. */
import type { ConnectionView } from "../events.ts";
import type { Change, Side, Switch } from "./told.ts";

export interface PastCauses {
  /** A connection between these ends was there and is gone: by its timer, or before its time. */
  readonly past: {
    readonly connection: ConnectionView;
    readonly at: number;
    readonly ago: number;
    readonly timeout: number;
    readonly early: boolean;
    /** Of one that went early: the switch that may have removed it, if one is on; a defence, or that which follows a deleted server. */
    readonly removed: { readonly by: "defence" | "server-deleted"; readonly switch: Switch } | undefined;
    /** Whose packet is late. */
    readonly side: Side;
  };
  readonly changed: Change;
}
