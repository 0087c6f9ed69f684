/**
 * The walk of a packet as data: what happened at each step, in order. Made only while somebody listens.
 * The listener may keep all of it: addresses are values, `bytes` copies.
 */
import type { Address, Family } from "../wire/address.ts";
import type { Cause } from "./causes/causes.ts";
import type { VerdictName } from "./verdict.ts";

/** A connection as an event shows it. */
export interface ConnectionView {
  /** IP protocol number: 6 for TCP, 17 for UDP, 132 for SCTP; 0 for the template of a service by mark. */
  readonly protocol: number;
  /** As the client sends from; a template has port 0, and with -M the address of a network. */
  readonly clientAddress: Address;
  readonly clientPort: number;
  /** What the client sends to. */
  readonly virtualAddress: Address;
  readonly virtualPort: number;
  /** The real server. */
  readonly destinationAddress: Address;
  readonly destinationPort: number;
  /** FULLNAT: where the connection leaves the director from; other methods have none, and port 0. */
  readonly localAddress: Address | undefined;
  readonly localPort: number;
  /** As `ipvsadm -Lc` spells it: `ESTABLISHED`. */
  readonly state: string;
  /** Seconds until it expires. */
  readonly secondsLeft: number;
  /** Whether it is a persistent client's template, not a connection. */
  readonly template: boolean;
}

/** One destination as the scheduler saw it. */
export interface Candidate {
  /** `10.2.0.2:80`. */
  readonly destination: string;
  readonly weight: number;
  /** Its connections, as ActiveConn and InActConn of `ipvsadm -L` count them. */
  readonly active: number;
  readonly inactive: number;
  /** By its thresholds (-x, -y). */
  readonly overloaded: boolean;
  /** What the scheduler compares, in its own words. */
  readonly numbers: string;
}

/** What of a packet became another. */
export type Rewritten =
  | "source"
  | "destination"
  | "quoted source"
  | "quoted destination"
  | "network header"
  | "outer IPv4 header"
  | "outer IPv6 header"
  | "TOA option"
  | "priority tag"
  | "sequence number"
  | "acknowledgement"
  | "SACK edge"
  | "endpoint in the reply";

/** Why a synchronisation message, the rest of one, or a single record is not taken. */
export type SyncRefusal =
  | "short"
  | "size"
  | "syncId"
  | "recordCut"
  | "recordBeyond"
  | "recordVersion"
  | "recordType"
  | "addressesCut"
  | "optionCut"
  | "optionLength"
  | "optionSequences"
  | "optionEngine"
  | "optionLocal"
  | "optionUnknown"
  | "protocol"
  | "state"
  | "templateState"
  | "engine"
  | "fullnat"
  | "local"
  | "replaced"
  | "full";

/** Where a virtual router stands, why it came there, and why one does not believe an advertisement. */
export type VrrpState = "initialize" | "backup" | "master" | "fault";
export type VrrpCause =
  | "start"
  | "owner"
  | "silence"
  | "resignation"
  | "preemption"
  | "higher-priority"
  | "group"
  | "link-down"
  | "link-up"
  | "handover"
  | "stop";
export type VrrpFault =
  | "malformed"
  | "ttl"
  | "peer"
  | "checksum"
  | "interval"
  | "authType"
  | "password"
  | "header"
  | "replay";

type Nothing = Readonly<Record<never, never>>;

/** What each kind of event tells. Codes and values: the sentences stand in explain/. */
export interface WalkEvents {
  /** `unfinished`: its transport checksum was left to a network card, and is none yet. */
  readonly received: { readonly dev: string; readonly bytes: Uint8Array; readonly unfinished?: true };
  /** An ARP message came. */
  readonly arp: {
    /** 1 for a request, 2 for a reply. */
    readonly operation: number;
    readonly sender: Address;
    readonly target: Address;
    /** Of a reply: where `sender` is. */
    readonly mac: string;
  };
  /** A message of neighbor discovery. */
  readonly discovery: {
    /** The director asks for `target`, or says that it is at `mac`. */
    readonly what: "solicits" | "advertises";
    readonly target: Address;
    /** Where the answer is to go, or who gets it. */
    readonly other: Address;
    readonly mac: string;
  };
  /** The MAC address of a neighbor. */
  readonly neighbor: {
    /** Somebody told its MAC address; somebody told another one, and the entry kept its own; a frame goes to it; a frame waits for it. */
    readonly what: "learnt" | "refused" | "used" | "awaited";
    readonly address: Address;
    /** `` while nobody has told. */
    readonly mac: string;
    /** As `ip neighbor` spells it: `REACHABLE`. */
    readonly state: string;
  };
  /** The rules gave the packet a firewall mark. */
  readonly marked: { readonly mark: number };
  /** A fragment waits for the others of its datagram; bytes. */
  readonly held: { readonly identification: number; readonly offset: number; readonly have: number };
  /** A datagram is whole; `length` in bytes. */
  readonly reassembled: { readonly fragments: number; readonly length: number };
  /** A route was looked up. */
  readonly routed: {
    readonly destination: Address;
    readonly to: "local" | "forward" | "none";
    /** The outgoing interface, and the next hop if it is not the destination itself. */
    readonly dev: string;
    readonly via: Address | undefined;
  };
  /** The packet is for a service: by its mark, by its address and port, or by one that takes more ports (port 0, FTP). */
  readonly service: { readonly service: string; readonly how: "mark" | "exact" | "fallback" };
  /** No service takes the packet. */
  readonly "no-service": Nothing;
  /** A connection was looked up. */
  readonly connection: {
    /**
     * A connection's request or answer; `own`: what the director itself says to the client; `none`: no request of a known
     * one; `no-answer`: passing by, and nobody's answer.
     */
    readonly found: "request" | "answer" | "own" | "none" | "no-answer";
    readonly connection?: ConnectionView;
  };
  /** Why a packet of no known connection does not open one. */
  readonly "not-schedulable": { readonly why: "reset" | "no-syn" | "no-init" | "ftp-data" };
  /** Why a known connection is given up, and its packet scheduled anew. */
  readonly reuse: { readonly why: "over" | "quiesced" | "server-deleted" };
  /** The template of a persistent client; `invalid`: its server may not be used any more. */
  readonly template: { readonly what: "found" | "created" | "invalid" | "none"; readonly connection?: ConnectionView };
  /** A scheduler was asked. */
  readonly scheduled: {
    readonly scheduler: string;
    /** What it remembers from one connection to the next, in its own words; may be empty. */
    readonly state: string;
    readonly candidates: readonly Candidate[];
    /** `` when there was nobody to pick. */
    readonly picked: string;
    /** Of a scheduler with a hash table: whose slot the packet's is. */
    readonly slot?: string;
  };
  /** A new connection is in the table. */
  readonly created: { readonly connection: ConnectionView };
  /** What a persistence engine read to name a template by; no `data` if there is nothing, and then the packet is dropped. */
  readonly engine: { readonly engine: string; readonly data?: string };
  /** Connection tracking does not count the packet as part of its connection: nothing in it is shifted or rewritten. */
  readonly untracked: Nothing;
  /** What an application helper read in the payload, and the entry that it made for it. */
  readonly helper: {
    readonly helper: string;
    /** The client asks for passive mode; it waits for the server's data connection; the server waits for the client's. */
    readonly what: "passive" | "from-server" | "from-client";
    readonly connection?: ConnectionView;
  };
  /** A master wrote the connection down for its backups; or a backup heard of it: new to it, known, or with another real server. */
  readonly "sync-record": {
    readonly what: "told" | "created" | "updated" | "replaced";
    readonly connection: ConnectionView;
  };
  /** A synchronisation message, or a record of one, that is not taken. */
  readonly "sync-refused": { readonly why: SyncRefusal };
  /** An advertisement for a virtual router: what it says, and where the router of priority `own` stands after it. */
  readonly vrrp: { readonly id: number; readonly priority: number; readonly state: VrrpState; readonly own: number };
  /** An advertisement that no virtual router believes; `id` is 0 if it cannot be read. */
  readonly "vrrp-refused": { readonly id: number; readonly why: VrrpFault };
  /** FULLNAT: the connection leaves from this address and port; `attempts` counts the ports that were tried, this one too. */
  readonly "local-port": { readonly address: Address; readonly port: number; readonly attempts: number };
  /** The connection follows the packet; `before` and `after` are states, as `ipvsadm -Lc` spells them. */
  readonly state: {
    readonly protocol: string;
    readonly direction: string;
    readonly event: string;
    readonly before: string;
    readonly after: string;
    /** How long it lives from now on without a packet. */
    readonly timeoutSeconds: number;
  };
  /** The forwarding method, as listings spell it, and the real server that gets the packet by it. */
  readonly method: { readonly method: string; readonly destination: string };
  /** The TTL of IPv4, the hop limit of IPv6. */
  readonly ttl: { readonly family: Family; readonly before: number; readonly after: number };
  /** Whether the packet fits the way to the real server, or to the next hop; bytes. */
  readonly mtu: {
    readonly family: Family;
    readonly length: number;
    readonly mtu: number;
    readonly dontFragment: boolean;
    readonly fits: boolean;
    /** Of a frame that stands for many packets: how many, and the length of the longest. */
    readonly segments?: { readonly count: number; readonly longest: number };
  };
  /** `before` is empty for what is new, `after` for what is taken off, or had no room (`TOA option`). */
  readonly rewritten: { readonly what: Rewritten; readonly before: string; readonly after: string };
  /** What the director's own TCP/IP stack says to a packet that is for itself: nobody listens on its port. */
  readonly host: { readonly what: "reset" };
  /** The director sends an ICMP message, ICMPv6 where `to` is of IPv6. */
  readonly icmp: { readonly type: number; readonly code: number; readonly to: Address };
  /** The packet leaves in pieces, of so many bytes of payload each. */
  readonly fragmented: { readonly pieces: readonly number[] };
  /** A frame leaves. */
  readonly sent: { readonly dev: string; readonly bytes: Uint8Array };
  /** A connection left the table. */
  readonly expired: { readonly connection: ConnectionView };
  /** What made the walk end as it does; told before its end. */
  readonly cause: { readonly cause: Cause };
  /** How the walk ended; for a drop, the kernel's file and function. */
  readonly verdict: { readonly verdict: VerdictName; readonly kernel: string };
}

export type WalkKind = keyof WalkEvents;

/** An event of one kind, or of any. */
export type WalkEvent<Kind extends WalkKind = WalkKind> = {
  readonly [K in Kind]: { readonly kind: K } & WalkEvents[K];
}[Kind];

/**
 * Who listens to a walk. One with `known` is not told of the steps of a plain packet that an established connection sends on as those
 * before it: but of the row of the connection, and whether the packet is an answer; that takes a fraction of the time.
 */
export interface Trace {
  add(event: WalkEvent): void;
  known?(row: number, answer: boolean): void;
  /** False if nobody wants the causes that are looked for when a walk is over, which takes longer than the walk. */
  readonly wantsCauses?: boolean;
}
