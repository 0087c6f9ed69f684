/** What the main thread and the dataplane's thread say to each other. Everything here survives a structured clone. */
import type { Outcome } from "../../core/control/environment.ts";
import type { ListingKind } from "../../core/control/json.ts";
import type { HostConfig } from "../../core/host/config/config.ts";
import type { WaitingFragment } from "../../core/host/fragments/waiting.ts";
import type { PastConnection } from "../../core/host/history.ts";
import type { SysctlOutcome } from "../../core/host/sysctls.ts";
import type { RouterStanding } from "../../core/host/vrrp/virtual-routers.ts";
import type { DestinationOptions } from "../../core/ipvs/destination.ts";
import type { ServiceKey } from "../../core/ipvs/service.ts";
import type { StatisticsImage } from "../../core/ipvs/statistics.ts";
import type { SyncDaemon } from "../../core/ipvs/sync/daemon.ts";
import type { Restored } from "../../core/ipvs/sync/restoration.ts";
import type { SnapshotPart } from "../../core/ipvs/sync/snapshot.ts";
import type { RouterFigures } from "../../core/metrics/vrrp-metrics.ts";
import type { Change } from "../../core/trace/causes/told.ts";
import type { Address } from "../../core/wire/address.ts";
import type { KeptFrame } from "../../core/wire/kept-frame.ts";
import type { FailureAction } from "../config/live.ts";
import type { HeldServer } from "./held-servers.ts";
import type { Exchange } from "./slots.ts";

/** Places of the words that both threads share. */
export const SIGNAL_MESSAGES = 0;
/** Explained packets that are on their way to the main thread. */
export const SIGNAL_EXPLAINED = 1;
export const SIGNALS = 2;

/** What the dataplane is made with. */
export interface DataplaneSetup {
  readonly host: HostConfig;
  /** The open TAP device of each interface, in their order. */
  readonly descriptors: readonly number[];
  readonly offloads: boolean;
  /** Uses io_uring where there is one. */
  readonly uring: boolean;
  /** Keeps connections that are gone in mind, for `tapvs why`. */
  readonly remembers: boolean;
  /** An eventfd that interrupts the wait for frames, and the words that tell why. */
  readonly wake: number;
  readonly signals: Int32Array;
  readonly seed: number;
  /** The capture to write, `-` for standard output. */
  readonly capture: string | undefined;
  /** It takes over from a predecessor, which writes the capture until then. */
  readonly succeeds: boolean;
}

/** What may be asked of the director; it is done between two rounds of frames, so that it sees no packet half way. */
export type DirectorRequest =
  | {
      readonly kind: "ipvsadm";
      readonly words: readonly string[];
      readonly stdin?: string;
      readonly programName?: string;
    }
  /** `capped`: the socket wants the header only of what is refused. */
  | { readonly kind: "netlink"; readonly datagram: Uint8Array; readonly capped: boolean }
  | {
      readonly kind: "host";
      readonly program: string;
      readonly words: readonly string[];
      /** The texts of the files that the command reads. */
      readonly files: Readonly<Record<string, string>>;
    }
  | { readonly kind: "switches" }
  | { readonly kind: "listing"; readonly listing: ListingKind }
  | { readonly kind: "proc"; readonly names: readonly string[] }
  | { readonly kind: "status" }
  | { readonly kind: "metrics" }
  | { readonly kind: "state" }
  /** The connections from this row on, as many as one round takes. */
  | { readonly kind: "snapshot"; readonly from: number }
  /** Takes over connections, before frames come. */
  | { readonly kind: "restore"; readonly snapshot: ConnectionsAt }
  | { readonly kind: "sysctl"; readonly name: string; readonly value: number | string }
  /** With `good` those rules that can be run are in force even if others cannot. */
  | { readonly kind: "reload"; readonly host: HostConfig; readonly rules: readonly string[]; readonly good?: true }
  /** All but the connections, for a copy that is asked in its stead. */
  | { readonly kind: "image" }
  /** Takes no more frames, and tells a successor all that it needs. */
  | { readonly kind: "hand-over" }
  /** Takes over from a predecessor, and frames. */
  | { readonly kind: "take-over"; readonly handed: Handed }
  /** The rules are there: frames may come. */
  | { readonly kind: "begin" }
  | { readonly kind: "explain"; readonly filters: readonly { readonly id: number; readonly filter: string }[] }
  | { readonly kind: "targets"; readonly service: ServiceKey }
  | { readonly kind: "take-out"; readonly service: ServiceKey; readonly server: ServerEnd; readonly how: FailureAction }
  | { readonly kind: "put-back"; readonly service: ServiceKey; readonly server: ServerEnd }
  | {
      readonly kind: "stand-in";
      readonly service: ServiceKey;
      readonly server: ServerEnd;
      readonly options: DestinationOptions;
    }
  | { readonly kind: "send-home"; readonly service: ServiceKey; readonly server: ServerEnd }
  /** The device of an interface went down, or is up again. */
  | { readonly kind: "link"; readonly name: string; readonly isUp: boolean }
  | { readonly kind: "stop" };

/** What the requests are answered with, by kind. */
export interface Answers {
  readonly ipvsadm: Outcome;
  /** The datagrams that answer one. */
  readonly netlink: readonly Uint8Array[];
  readonly host: Outcome;
  /** All switches by name, with what their files hold. */
  readonly switches: readonly (readonly [name: string, value: string])[];
  readonly listing: object;
  /** The texts of the files under /proc/net, `undefined` for one that there is not. */
  readonly proc: readonly (string | undefined)[];
  readonly status: DirectorStatus;
  /** Exposition text. */
  readonly metrics: string;
  /** The table as rules that make it again. */
  readonly state: string;
  readonly snapshot: SnapshotPart & { readonly hz: number };
  readonly restore: Restored;
  readonly sysctl: SysctlOutcome;
  readonly reload: ReloadOutcome;
  readonly image: DirectorImage;
  readonly "hand-over": Handed;
  /** Rules and connections that could not be taken over, in words. */
  readonly "take-over": readonly string[];
  readonly begin: undefined;
  readonly explain: undefined;
  /** The real servers to be watched; `undefined` if there is no such service. */
  readonly targets: readonly Target[] | undefined;
  /** Whether anything changed. */
  readonly "take-out": boolean;
  readonly "put-back": boolean;
  readonly "stand-in": boolean;
  readonly "send-home": boolean;
  readonly link: undefined;
  readonly stop: undefined;
}

/** A snapshot of connections, when it was taken (microseconds since 1970, UTC), and how many ticks its seconds have. */
export interface ConnectionsAt {
  readonly bytes: Uint8Array;
  readonly hz: number;
  readonly taken: number;
}

/** All that a successor needs to go on where a director stopped. */
export interface Handed {
  /** In force, and as it was read last. */
  readonly host: HostConfig;
  readonly read: HostConfig;
  readonly switches: readonly (readonly [name: string, value: string])[];
  readonly rules: readonly string[];
  readonly held: readonly HeldServer[];
  readonly daemons: readonly SyncDaemon[];
  /** States of virtual routers by their names. */
  readonly routers: readonly RouterStanding[];
  readonly neighbors: readonly HandedNeighbor[];
  readonly connections: ConnectionsAt;
  readonly counters: HandedCounters;
  /** Those that wait for the rest of their datagrams. */
  readonly fragments: readonly WaitingFragment[];
  readonly parked: readonly ParkedFrame[];
}

/** A frame that waits for the MAC address of its next hop. */
export interface ParkedFrame {
  readonly ifindex: number;
  readonly address: Address;
  readonly frame: KeptFrame;
}

/** What was counted so far. */
export interface HandedCounters {
  readonly totals: StatisticsImage;
  readonly services: readonly {
    readonly service: ServiceKey;
    readonly statistics: StatisticsImage;
    readonly servers: readonly (ServerEnd & { readonly statistics: StatisticsImage })[];
  }[];
  readonly verdicts: readonly (readonly [name: string, count: number])[];
  readonly ports: readonly PortCounters[];
}

/** A director as it is, and what it remembers, without its connections. */
export interface DirectorImage {
  readonly host: HostConfig;
  readonly switches: readonly (readonly [name: string, value: string])[];
  readonly rules: readonly string[];
  readonly neighbors: readonly HandedNeighbor[];
  readonly changes: readonly Change[];
  readonly past: readonly PastConnection[];
  /** Microseconds of its clock. */
  readonly now: number;
}

/** Who is behind an address. */
export interface HandedNeighbor {
  readonly ifindex: number;
  readonly address: Address;
  readonly mac: number;
}

/** A real server by its address and port. */
export interface ServerEnd {
  readonly address: Address;
  readonly port: number;
}

/** A real server that may be checked; `out` if a check has taken it out of service. */
export interface Target extends ServerEnd {
  readonly out: boolean;
  readonly weight: number;
}

export interface ReloadOutcome {
  /** Rules that are wrong; then none of them is in force, unless the good ones were asked for. */
  readonly refused: readonly RefusedRule[];
  /** Why the host's configuration was not taken over; absent if it was. */
  readonly obstacle?: string;
}

/** Frames and bytes since the start. */
export interface PortCounters {
  readonly name: string;
  readonly received: number;
  readonly sent: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** Frames that the kernel did not take. */
  readonly sendErrors: number;
}

export interface DirectorStatus {
  /** `12.11.0.101/32` and the like, by the names of the interfaces; link-local ones are left out. */
  readonly addresses: Readonly<Record<string, readonly string[]>>;
  /** Configured routes, as `ip route` says them. */
  readonly routes: readonly string[];
  /** Addresses or routes are others than those of the configuration that was read last. */
  readonly changedByHand: boolean;
  /** Virtual routers. */
  readonly ha: readonly RouterFigures[];
  readonly ports: readonly PortCounters[];
  /** The calls by which frames come in and leave. */
  readonly calls: Exchange["name"];
  readonly services: number;
  readonly destinations: number;
  readonly connections: number;
  /** How packets ended, by verdict; those that never happened are left out. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** Rounds of the poll loop. */
  readonly rounds: number;
}

export interface NumberedRequest {
  readonly id: number;
  readonly request: DirectorRequest;
}

/** From the dataplane to the main thread. */
export type DataplaneMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "answer"; readonly id: number; readonly answer: unknown }
  /** A request could not be done: a mistake of whoever asked. */
  | { readonly kind: "refusal"; readonly id: number; readonly message: string }
  /** A packet explained: one line of JSON, for those whose filter it passed. */
  | { readonly kind: "explained"; readonly to: readonly number[]; readonly line: string }
  | { readonly kind: "warning" | "notice"; readonly message: string }
  /** A device is gone; the dataplane ends. */
  | { readonly kind: "failure"; readonly code: string; readonly message: string };

/** A rule that could not be run; `line` counts from 1 in the rules. */
export interface RefusedRule {
  readonly line: number;
  readonly message: string;
}
