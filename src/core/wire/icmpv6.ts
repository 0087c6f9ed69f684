/** ICMPv6 messages in place (RFC 4443): type, code, checksum, a rest word that depends on the type, and data. */
export const ICMPV6_CHECKSUM = 2;

export const ICMPV6_UNREACHABLE = 1;
export const PACKET_TOO_BIG = 2;
export const ICMPV6_TIME_EXCEEDED = 3;
export const ICMPV6_PARAMETER_PROBLEM = 4;
export const ICMPV6_ECHO_REQUEST = 128;
export const ICMPV6_ECHO_REPLY = 129;
export const ROUTER_SOLICITATION = 133;
export const ROUTER_ADVERTISEMENT = 134;
export const NEIGHBOR_SOLICITATION = 135;
export const NEIGHBOR_ADVERTISEMENT = 136;
export const ICMPV6_REDIRECT = 137;

/** Codes of "unreachable". */
export const NO_ROUTE = 0;
export const PROHIBITED = 1;
export const BEYOND_SCOPE = 2;
export const ADDRESS_UNREACHABLE = 3;
export const ICMPV6_PORT_UNREACHABLE = 4;
/** Codes of "time exceeded". */
export const HOP_LIMIT_EXCEEDED = 0;
export const REASSEMBLY_TIME_EXCEEDED = 1;
/** Codes of "parameter problem". */
export const HEADER_FIELD = 0;
export const UNKNOWN_NEXT_HEADER = 1;
export const UNKNOWN_OPTION = 2;
export const INCOMPLETE_HEADERS = 3;

/** Type, code, checksum and the rest word. */
export const ICMPV6_HEADER = 8;

/** Messages that report an error and quote the packet it is about: the upper bit is clear (section 2.1). */
export const isIcmpv6Error = (type: number): boolean => type < 128;

const UNREACHABLE_NAMES: readonly string[] = [
  "no route",
  "prohibited",
  "beyond scope of source address",
  "address unreachable",
  "port unreachable",
];

/** What people call a message. */
export function icmpv6Name(type: number, code: number): string {
  switch (type) {
    case ICMPV6_UNREACHABLE:
      return UNREACHABLE_NAMES[code] ?? `unreachable, code ${code}`;
    case PACKET_TOO_BIG:
      return "packet too big";
    case ICMPV6_TIME_EXCEEDED:
      return code === HOP_LIMIT_EXCEEDED ? "hop limit exceeded" : "reassembly time exceeded";
    case ICMPV6_PARAMETER_PROBLEM:
      return "parameter problem";
    case ICMPV6_ECHO_REQUEST:
      return "echo request";
    case ICMPV6_ECHO_REPLY:
      return "echo reply";
    case ROUTER_SOLICITATION:
      return "router solicitation";
    case ROUTER_ADVERTISEMENT:
      return "router advertisement";
    case NEIGHBOR_SOLICITATION:
      return "neighbor solicitation";
    case NEIGHBOR_ADVERTISEMENT:
      return "neighbor advertisement";
    case ICMPV6_REDIRECT:
      return "redirect";
    default:
      return `ICMPv6 type ${type} code ${code}`;
  }
}
