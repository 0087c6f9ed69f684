/** ICMP messages in place (RFC 792): type, code, checksum, a rest word that depends on the type, and data. */
export const ICMP_HEADER = 8;
export const ICMP_TYPE = 0;
export const ICMP_CODE = 1;
export const ICMP_CHECKSUM = 2;
export const ICMP_REST = 4;
/** Of "fragmentation needed": the MTU of the next hop, 16 bits (RFC 1191). */
export const ICMP_MTU = 6;

export const ECHO_REPLY = 0;
export const DESTINATION_UNREACHABLE = 3;
export const SOURCE_QUENCH = 4;
export const REDIRECT = 5;
export const ECHO_REQUEST = 8;
export const TIME_EXCEEDED = 11;
export const PARAMETER_PROBLEM = 12;
export const TIMESTAMP_REQUEST = 13;
export const TIMESTAMP_REPLY = 14;
/** The kernel knows types up to this one (NR_ICMP_TYPES). */
export const LAST_KNOWN_TYPE = 18;

export const NETWORK_UNREACHABLE = 0;
export const HOST_UNREACHABLE = 1;
export const PROTOCOL_UNREACHABLE = 2;
export const PORT_UNREACHABLE = 3;
export const FRAGMENTATION_NEEDED = 4;
export const REDIRECT_HOST = 1;
export const TTL_EXCEEDED = 0;
export const REASSEMBLY_EXCEEDED = 1;

/** Messages that report an error and quote the packet it is about. */
export const isIcmpError = (type: number): boolean =>
  type === DESTINATION_UNREACHABLE ||
  type === SOURCE_QUENCH ||
  type === REDIRECT ||
  type === TIME_EXCEEDED ||
  type === PARAMETER_PROBLEM;

/**
 * Whether an error may be reported about a message: not about errors, nor about types without a meaning
 * (net/ipv4/icmp.c: icmp_pointers).
 */
export const mayCauseError = (type: number): boolean =>
  type === ECHO_REPLY || type === ECHO_REQUEST || (type > PARAMETER_PROBLEM && type <= LAST_KNOWN_TYPE);

/** Codes of what a filter refuses: a network, a host, anything (RFC 1122, RFC 1812). */
const PROHIBITED: readonly number[] = [9, 10, 13];

/** What people call a message. */
export function icmpName(type: number, code: number): string {
  if (type === ECHO_REQUEST) return "echo request";
  if (type === ECHO_REPLY) return "echo reply";
  if (type === SOURCE_QUENCH) return "source quench";
  if (type === REDIRECT) return "redirect";
  if (type === PARAMETER_PROBLEM) return "parameter problem";
  if (type === TIMESTAMP_REQUEST) return "timestamp request";
  if (type === TIMESTAMP_REPLY) return "timestamp reply";
  if (type === TIME_EXCEEDED) return code === TTL_EXCEEDED ? "TTL exceeded" : "reassembly time exceeded";
  if (type === DESTINATION_UNREACHABLE) {
    const names = ["network", "host", "protocol", "port"];
    if (PROHIBITED.includes(code)) return "administratively prohibited";
    return code === FRAGMENTATION_NEEDED ? "fragmentation needed" : `${names[code] ?? `code ${code}`} unreachable`;
  }
  return `ICMP type ${type} code ${code}`;
}
