/** Causes: what comes back from real servers, and from routers on the way. Times and timeouts are seconds. */
import type { Address } from "../../wire/address.ts";
import type { Tunnel } from "./told.ts";

export interface ReplyCauses {
  /** A packet to a client that has a connection to a real server, from another address than that server's, or from another port. */
  readonly "reply-elsewhere": {
    readonly server: string;
    readonly client: string;
    readonly from: string;
    readonly other: "address" | "port";
  };
  /** An ICMP error that tells a client that its packet came no further than here. */
  readonly unreachable: {
    readonly server: string;
    readonly protocol: number;
    readonly by: Address;
    readonly type: number;
    readonly code: number;
    /** The server itself says so, not a router before it. */
    readonly own: boolean;
  };
  /** An ICMP error about a tunnel: the real server does not take it apart, or a router on the way has something against it. */
  readonly "tunnel-refused": {
    readonly server: string;
    readonly tunnel: Tunnel;
    readonly by: Address;
    readonly type: number;
    readonly code: number;
    readonly own: boolean;
    /** Of "fragmentation needed": what the router lets pass; else 0. */
    readonly mtu: number;
  };
}
