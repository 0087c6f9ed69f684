/** Checksums that no receiver will take, ICMP errors that find nobody, and how long timers take. */
import { describeService } from "../../ipvs/service.ts";
import { grainOf, levelOf } from "../../time/kernel-ticks.ts";
import { AF_INET } from "../../wire/address.ts";
import type { Frame } from "../../wire/frame.ts";
import { ECHO_REQUEST, ICMP_HEADER, isIcmpError } from "../../wire/icmp.ts";
import { ICMPV6_ECHO_REQUEST, isIcmpv6Error } from "../../wire/icmpv6.ts";
import { IPV4_LENGTH, PROTOCOL_TCP, PROTOCOL_UDP } from "../../wire/ipv4.ts";
import { isIcmp, pseudoSum, transportSum } from "../../wire/network.ts";
import { TCP_CHECKSUM, TCP_HEADER } from "../../wire/tcp.ts";
import type { Finder } from "./inquiry.ts";

const UDP_CHECKSUM = 6;
const UDP_HEADER = 8;
const RIGHT = 0xffff;

/** Of TCP and UDP: nothing but the pseudo header's sum, or wrong in another way. */
export const checksum: Finder = (inquiry) => {
  const { frame, ends } = inquiry;
  if (frame === undefined || ends === undefined || frame.isFragment) return undefined;
  if (inquiry.received?.unfinished === true) return undefined;
  const isTcp = ends.protocol === PROTOCOL_TCP;
  if (!isTcp && ends.protocol !== PROTOCOL_UDP) return undefined;
  const length = frame.end - frame.transport;
  if (length < (isTcp ? TCP_HEADER : UDP_HEADER) || isCutShort(frame)) return undefined;
  const found = frame.view.getUint16(frame.transport + (isTcp ? TCP_CHECKSUM : UDP_CHECKSUM));
  if ((!isTcp && found === 0) || transportSum(frame) === RIGHT) return undefined;
  const protocol = isTcp ? "TCP" : "UDP";
  return { kind: found === pseudoSum(frame, length) ? "partial-checksum" : "wrong-checksum", protocol };
};

/** The bytes are fewer, or more, than the IPv4 header says: nobody can say whether the sum was right. */
const isCutShort = ({ view, network, family, end }: Frame): boolean =>
  family === AF_INET && view.getUint16(network + IPV4_LENGTH) !== end - network;

/** An ICMP error about a packet of no known connection. */
export const icmpStray: Finder = (inquiry) => {
  const { frame, server } = inquiry;
  if (frame === undefined || !isIcmp(frame) || frame.end - frame.transport < ICMP_HEADER) return undefined;
  const type = frame.view.getUint8(frame.transport);
  if (frame.family === AF_INET ? !isIcmpError(type) : !isIcmpv6Error(type)) return undefined;
  if (inquiry.connection?.connection !== undefined || inquiry.verdict === "sent") return undefined;
  const service = server.services.list().find(({ handle, fwmark }) => fwmark === 0 && handle === frame.destination);
  return service && { kind: "icmp-stray", service: describeService(service) };
};

const CLOSING: readonly string[] = ["FIN_WAIT", "TIME_WAIT"];

/** How long an entry that is closing stays, and how much longer at this HZ. */
export const closingTimer: Finder = (inquiry) => {
  const state = inquiry.state;
  if (state?.protocol !== "TCP" || !CLOSING.includes(state.after)) return undefined;
  const { hz } = inquiry.server.ticks;
  const oneSided = state.direction === "input-only";
  const set = state.after === "FIN_WAIT" ? 2 : 0;
  const late = grainOf(levelOf(state.timeoutSeconds * hz)) / hz;
  return { kind: "timer", state: state.after, seconds: state.timeoutSeconds, late, hz, oneSided, set };
};

/** A ping of a virtual address says nothing of the real servers. */
export const ping: Finder = (inquiry) => {
  const { frame, server } = inquiry;
  if (frame === undefined || !isEchoRequest(frame) || inquiry.verdict !== "delivered") return undefined;
  const isVirtual = server.services.list().some(({ handle, fwmark }) => fwmark === 0 && handle === frame.destination);
  return isVirtual ? { kind: "ping", address: inquiry.address(frame.destination) } : undefined;
};

/** Of either family. */
export const isEchoRequest = (frame: Frame): boolean =>
  isIcmp(frame) &&
  frame.end - frame.transport >= ICMP_HEADER &&
  frame.view.getUint8(frame.transport) === (frame.family === AF_INET ? ECHO_REQUEST : ICMPV6_ECHO_REQUEST);
