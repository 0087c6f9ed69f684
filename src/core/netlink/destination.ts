/** A real server as attributes (ip_vs_ctl.c: ip_vs_genl_parse_dest, ip_vs_genl_dump_dest). */
import { type Destination, type DestinationOptions, TUNNEL_IPIP, TUNNEL_NO_CHECKSUM } from "../ipvs/destination.ts";
import type { Address, Family } from "../wire/address.ts";
import { ADDRESS_BYTES, addressBytes, isFamily, readAddress } from "./address.ts";
import { type Attributes, bytesOf, NESTED, type Policy, readNested, U8, U16, U32 } from "./attributes.ts";
import { EAFNOSUPPORT, EINVAL, type Errno } from "./errno.ts";
import { writeStatistics } from "./statistics.ts";
import type { Writer } from "./writer.ts";

/** IPVS_CMD_ATTR_DEST. */
export const DEST = 2;

/** IPVS_DEST_ATTR_*, include/uapi/linux/ip_vs.h. */
const ADDR = 1;
const PORT = 2;
const FWD_METHOD = 3;
const WEIGHT = 4;
const U_THRESH = 5;
const L_THRESH = 6;
const ACTIVE_CONNS = 7;
const INACT_CONNS = 8;
const PERSIST_CONNS = 9;
const STATS = 10;
const ADDR_FAMILY = 11;
const STATS64 = 12;
const TUN_TYPE = 13;
const TUN_PORT = 14;
const TUN_FLAGS = 15;

/** IP_VS_CONN_F_FWD_MASK. */
const METHOD_MASK = 0x7;

const POLICY: Policy = {
  [ADDR]: bytesOf(ADDRESS_BYTES),
  [PORT]: U16,
  [FWD_METHOD]: U32,
  [WEIGHT]: U32,
  [U_THRESH]: U32,
  [L_THRESH]: U32,
  [ACTIVE_CONNS]: U32,
  [INACT_CONNS]: U32,
  [PERSIST_CONNS]: U32,
  [STATS]: NESTED,
  [ADDR_FAMILY]: U16,
  [TUN_TYPE]: U8,
  [TUN_PORT]: U16,
  [TUN_FLAGS]: U16,
};

export interface NamedDestination {
  readonly address: Address;
  readonly port: number;
  /** For NEW_DEST and SET_DEST; of DEL_DEST nobody asks. */
  readonly options: DestinationOptions;
}

/** `family` is the service's, for clients that name none. `full`: all options must be there. */
export function readDestination(attributes: Attributes, family: Family, full: boolean): NamedDestination | Errno {
  const destination = readNested(attributes, DEST, POLICY);
  if (typeof destination === "number") return destination;
  if (!destination.has(ADDR, PORT)) return EINVAL;
  if (full && !destination.has(FWD_METHOD, WEIGHT, U_THRESH, L_THRESH)) return EINVAL;
  const own = destination.u16(ADDR_FAMILY) || family;
  if (!isFamily(own)) return EAFNOSUPPORT;
  return {
    address: readAddress(destination, ADDR, own),
    port: destination.networkU16(PORT) ?? 0,
    options: {
      forwarding: (destination.u32(FWD_METHOD) ?? 0) & METHOD_MASK,
      weight: (destination.u32(WEIGHT) ?? 0) | 0,
      upperThreshold: destination.u32(U_THRESH) ?? 0,
      lowerThreshold: destination.u32(L_THRESH) ?? 0,
      tunnelType: destination.u8(TUN_TYPE) ?? TUNNEL_IPIP,
      tunnelPort: destination.networkU16(TUN_PORT) ?? 0,
      tunnelFlags: destination.u16(TUN_FLAGS) ?? TUNNEL_NO_CHECKSUM,
    },
  };
}

export function writeDestination(writer: Writer, destination: Destination): void {
  writer.nested(DEST, () => {
    writer.bytes(ADDR, addressBytes(destination.address));
    writer.networkU16(PORT, destination.port);
    writer.u32(FWD_METHOD, destination.forwarding);
    writer.u32(WEIGHT, destination.weight);
    writer.u8(TUN_TYPE, destination.tunnelType);
    writer.networkU16(TUN_PORT, destination.tunnelPort);
    writer.u16(TUN_FLAGS, destination.tunnelFlags);
    writer.u32(U_THRESH, destination.upperThreshold);
    writer.u32(L_THRESH, destination.lowerThreshold);
    writer.u32(ACTIVE_CONNS, destination.activeConnections);
    writer.u32(INACT_CONNS, destination.inactiveConnections);
    writer.u32(PERSIST_CONNS, destination.persistentConnections);
    writer.u16(ADDR_FAMILY, destination.address.family);
    writeStatistics(writer, destination.statistics, STATS, STATS64);
  });
}
