/** Causes: the connection that a packet belongs to, or does not. Times and timeouts are seconds. */
import type { Side, Switch, Tunnel } from "./told.ts";

export interface ConnectionCauses {
  /** A packet of no connection is none that may open one; `seen`: the connection's opening was seen, and is over. */
  readonly "no-opening": {
    readonly needs: "SYN" | "INIT";
    readonly seen: boolean;
    /** This director hears of another's connections. */
    readonly backup: boolean;
    readonly switch: Switch;
    readonly service: string;
  };
  /** A client begins anew on a connection that is over, and the old entry serves it. */
  readonly reused: {
    readonly server: string;
    readonly weight: number;
    readonly state: string;
    /** The server was deleted. */
    readonly gone: boolean;
    readonly switch: Switch;
    /** The value with which it would be scheduled anew. */
    readonly with: number;
  };
  /** A SYN on a connection that is not over. */
  readonly "port-in-use": { readonly server: string; readonly state: string };
  /** A known connection of a server that takes no new ones. */
  readonly quiesced: { readonly server: string; readonly switch: Switch; readonly opens: boolean };
  readonly "server-gone": { readonly server: string; readonly tcp: boolean; readonly switch: Switch };
  readonly "one-packet": { readonly service: string };
  /** A handshake that one side breaks off with a reset. */
  readonly refused: { readonly by: Side; readonly server: string; readonly client: string; readonly method: string };
  /** The client repeats itself; `heard`: packets of the server do pass here. */
  readonly unanswered: {
    readonly server: string;
    readonly method: string;
    readonly client: string;
    readonly tunnel: Tunnel | undefined;
    readonly heard: boolean;
  };
  /** `silent`: its replies would pass here, and none has. */
  readonly "datagrams-stick": { readonly server: string; readonly seconds: number; readonly silent: boolean };
  readonly tracked: { readonly reuse: Switch; readonly tracking: Switch };
  readonly "told-stray": { readonly switch: Switch };
}
