/** What a command line asks for, as it is read from left to right. Mirrors struct ipvs_command_entry of ipvsadm.c. */
import { TUNNEL_IPIP, TUNNEL_NO_CHECKSUM } from "../ipvs/destination.ts";
import { dr } from "../ipvs/forwarding/direct.ts";
import { TOA_OFF } from "../ipvs/forwarding/toa.ts";
import { type Address, ANY, type Family } from "../wire/address.ts";
import { DEFAULT_SCHEDULER } from "./scheduler-flags.ts";

/** Commands by the names that messages give them: upstream's, FULLNAT's (alibaba/LVS, DPVS), and two that print. */
export type Command =
  | "add-service"
  | "edit-service"
  | "delete-service"
  | "flush"
  | "list"
  | "add-server"
  | "delete-server"
  | "edit-server"
  | "set"
  | "start-daemon"
  | "stop-daemon"
  | "restore"
  | "save"
  | "zero"
  | "add-laddr"
  | "del-laddr"
  | "get-laddr"
  | "help"
  | "version";

/** Options by the names that messages give them, in the order in which they are checked. */
export const OPTIONS = [
  "numeric",
  "connection",
  "service-address",
  "scheduler",
  "persistent",
  "netmask",
  "real-server",
  "forwarding-method",
  "weight",
  "u-threshold",
  "l-threshold",
  "mcast-interface",
  "timeout",
  "daemon",
  "stats",
  "rate",
  "thresholds",
  "persistent-conn",
  "nosort",
  "syncid",
  "exact",
  "ops",
  "pe",
  "sched-flags",
  "mcast-group",
  "mcast-port",
  "mcast-ttl",
  "sync-maxlen",
  "tun-info",
  "tun-type",
  "tun-port",
  "tun-nocsum",
  "tun-csum",
  "tun-remcsum",
  "local-address",
  "toa",
] as const;
export type OptionName = (typeof OPTIONS)[number];

export interface Request {
  command: Command;
  readonly given: Set<OptionName>;
  /** The virtual service. Its protocol is that of the option that named it; a firewall mark counts as TCP. */
  readonly service: {
    family: Family | undefined;
    protocol: number;
    address: Address;
    port: number;
    fwmark: number;
    scheduler: string;
    flags: number;
    timeoutSeconds: number;
    /** IPv4: the mask in host order. IPv6: the prefix length. */
    netmask: number;
    engine: string;
    /** TOA_OFF, TOA_DPVS, TOA_ALIBABA. */
    toa: number;
  };
  readonly server: {
    address: Address;
    port: number;
    forwarding: number;
    weight: number;
    upperThreshold: number;
    lowerThreshold: number;
    tunnelType: number;
    tunnelPort: number;
    tunnelFlags: number;
  };
  readonly daemon: {
    state: "master" | "backup";
    mcastInterface: string;
    syncId: number;
    /** 0 where the kernel chooses. */
    maxLength: number;
    group: Address | undefined;
    port: number;
    ttl: number;
  };
  /** The text of `-b`, which is looked at when all options are read. */
  schedulerFlags: string | undefined;
  localAddress: Address;
  /** The words of `--set`: TCP, TCP after FIN, UDP, in seconds. */
  timeouts: readonly number[];
}

/** The scheduler of a command line that names none is wlc, and of one that names the empty one too. */
export const schedulerOf = (request: Request): string => request.service.scheduler || DEFAULT_SCHEDULER;

export const emptyRequest = (command: Command): Request => ({
  command,
  given: new Set(),
  service: {
    family: undefined,
    protocol: 0,
    address: ANY,
    port: 0,
    fwmark: 0,
    scheduler: "",
    flags: 0,
    timeoutSeconds: 0,
    netmask: 0xffffffff,
    engine: "",
    toa: TOA_OFF,
  },
  server: {
    address: ANY,
    port: 0,
    forwarding: dr.number,
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
    tunnelType: TUNNEL_IPIP,
    tunnelPort: 0,
    tunnelFlags: TUNNEL_NO_CHECKSUM,
  },
  daemon: { state: "master", mcastInterface: "", syncId: 0, maxLength: 0, group: undefined, port: 0, ttl: 0 },
  schedulerFlags: undefined,
  localAddress: ANY,
  timeouts: [],
});
