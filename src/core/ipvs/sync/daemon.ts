/** What `--start-daemon` starts, and what a daemon needs of the host. Mirrors struct ipvs_sync_daemon_cfg, include/net/ip_vs.h. */
import { type Address, AF_INET6, ipv4 } from "../../wire/address.ts";
import { IPV4_HEADER } from "../../wire/ipv4.ts";
import { IPV6_HEADER } from "../../wire/ipv6.ts";
import { UDP_HEADER } from "../../wire/udp.ts";

/** A master tells of its connections, a backup takes over what it hears. A host may be both. */
export interface SyncDaemon {
  readonly state: "master" | "backup";
  readonly mcastInterface: string;
  readonly syncId: number;
  /** The longest message in bytes, without IP and UDP headers. */
  readonly maxLength: number;
  readonly group: Address;
  /** Of its first thread; the others' follow. */
  readonly port: number;
  readonly ttl: number;
  /**
   * A master tells of a new connection and of every change of its state, at once; a backup asks for all that there are.
   * differs: Linux waits for the third packet of an established connection, and up to two seconds for more to tell.
   */
  readonly prompt?: true;
}

/** A daemon as it is asked for: 0 and `undefined` where the kernel chooses. */
export interface WantedDaemon extends Omit<SyncDaemon, "group"> {
  readonly group: Address | undefined;
}

const DEFAULT_GROUP = ipv4(0xe0000051);
export const SYNC_PORT = 8848;
const LONGEST_PACKET = 65535;
const SHORTEST_BACKUP_MESSAGE = 1024;
const MTU = 1500;

/**
 * The daemon that starts (ip_vs_sync.c: start_sync_thread): to 224.0.0.81, port 8848, in packets of 1500 bytes. A backup
 * takes what its interface takes, if that is more: `mtu`.
 */
export function daemonOf(wanted: WantedDaemon, mtu = MTU): SyncDaemon {
  const group = wanted.group ?? DEFAULT_GROUP;
  const headers = UDP_HEADER + (group.family === AF_INET6 ? IPV6_HEADER : IPV4_HEADER);
  const isBackup = wanted.state === "backup";
  const longest = (isBackup ? Math.min(Math.max(mtu, MTU), LONGEST_PACKET) : MTU) - headers;
  const shortest = isBackup ? SHORTEST_BACKUP_MESSAGE : 1;
  const given = Math.min(Math.max(wanted.maxLength, shortest), LONGEST_PACKET - headers);
  return {
    ...wanted,
    maxLength: wanted.maxLength === 0 ? longest : given,
    group,
    port: wanted.port || SYNC_PORT,
    ttl: wanted.ttl || 1,
  };
}

/** The sockets of daemons, as the host provides them. */
export interface SyncSockets {
  /** From now on `heard` gets what comes to the group, on any of so many ports from the daemon's on. It borrows the message. */
  listen(daemon: SyncDaemon, ports: number, heard: (message: DataView) => void): void;
  close(daemon: SyncDaemon): void;
  /** A datagram to the group, from a socket of the thread of this number. */
  send(daemon: SyncDaemon, thread: number, message: Uint8Array): void;
}

/** Of a host without a network. */
export const NO_SOCKETS: SyncSockets = { listen: () => undefined, close: () => undefined, send: () => undefined };
