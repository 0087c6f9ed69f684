/** A sync daemon as attributes (ip_vs_ctl.c: ip_vs_genl_new_daemon, ip_vs_genl_del_daemon, ip_vs_genl_fill_daemon). */
import type { SyncDaemon, WantedDaemon } from "../ipvs/sync/daemon.ts";
import { AF_INET, AF_INET6, isMulticast } from "../wire/address.ts";
import { ADDRESS_BYTES, addressBytes, readAddress } from "./address.ts";
import { type Attributes, atLeast, type Policy, readNested, textOf, U8, U16, U32 } from "./attributes.ts";
import { EINVAL, type Errno } from "./errno.ts";
import type { Writer } from "./writer.ts";

/** IPVS_CMD_ATTR_DAEMON. */
export const DAEMON = 3;

/** IPVS_DAEMON_ATTR_*, include/uapi/linux/ip_vs.h. */
const STATE = 1;
const MCAST_IFN = 2;
const SYNC_ID = 3;
const SYNC_MAXLEN = 4;
const MCAST_GROUP = 5;
const MCAST_GROUP6 = 6;
const MCAST_PORT = 7;
const MCAST_TTL = 8;

/** IP_VS_STATE_*. */
const MASTER = 1;
const BACKUP = 2;
/** IP_VS_IFNAME_MAXLEN without the 0. */
const LONGEST_NAME = 15;
const IPV4_BYTES = 4;

const POLICY: Policy = {
  [STATE]: U32,
  [MCAST_IFN]: textOf(LONGEST_NAME),
  [SYNC_ID]: U32,
  [SYNC_MAXLEN]: U16,
  [MCAST_GROUP]: U32,
  [MCAST_GROUP6]: atLeast(ADDRESS_BYTES),
  [MCAST_PORT]: U16,
  [MCAST_TTL]: U8,
};

/** `undefined` for a state that is neither; what is done then is the daemon's affair. */
export type DaemonState = SyncDaemon["state"] | undefined;

const stateOf = (number: number | undefined): DaemonState =>
  number === MASTER ? "master" : number === BACKUP ? "backup" : undefined;

export interface NewDaemon {
  readonly state: DaemonState;
  readonly wanted: Omit<WantedDaemon, "state">;
}

export function readNewDaemon(attributes: Attributes): NewDaemon | Errno {
  const daemon = readNested(attributes, DAEMON, POLICY);
  if (typeof daemon === "number") return daemon;
  if (!daemon.has(STATE, MCAST_IFN, SYNC_ID)) return EINVAL;
  const group = daemon.has(MCAST_GROUP)
    ? readAddress(daemon, MCAST_GROUP, AF_INET)
    : daemon.has(MCAST_GROUP6)
      ? readAddress(daemon, MCAST_GROUP6, AF_INET6)
      : undefined;
  if (group !== undefined && !isMulticast(group)) return EINVAL;
  return {
    state: stateOf(daemon.u32(STATE)),
    wanted: {
      mcastInterface: daemon.text(MCAST_IFN) ?? "",
      syncId: daemon.u32(SYNC_ID) ?? 0,
      maxLength: daemon.u16(SYNC_MAXLEN) ?? 0,
      group,
      port: daemon.u16(MCAST_PORT) ?? 0,
      ttl: daemon.u8(MCAST_TTL) ?? 0,
    },
  };
}

/** The state that DEL_DAEMON names. */
export function readDaemonState(attributes: Attributes): { readonly state: DaemonState } | Errno {
  const daemon = readNested(attributes, DAEMON, POLICY);
  if (typeof daemon === "number") return daemon;
  return daemon.has(STATE) ? { state: stateOf(daemon.u32(STATE)) } : EINVAL;
}

export function writeDaemon(writer: Writer, daemon: SyncDaemon): void {
  writer.nested(DAEMON, () => {
    writer.u32(STATE, daemon.state === "master" ? MASTER : BACKUP);
    writer.text(MCAST_IFN, daemon.mcastInterface);
    writer.u32(SYNC_ID, daemon.syncId);
    writer.u16(SYNC_MAXLEN, daemon.maxLength);
    writer.u16(MCAST_PORT, daemon.port);
    writer.u8(MCAST_TTL, daemon.ttl);
    const bytes = addressBytes(daemon.group);
    if (daemon.group.family === AF_INET) writer.bytes(MCAST_GROUP, bytes.subarray(0, IPV4_BYTES));
    else writer.bytes(MCAST_GROUP6, bytes);
  });
}
