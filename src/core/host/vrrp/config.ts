/** What `ha` of a configuration says: virtual routers, and the synchronisation that goes with them. */
import type { Address } from "../../wire/address.ts";
import type { VrrpVersion } from "../../wire/vrrp.ts";
import type { Prefixed } from "../config/config.ts";

/** A virtual router of VRRP on one interface: addresses that one of several directors has. */
export interface VirtualRouterConfig {
  readonly interface: string;
  /** VRID. */
  readonly id: number;
  readonly version: VrrpVersion;
  /** 255 for the owner of the addresses. */
  readonly priority: number;
  /** Hundredths of a second between two advertisements. */
  readonly interval: number;
  /** Those of the first one's family are advertised, others only move along. */
  readonly addresses: readonly Prefixed[];
  /** Advertisements go to these, of the family that is advertised, and are taken from these alone; absent: to the group, from all. */
  readonly peers?: readonly Address[];
  /** Whether it takes over from a master of lower priority, and how many seconds it waits until then. */
  readonly preempt: boolean;
  readonly preemptDelay: number;
  /** Routers of one group are master together. */
  readonly group?: string;
  readonly authentication?: { readonly type: "pass" | "ah"; readonly secret: string };
  /** The addresses are at a MAC address that goes with them. */
  readonly virtualMac: boolean;
  readonly announce: AnnounceConfig;
}

/** How often a new master says where its addresses are, in a row; after how many seconds it says so again, and then how often. */
export interface AnnounceConfig {
  readonly repeat: number;
  readonly delay: number;
  /** 0: never. */
  readonly refresh: number;
}

/** The daemon of synchronisation: a master where the first virtual router is master, else a backup. */
export interface HaSyncConfig {
  readonly interface: string;
  readonly syncId: number;
  readonly group?: Address;
  readonly port: number;
  /** Tells at once, and asks for all; else as Linux does. */
  readonly prompt: boolean;
}

export interface HaConfig {
  readonly vrrp: readonly VirtualRouterConfig[];
  readonly sync?: HaSyncConfig;
}
