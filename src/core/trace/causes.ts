/**
 * What made a packet end as it did, as codes and values: something that happened before it, a switch, a setting, a table. Looked for
 * when a walk is over, only for those who listen (host/causes). The sentences are explain/sentences/causes.ts.
 */
import type { Address, Family } from "../wire/address.ts";
import type { ConnectionView } from "./events.ts";

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

/** What each kind of cause tells. Times and timeouts are seconds. */
export interface Causes {
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
  /** A packet of a real server that no connection translates. */
  readonly untranslated: {
    readonly server: string;
    readonly service: string;
    readonly onePacket: boolean;
    /** There was one that did. */
    readonly former: boolean;
  };
  /** A real server begins a conversation of its own, and nothing masquerades it. */
  readonly "server-opens": { readonly server: string; readonly service: string };
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
  readonly template: {
    /** Of a network with its prefix length: `10.1.0.0/24`. */
    readonly client: string;
    readonly server: string;
    readonly weight: number;
    readonly overloaded: boolean;
    /** Whether a whole network is one client (-M). */
    readonly network: boolean;
    readonly seconds: number;
    readonly switch: Switch;
  };
  /** A template is no longer good: its server was deleted, or has weight 0 and the switch is set. */
  readonly "template-released": {
    readonly client: string;
    readonly server: string;
    readonly deleted: boolean;
    readonly switch: Switch;
  };
  /** A persistent client's template was there, and is gone. */
  readonly "template-expired": {
    readonly client: string;
    readonly server: string;
    readonly at: number;
    readonly seconds: number;
  };
  /** A service by mark takes what an exact one would have taken. */
  readonly "mark-wins": { readonly service: string; readonly exact: string };
  /** A service's address, and a protocol that IPVS leaves to the host. */
  readonly "not-balanced": { readonly protocol: number; readonly service: string };
  /** The director itself replies to a ping of a virtual address. */
  readonly ping: { readonly address: Address };
  /** FULLNAT, and nothing says who the client is. */
  readonly "client-hidden": { readonly server: string; readonly client: string; readonly local: string };
  /** The client's port has a connection to the same real server's port by another service, `other`, too. */
  readonly "shared-reply": {
    readonly client: string;
    readonly server: string;
    readonly other: string;
    readonly now: string;
  };
  /** A persistent client that another service has bound to another server. */
  readonly "other-template": {
    readonly client: string;
    readonly bound: string;
    readonly by: string;
    readonly server: string;
  };
  /** A server that was added a while ago has fewer connections than the others, and gets all new ones. */
  readonly newcomer: {
    readonly scheduler: string;
    readonly server: string;
    readonly at: number;
    readonly connections: number;
    readonly most: number;
  };
  readonly "no-server": { readonly service: string };
  readonly "no-scheduler": { readonly service: string; readonly persistent: boolean };
  /** The persistence engine found nothing in the packet by which to name a template. */
  readonly "no-engine-data": { readonly service: string; readonly engine: string };
  readonly "none-usable": { readonly service: string; readonly servers: readonly Unusable[] };
  /** The client's slot of a hash table belongs to a server that may not be picked. */
  readonly "hash-slot": {
    readonly scheduler: string;
    readonly owner: Unusable;
    /** The flag that would let another take it; empty if the scheduler has none. */
    readonly flag: string;
    readonly others: number;
  };
  /** A client's connections are with two servers, for the servers changed in between. */
  readonly "hash-moved": {
    readonly scheduler: string;
    readonly client: string;
    readonly before: string;
    readonly now: string;
    readonly change: Change;
  };
  /** A scheduler that sends all to the server of the highest weight. */
  readonly "heaviest-first": { readonly scheduler: string; readonly server: string; readonly weight: number };
  /** A hash decides, and so the same clients meet the same servers. */
  readonly "hash-affinity": { readonly scheduler: string; readonly flag: string; readonly byPort: boolean };
  /** A scheduler that looks at the destination address, and clients that all call the same one. */
  readonly "one-destination": { readonly scheduler: string; readonly address: Address; readonly server: string };
  /** A scheduler for which all weights above 0 are the same, and weights that are not. */
  readonly "weights-ignored": { readonly scheduler: string; readonly servers: readonly string[] };
  /** Servers that a scheduler passed over because of their thresholds. */
  readonly overloaded: { readonly servers: readonly Unusable[] };
  readonly "no-local-address": { readonly service: string; readonly server: string };
  readonly "local-ports-used": {
    readonly server: string;
    readonly addresses: number;
    readonly ports: number;
    readonly first: number;
    readonly last: number;
    readonly used: number;
    readonly tries: Switch;
  };
  readonly "server-gone": { readonly server: string; readonly tcp: boolean; readonly switch: Switch };
  readonly "reverse-path": {
    readonly dev: string;
    readonly switch: Switch;
    readonly source: Address;
    /** By which interface the source is reached; empty if by none. */
    readonly back: string;
  };
  readonly "forwarding-off": { readonly switch: Switch };
  /** `server`: the real server that is not reached; of a reply, the one that sends it, if it is one by NAT. */
  readonly "no-route": { readonly to: Address; readonly server: string; readonly reply: boolean };
  readonly "own-source": {
    readonly source: Address;
    /** Of a service whose real servers have its address, too (direct routing, tunnels); empty if none is. */
    readonly shared: string;
    /** The real server whose MAC address the frame is from; empty if it is from none. */
    readonly server: string;
    readonly switch: Switch;
  };
  /** `asked`: somebody asks by ARP or neighbor discovery who has it. `mark`: of a service by mark; 0 of others. */
  readonly "virtual-missing": {
    readonly service: string;
    readonly address: Address;
    readonly asked: boolean;
    readonly mark: number;
  };
  /** A sync master's message that came by `dev`; a backup here listens at `heardAt`, empty if none runs. */
  readonly "sync-unheard": { readonly dev: string; readonly heardAt: string };
  /** A service that is nearly what the packet wants. */
  readonly "other-service": { readonly service: string; readonly differs: "port" | "protocol" | "address" };
  readonly unmarked: { readonly services: readonly string[]; readonly rules: number };
  /** `other`: a service of the other family has the mark. */
  readonly "mark-unserved": { readonly mark: number; readonly family: Family; readonly other: boolean };
  /** Nothing that is served is nearly what the packet asks for, as `10.1.0.100:443`. */
  readonly "no-service": { readonly protocol: number; readonly asked: string };
  /** It was sent to the MAC address of a group. */
  readonly "group-frame": { readonly service: string; readonly mac: string };
  /** ESP or AH, and no connection of UDP 500 between the same ends. */
  readonly "no-key-exchange": { readonly protocol: number; readonly service: string };
  /** A service of all ports, and a port at which the director itself is called, by such a program. */
  readonly "every-port": { readonly service: string; readonly port: number; readonly program: string };
  readonly "loopback-server": { readonly server: string };
  /** A connection goes on by the method that it began with. */
  readonly "method-kept": { readonly server: string; readonly method: string; readonly now: string };
  /** The packet had no hop to live behind the director. */
  readonly "last-hop": { readonly family: Family; readonly ttl: number };
  readonly "local-node": { readonly server: string; readonly service: string };
  /** Two directors with each other as real servers. */
  readonly "director-loop": { readonly server: string; readonly returned: boolean; readonly switch: Switch };
  readonly "backup-only": { readonly switch: Switch };
  /** Another host says that it has an address of the director. */
  readonly "address-claimed": { readonly address: Address; readonly mac: string; readonly server: string };
  readonly elsewhere: { readonly address: Address; readonly mac: string };
  readonly "tunnel-mtu": {
    readonly family: Family;
    readonly mtu: number;
    readonly length: number;
    readonly mss: number;
    readonly switch: Switch;
  };
  /** A packet that is longer than the interface it came in by lets pass: merged there. */
  readonly merged: { readonly dev: string; readonly mtu: number; readonly length: number };
  readonly "path-mtu": { readonly mtu: number; readonly length: number };
  readonly "icmp-stray": { readonly service: string };
  /** `port` is that of the control connection. No helper is there for it; or it has read nothing; or the method does without. */
  readonly "ftp-helper": {
    readonly server: string;
    readonly port: number;
    readonly active: boolean;
    readonly why: "absent" | "unread" | "method";
    readonly method: string;
  };
  /** The server has named another address than its own for the data connection; `own`: one of the director. */
  readonly "ftp-announced": { readonly server: string; readonly announced: string; readonly own: boolean };
  /** A packet of an established QUIC connection, from an end that is new here. */
  readonly "quic-moved": { readonly client: string; readonly server: string };
  readonly "sip-split": {
    readonly client: string;
    readonly before: string;
    readonly now: string;
    readonly service: string;
  };
  readonly "one-packet": { readonly service: string };
  readonly "partial-checksum": { readonly protocol: string };
  readonly "wrong-checksum": { readonly protocol: string };
  readonly timer: {
    readonly state: string;
    readonly seconds: number;
    readonly late: number;
    readonly hz: number;
    /** The director sees the client's packets only. */
    readonly oneSided: boolean;
    /** Which of the three numbers of `--set`, from 1; 0 if none. */
    readonly set: number;
  };
  readonly defence: { readonly switch: Switch; readonly rate: Switch };
  readonly "connections-full": { readonly most: number };
  /** A handshake that one side breaks off with a reset. */
  readonly refused: { readonly by: Side; readonly server: string; readonly client: string; readonly method: string };
  /** Another port was asked for than the method can give. */
  readonly "port-kept": {
    readonly server: string;
    readonly asked: number;
    readonly method: string;
    readonly command: string;
    /** The service takes every port. */
    readonly every: boolean;
  };
  readonly redirected: { readonly sender: Address; readonly switch: Switch };
  readonly "arp-ignored": { readonly address: Address; readonly dev: string; readonly switch: Switch };
  /** The client repeats itself; `heard`: packets of the server do pass here. */
  readonly unanswered: {
    readonly server: string;
    readonly method: string;
    readonly client: string;
    readonly tunnel: Tunnel | undefined;
    readonly heard: boolean;
  };
  readonly "same-network": { readonly client: Address; readonly server: string; readonly dev: string };
  readonly "client-is-server": { readonly client: Address; readonly service: string; readonly method: string };
  /** `silent`: its replies would pass here, and none has. */
  readonly "datagrams-stick": { readonly server: string; readonly seconds: number; readonly silent: boolean };
  readonly "by-gateway": { readonly server: string; readonly gateway: Address };
  readonly tracked: { readonly reuse: Switch; readonly tracking: Switch };
  readonly "told-stray": { readonly switch: Switch };
  /** `before`: it has not replied to earlier requests either. `dev` is where it is looked for. */
  readonly "neighbor-silent": {
    readonly address: Address;
    readonly server: string;
    readonly dev: string;
    readonly before: boolean;
  };
}

export type CauseKind = keyof Causes;

/** A cause of one kind, or of any. */
export type Cause<Kind extends CauseKind = CauseKind> = {
  readonly [K in Kind]: { readonly kind: K } & Causes[K];
}[Kind];
