/**
 * The host is told that something it sent itself was too long. Of what it sends, only ICMP makes it believe the path MTU: TCP and UDP
 * ask for a socket, and it has none. Mirrors net/ipv4/icmp.c: icmp_unreach, icmp_err; net/ipv6/icmp.c: icmpv6_notify, icmpv6_err.
 */
import type { Frame } from "../../wire/frame.ts";
import {
  DESTINATION_UNREACHABLE,
  ECHO_REPLY,
  FRAGMENTATION_NEEDED,
  ICMP_CODE,
  ICMP_HEADER,
  ICMP_MTU,
  ICMP_REST,
  ICMP_TYPE,
} from "../../wire/icmp.ts";
import { ICMPV6_HEADER, PACKET_TOO_BIG } from "../../wire/icmpv6.ts";
import {
  headerLength,
  IPV4_DESTINATION,
  IPV4_HEADER,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  PROTOCOL_ICMP,
} from "../../wire/ipv4.ts";
import { PROTOCOL_ICMPV6, QuotedIpv6 } from "../../wire/ipv6.ts";
import type { Director } from "../director.ts";

/** What must be there of what the quoted header carries. */
const QUOTED = 8;

/**
 * About an echo reply.
 * @ipvs #Y director "The path MTU is learnt from fragmentation needed about the host's echo replies"
 */
export function hearFragmentationNeeded(director: Director, { view, transport: message, end }: Frame): void {
  if (view.getUint8(message + ICMP_TYPE) !== DESTINATION_UNREACHABLE) return;
  if (view.getUint8(message + ICMP_CODE) !== FRAGMENTATION_NEEDED) return;
  const quoted = message + ICMP_HEADER;
  if (end - quoted < IPV4_HEADER || view.getUint8(quoted + IPV4_PROTOCOL) !== PROTOCOL_ICMP) return;
  const inner = quoted + headerLength(view, quoted);
  if (inner - quoted < IPV4_HEADER || end - inner < QUOTED || view.getUint8(inner) !== ECHO_REPLY) return;
  const { addresses } = director;
  if (!director.routes.isOwn(addresses.ofIpv4(view.getInt32(quoted + IPV4_SOURCE)))) return;
  director.ip.learnPathMtu(
    addresses.ofIpv4(view.getInt32(quoted + IPV4_DESTINATION)),
    view.getUint16(message + ICMP_MTU),
  );
}

/**
 * About any ICMPv6 message.
 * @ipvs #Y director "IPv6: the path MTU is learnt from packet too big about the host's own ICMPv6 messages, and holds for real servers"
 */
export function hearTooBig(director: Director, frame: Frame): void {
  const { view, transport: message, end } = frame;
  if (view.getUint8(message) !== PACKET_TOO_BIG) return;
  const quoted = new QuotedIpv6();
  if (!quoted.read(frame, message + ICMPV6_HEADER, director.addresses)) return;
  if (quoted.protocol !== PROTOCOL_ICMPV6 || quoted.fragmentOffset !== 0 || end - quoted.transport < QUOTED) return;
  director.ip.learnPathMtu(quoted.destination, view.getUint32(message + ICMP_REST));
}
