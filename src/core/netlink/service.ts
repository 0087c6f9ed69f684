/** A service as attributes (ip_vs_ctl.c: ip_vs_genl_parse_service, ip_vs_genl_fill_service). */
import type { Service, ServiceKey, ServiceOptions } from "../ipvs/service.ts";
import { AF_INET, ANY, ANY_IPV6 } from "../wire/address.ts";
import { PROTOCOL_TCP } from "../wire/ipv4.ts";
import { ADDRESS_BYTES, addressBytes, isFamily, readAddress } from "./address.ts";
import { type Attributes, bytesOf, NESTED, type Policy, readNested, textOf, U16, U32 } from "./attributes.ts";
import { EAFNOSUPPORT, EINVAL, type Errno } from "./errno.ts";
import { writeStatistics } from "./statistics.ts";
import type { Writer } from "./writer.ts";

/** IPVS_CMD_ATTR_SERVICE. */
export const SERVICE = 1;

/** IPVS_SVC_ATTR_*, include/uapi/linux/ip_vs.h. */
const AF = 1;
const PROTOCOL = 2;
const ADDR = 3;
const PORT = 4;
const FWMARK = 5;
const SCHED_NAME = 6;
const FLAGS = 7;
const TIMEOUT = 8;
const NETMASK = 9;
const STATS = 10;
const PE_NAME = 11;
const STATS64 = 12;

/** IP_VS_SVC_F_HASHED: set as long as the service is in the table. */
const HASHED = 0x2;
const ALL_FLAGS = 0xffffffff;
const FLAGS_BYTES = 8;
/** IP_VS_SCHEDNAME_MAXLEN, IP_VS_PENAME_MAXLEN, without the 0. */
const LONGEST_NAME = 15;

const POLICY: Policy = {
  [AF]: U16,
  [PROTOCOL]: U16,
  [ADDR]: bytesOf(ADDRESS_BYTES),
  [PORT]: U16,
  [FWMARK]: U32,
  [SCHED_NAME]: textOf(LONGEST_NAME),
  [FLAGS]: bytesOf(FLAGS_BYTES),
  [TIMEOUT]: U32,
  [NETMASK]: U32,
  [STATS]: NESTED,
  [PE_NAME]: textOf(LONGEST_NAME),
};

/** What names a service, and the attributes that it was read from. */
export interface NamedService {
  readonly key: ServiceKey;
  readonly attributes: Attributes;
}

export function readService(attributes: Attributes): NamedService | Errno {
  const service = readNested(attributes, SERVICE, POLICY);
  if (typeof service === "number") return service;
  if (!service.has(AF) || !(service.has(FWMARK) || service.has(PORT, PROTOCOL, ADDR))) return EINVAL;
  const family = service.u16(AF);
  if (!isFamily(family)) return EAFNOSUPPORT;
  const fwmark = service.u32(FWMARK);
  if (fwmark !== undefined) {
    // A mark of 0 is none: it names the TCP service of no address and no port.
    const address = family === AF_INET ? ANY : ANY_IPV6;
    return { key: { family, protocol: PROTOCOL_TCP, address, port: 0, fwmark }, attributes: service };
  }
  const protocol = service.u16(PROTOCOL) ?? 0;
  const port = service.networkU16(PORT) ?? 0;
  return {
    key: { family, protocol, address: readAddress(service, ADDR, family), port, fwmark: 0 },
    attributes: service,
  };
}

/**
 * All options of NEW_SERVICE and SET_SERVICE. `flags` are those that the service has, for bits that the mask leaves alone.
 * The kernel keeps the timeout in 32 bits of ticks, `hz` in a second: what is beyond is lost.
 */
export function readServiceOptions(
  { key, attributes }: NamedService,
  flags: number,
  hz: number,
): ServiceOptions | Errno {
  const scheduler = attributes.text(SCHED_NAME);
  const timeoutSeconds = attributes.u32(TIMEOUT);
  const netmask = key.family === AF_INET ? attributes.networkU32(NETMASK) : attributes.u32(NETMASK);
  const given = attributes.padded(FLAGS, FLAGS_BYTES);
  if (scheduler === undefined || given === undefined || timeoutSeconds === undefined || netmask === undefined) {
    return EINVAL;
  }
  const [wanted, mask] = [given.getUint32(0, true), given.getUint32(4, true)];
  return {
    scheduler,
    flags: ((flags & ~mask) | (wanted & mask)) & ~HASHED,
    timeoutSeconds: Math.floor(((timeoutSeconds * hz) % 2 ** 32) / hz),
    netmask,
    persistenceEngine: attributes.text(PE_NAME) ?? "",
  };
}

export function writeService(writer: Writer, service: Service): void {
  writer.nested(SERVICE, () => {
    writer.u16(AF, service.family);
    if (service.fwmark !== 0) writer.u32(FWMARK, service.fwmark);
    else {
      writer.u16(PROTOCOL, service.protocol);
      writer.bytes(ADDR, addressBytes(service.address));
      writer.networkU16(PORT, service.port);
    }
    writer.text(SCHED_NAME, service.scheduler?.name ?? "none");
    if (service.persistenceEngine !== "") writer.text(PE_NAME, service.persistenceEngine);
    writer.bytes(FLAGS, new Uint8Array(Uint32Array.of(service.flags | HASHED, ALL_FLAGS).buffer));
    writer.u32(TIMEOUT, service.timeoutSeconds);
    if (service.family === AF_INET) writer.networkU32(NETMASK, service.netmask);
    else writer.u32(NETMASK, service.netmask);
    writeStatistics(writer, service.statistics, STATS, STATS64);
  });
}
