/** ICMP messages that the director itself originates. Mirrors net/ipv4/icmp.c: __icmp_send, icmp_reply. */
import { checksum } from "../../wire/checksum.ts";
import { ETHERNET_HEADER } from "../../wire/ethernet.ts";
import { Frame, TO_HOST } from "../../wire/frame.ts";
import {
  DESTINATION_UNREACHABLE,
  ECHO_REPLY,
  FRAGMENTATION_NEEDED,
  ICMP_CHECKSUM,
  ICMP_CODE,
  ICMP_HEADER,
  ICMP_REST,
  ICMP_TYPE,
  mayCauseError,
  TIMESTAMP_REPLY,
} from "../../wire/icmp.ts";
import { IPV4_HEADER, IPV4_TOS, PROTOCOL_ICMP } from "../../wire/ipv4.ts";
import type { Director } from "../director.ts";
import { type EchoedOptions, echoOptions, writeAnswerHeader } from "./ip-options-echo.ts";

/** An ICMP error is at most this long, so that every host can take it (RFC 1812, section 4.3.2.3). */
const LONGEST_ERROR = 576;
/** "Internetwork control", with the offender's TOS bits but not its lowest ECN bit. */
const INTERNETWORK_CONTROL = 0xc0;
const TOS_BITS = 0x1e;

/**
 * Sends an error about the packet as it now stands in the frame, unless it may not: about errors, later fragments,
 * broadcasts, and above the rate limit. `rest` is the second word of the message.
 * @ipvs #Y icmp "Errors come from the address the packet was sent to if that is the director's, quote at most 548 bytes, TOS precedence 6"
 */
export function sendError(director: Director, frame: Frame, type: number, code: number, rest: number): void {
  const { view, network } = frame;
  if (frame.packetType !== TO_HOST || frame.fragmentOffset !== 0 || isAboutError(frame)) return;
  const aimedAt = frame.destination;
  if (director.routes.isBroadcast(aimedAt) || aimedAt >>> 28 === 14) return;
  const echoed = echoOptions(director, frame);
  if (echoed === undefined) return;
  const offender = echoed.firstStop === undefined ? frame.source : echoed.firstStop | 0;
  const route = director.routes.lookup(offender);
  if (route === undefined) return;
  if (isLimited(director, type, code) && !mayBeSent(director, offender)) return;
  const header = IPV4_HEADER + echoed.bytes.length;
  const room = Math.min(director.routes.pathMtu(route, offender, director.now), LONGEST_ERROR) - header - ICMP_HEADER;
  const quoted = Math.min(frame.end - network, room);
  const error = Frame.allocate(ETHERNET_HEADER + header + ICMP_HEADER + quoted);
  const message = error.network + header;
  error.bytes.set(frame.bytes.subarray(network, network + quoted), message + ICMP_HEADER);
  error.view.setUint8(message + ICMP_TYPE, type);
  error.view.setUint8(message + ICMP_CODE, code);
  error.view.setUint32(message + ICMP_REST, rest);
  const tos = (view.getUint8(network + IPV4_TOS) & TOS_BITS) | INTERNETWORK_CONTROL;
  finish(director, error, echoed, tos, frame.routedLocally ? aimedAt : route.source, offender);
  director.trace?.add({
    kind: "icmp",
    type,
    code,
    to: director.path.shown.address(offender),
  });
  director.ip.originate(error);
}

/** Answers an echo request (icmp_echo): same data, sent from the address that was pinged. */
export function sendEchoReply(director: Director, frame: Frame): void {
  sendReply(director, frame, ECHO_REPLY, frame.bytes.subarray(frame.transport, frame.end));
}

/**
 * Answers a timestamp request (icmp_timestamp): its own time, and twice the director's.
 * @ipvs #Y director "ICMP timestamp requests are answered with the time of day, in milliseconds since midnight UTC"
 */
export function sendTimestampReply(director: Director, frame: Frame): void {
  const message = new Uint8Array(TIMESTAMP_LENGTH);
  message.set(frame.bytes.subarray(frame.transport, frame.transport + ICMP_HEADER + ORIGINATED));
  message[ICMP_CODE] = 0;
  const view = new DataView(message.buffer);
  const time = director.timeOfDay();
  view.setUint32(ICMP_HEADER + ORIGINATED, time);
  view.setUint32(ICMP_HEADER + ORIGINATED + 4, time);
  sendReply(director, frame, TIMESTAMP_REPLY, message);
}

/** Bytes of the time that a timestamp request carries; the reply has three of them. */
export const ORIGINATED = 4;
const TIMESTAMP_LENGTH = ICMP_HEADER + 3 * ORIGINATED;

/** The message to whoever sent the frame, from the address it was sent to (icmp_reply). */
function sendReply(director: Director, frame: Frame, type: number, message: Uint8Array): void {
  const echoed = echoOptions(director, frame);
  if (echoed === undefined) return;
  const client = frame.source;
  if (isLimited(director, type, 0) && !mayBeSent(director, client)) return;
  const header = IPV4_HEADER + echoed.bytes.length;
  const reply = Frame.allocate(ETHERNET_HEADER + header + message.length);
  reply.bytes.set(message, reply.network + header);
  reply.view.setUint8(reply.network + header + ICMP_TYPE, type);
  finish(director, reply, echoed, frame.view.getUint8(frame.network + IPV4_TOS), frame.destination, client);
  director.trace?.add({ kind: "icmp", type, code: 0, to: director.path.shown.address(client) });
  director.ip.originate(reply);
}

function finish(
  director: Director,
  frame: Frame,
  echoed: EchoedOptions,
  tos: number,
  source: number,
  destination: number,
): void {
  const { view, network } = frame;
  const message = network + IPV4_HEADER + echoed.bytes.length;
  view.setUint16(message + ICMP_CHECKSUM, 0);
  view.setUint16(message + ICMP_CHECKSUM, checksum(view, message, frame.end - message));
  writeAnswerHeader(director, frame, echoed, {
    tos,
    length: frame.end - network,
    identification: director.ip.identification(),
    fragment: 0,
    ttl: director.sysctl.defaultTtl,
    protocol: PROTOCOL_ICMP,
    source,
    destination,
  });
}

/** No errors about errors, nor about messages of unknown type. */
function isAboutError(frame: Frame): boolean {
  if (frame.protocol !== PROTOCOL_ICMP) return false;
  if (frame.transport >= frame.end) return true;
  return !mayCauseError(frame.view.getUint8(frame.transport));
}

/** Within the rate of one peer (icmpv4_xrlim_allow). */
const mayBeSent = (director: Director, peer: number): boolean =>
  director.peers.mayError(peer, director.now, director.sysctl.value("net.ipv4.icmp_ratelimit"));

/** "Fragmentation needed" is never held back, path MTU discovery needs it (icmpv4_mask_allow). */
const isLimited = (director: Director, type: number, code: number): boolean =>
  !(type === DESTINATION_UNREACHABLE && code === FRAGMENTATION_NEEDED) &&
  (director.sysctl.icmpRateMask & (1 << type)) !== 0;
