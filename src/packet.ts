/** `tapvs/packet`: packets as a test writes them, and what stands in those that it gets. Runs in a browser, too. */
export { UsageError } from "./library/errors.ts";
export { Fields } from "./library/packet/fields.ts";
export { ethernet, fragments, tunnel } from "./library/packet/fragments.ts";
export { type HeaderFields, ip } from "./library/packet/ip.ts";
export { Packet } from "./library/packet/packet.ts";
export {
  type IcmpFields,
  icmp,
  icmpAbout,
  icmpv6,
  icmpv6About,
  type TcpFields,
  tcp,
  type UdpFields,
  udp,
} from "./library/packet/transport.ts";
export { packet } from "./library/packet/words.ts";
