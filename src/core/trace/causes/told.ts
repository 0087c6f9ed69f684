/** What the causes of a packet's end tell of: switches, servers, changes, tunnels. */

/** A switch of the kernel and what it is set to. */
export interface Switch {
  readonly name: string;
  readonly value: number;
}

/** Why a server may not be picked. */
export interface Unusable {
  /** `10.2.0.2:80`. */
  readonly server: string;
  readonly why: "weight" | "overloaded";
  /** Connections, and the thresholds of `-x` and `-y`; 0 for none. */
  readonly connections: number;
  readonly upper: number;
  readonly lower: number;
}

/** A change of the tables by a command. */
export interface Change {
  readonly what:
    | "service added"
    | "service edited"
    | "service deleted"
    | "server added"
    | "server edited"
    | "server deleted";
  /** `TCP 10.1.0.100:80`. */
  readonly service: string;
  /** `10.2.0.2:80`; empty for a service's own. */
  readonly server: string;
  /** Of a server that was edited: its weight. */
  readonly before: number;
  readonly after: number;
  /** Seconds of the director's clock. */
  readonly seconds: number;
  /** `ipvsadm -d ...`; empty if nobody knows. */
  readonly command: string;
}

/** How a tunnel wraps, and the UDP port of GUE. */
export interface Tunnel {
  readonly type: "ipip" | "gue" | "gre";
  readonly port: number;
}

export type Side = "client" | "server";
