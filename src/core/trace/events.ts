/**
 * The walk of a packet as data: what happened at each step, in order. Made only while somebody listens.
 * The listener may keep all of it: addresses are values, `bytes` copies.
 */
import type { Address, Family } from "../wire/address.ts";

/** A connection as an event shows it. */
export interface ConnectionView {
  readonly protocol: number;
  readonly clientAddress: Address;
  readonly clientPort: number;
  readonly virtualAddress: Address;
  readonly virtualPort: number;
  readonly destinationAddress: Address;
  readonly destinationPort: number;
  /** FULLNAT: where the connection leaves the director from. */
  readonly localAddress: Address | undefined;
  readonly localPort: number;
  readonly state: string;
  /** Seconds until it expires. */
  readonly secondsLeft: number;
  readonly template: boolean;
}

/** One destination as the scheduler saw it. */
export interface Candidate {
  /** `10.2.0.2:80`. */
  readonly destination: string;
  readonly weight: number;
  readonly active: number;
  readonly inactive: number;
  readonly overloaded: boolean;
  /** What the scheduler compares, in its own words. */
  readonly numbers: string;
}

export type WalkEvent =
  | { readonly kind: "received"; readonly dev: string; readonly bytes: Uint8Array }
  | {
      readonly kind: "arp";
      readonly operation: number;
      readonly sender: Address;
      readonly target: Address;
      readonly what: string;
    }
  | {
      readonly kind: "discovery";
      /** Neighbor discovery: the director asks for `target`, or says that it is at `mac`. */
      readonly what: "solicits" | "advertises";
      readonly target: Address;
      /** Where the answer is to go, or who gets it. */
      readonly other: Address;
      readonly mac: string;
    }
  | {
      readonly kind: "neighbor";
      /** Somebody told its MAC address; somebody told another one, and the entry kept its own; a frame goes to it; a frame waits for it. */
      readonly what: "learnt" | "refused" | "used" | "awaited";
      readonly address: Address;
      /** `` while nobody has told. */
      readonly mac: string;
      readonly state: string;
    }
  | { readonly kind: "marked"; readonly mark: number }
  | { readonly kind: "held"; readonly identification: number; readonly offset: number; readonly have: number }
  | { readonly kind: "reassembled"; readonly fragments: number; readonly length: number }
  | {
      readonly kind: "routed";
      readonly destination: Address;
      readonly to: "local" | "forward" | "none";
      /** The outgoing interface, and the next hop if it is not the destination itself. */
      readonly dev: string;
      readonly via: Address | undefined;
    }
  | { readonly kind: "service"; readonly service: string; readonly how: "mark" | "exact" | "fallback" }
  | { readonly kind: "no-service" }
  | {
      readonly kind: "connection";
      /**
       * A connection's request or answer; `own`: what the director itself says to the client; `none`: no request of a known
       * one; `no-answer`: passing by, and nobody's answer.
       */
      readonly found: "request" | "answer" | "own" | "none" | "no-answer";
      readonly connection?: ConnectionView;
    }
  | { readonly kind: "not-schedulable"; readonly why: string }
  | { readonly kind: "reuse"; readonly why: string }
  | {
      readonly kind: "template";
      readonly what: "found" | "created" | "invalid" | "none";
      readonly connection?: ConnectionView;
    }
  | {
      readonly kind: "scheduled";
      readonly scheduler: string;
      readonly state: string;
      readonly candidates: readonly Candidate[];
      /** `` when there was nobody to pick. */
      readonly picked: string;
    }
  | { readonly kind: "created"; readonly connection: ConnectionView }
  /** What a persistence engine read to name a template by; no `data` if there is nothing, and then the packet is dropped. */
  | { readonly kind: "engine"; readonly engine: string; readonly data?: string }
  /** Connection tracking does not count the packet as part of its connection: nothing in it is shifted or rewritten. */
  | { readonly kind: "untracked" }
  /** What an application helper read in the payload, and the entry that it made for it. */
  | {
      readonly kind: "helper";
      readonly helper: string;
      readonly what: string;
      readonly connection?: ConnectionView;
    }
  /** A master wrote the connection down for its backups; or a backup heard of it: new to it, known, or with another real server. */
  | {
      readonly kind: "sync-record";
      readonly what: "told" | "created" | "updated" | "replaced";
      readonly connection: ConnectionView;
    }
  /** A synchronisation message, or a record of one, that is not taken. */
  | { readonly kind: "sync-refused"; readonly why: string }
  | { readonly kind: "local-port"; readonly address: Address; readonly port: number; readonly attempts: number }
  | {
      readonly kind: "state";
      readonly protocol: string;
      readonly direction: string;
      readonly event: string;
      readonly before: string;
      readonly after: string;
      readonly timeoutSeconds: number;
    }
  | { readonly kind: "method"; readonly method: string; readonly destination: string }
  /** The TTL of IPv4, the hop limit of IPv6. */
  | { readonly kind: "ttl"; readonly family: Family; readonly before: number; readonly after: number }
  | {
      readonly kind: "mtu";
      readonly family: Family;
      readonly length: number;
      readonly mtu: number;
      readonly dontFragment: boolean;
      readonly fits: boolean;
    }
  | { readonly kind: "rewritten"; readonly what: string; readonly before: string; readonly after: string }
  /** What the director's own TCP/IP stack says to a packet that is for itself. */
  | { readonly kind: "host"; readonly what: string }
  | {
      readonly kind: "icmp";
      readonly type: number;
      readonly code: number;
      readonly to: Address;
      readonly about: string;
    }
  | { readonly kind: "fragmented"; readonly pieces: readonly number[] }
  | { readonly kind: "sent"; readonly dev: string; readonly bytes: Uint8Array }
  | { readonly kind: "expired"; readonly connection: ConnectionView }
  | { readonly kind: "verdict"; readonly verdict: string; readonly sentence: string; readonly kernel: string };

/** Who listens to a walk. */
export interface Trace {
  add(event: WalkEvent): void;
}
