/** The sync daemons: accepted and listed. differs: nothing is sent or received; the protocol is not emulated. */
import { type Address, AF_INET, AF_INET6, ipv4 } from "../wire/address.ts";
import { IPV4_HEADER } from "../wire/ipv4.ts";
import { IPV6_HEADER } from "../wire/ipv6.ts";
import { UDP_HEADER } from "../wire/udp.ts";

export interface SyncDaemon {
  readonly state: "master" | "backup";
  readonly mcastInterface: string;
  readonly syncId: number;
  readonly maxLength: number;
  readonly group: Address;
  readonly port: number;
  readonly ttl: number;
}

/** A daemon as it is asked for: 0 and `undefined` where the kernel chooses. */
export interface WantedDaemon extends Omit<SyncDaemon, "group"> {
  readonly group: Address | undefined;
}

const DEFAULT_GROUP = ipv4(0xe0000051);
const DEFAULT_PORT = 8848;
const LONGEST_PACKET = 65535;
const SHORTEST_BACKUP_MESSAGE = 1024;
const MTU = 1500;

/**
 * The daemon that starts (ip_vs_sync.c: start_sync_thread): to 224.0.0.81, port 8848, in packets of 1500 bytes.
 * differs: a backup without a length takes its interface's MTU in the kernel, here 1500.
 */
export function daemonOf(wanted: WantedDaemon): SyncDaemon {
  const group = wanted.group ?? DEFAULT_GROUP;
  const headers = UDP_HEADER + (group.family === AF_INET6 ? IPV6_HEADER : IPV4_HEADER);
  const shortest = wanted.state === "backup" ? SHORTEST_BACKUP_MESSAGE : 1;
  const maxLength = wanted.maxLength === 0 ? MTU - headers : wanted.maxLength;
  return {
    ...wanted,
    maxLength: Math.min(Math.max(maxLength, shortest), LONGEST_PACKET - headers),
    group,
    port: wanted.port || DEFAULT_PORT,
    ttl: wanted.ttl || 1,
  };
}

/** 224.0.0.0/4 and ff00::/8. */
export const isMulticast = ({ family, words: [first] }: Address): boolean =>
  family === AF_INET ? first >>> 28 === 0xe : first >>> 24 === 0xff;
