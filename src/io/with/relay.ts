/** Which requests are for the family, and what becomes of others: they go to a socket of the kernel's own. */

import { IPVS_FAMILY } from "../../core/netlink/answer.ts";
import { asksForFamily } from "../../core/netlink/controller.ts";
import { readMessages, setPort } from "../../core/netlink/messages.ts";
import {
  AF_NETLINK,
  addressOf,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  recv,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  send,
  setsockopt,
  socket,
} from "../system/libc.ts";
import { NETLINK_GENERIC, SOL_NETLINK } from "./filter.ts";
import type { NetlinkSocket } from "./netlink-socket.ts";

const LARGEST_DATAGRAM = 1 << 17;
const buffer = new Uint8Array(LARGEST_DATAGRAM);

/** Whether a datagram is for the family IPVS, or asks nlctrl about it. What is unreadable is answered here, too. */
export function isForFamily(datagram: Uint8Array): boolean {
  const [first] = readMessages(datagram);
  if (first === undefined || first.type === IPVS_FAMILY) return true;
  return asksForFamily(first, IPVS_FAMILY);
}

/** The kernel's own, opened when it is first wanted; -1 where it cannot be had. */
function relayOf(of: NetlinkSocket): number {
  if (of.relay < 0) of.relay = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_GENERIC);
  return of.relay;
}

/**
 * Hands a datagram to the kernel; its answers come from `fromKernel`. False if it must not: the kernel would take a program
 * of another user for us, with our rights.
 */
export function toKernel(of: NetlinkSocket, datagram: Uint8Array): boolean {
  if (of.owner.user !== process.geteuid?.()) return false;
  const relay = relayOf(of);
  return relay >= 0 && Number(send(relay, addressOf(datagram), datagram.length, MSG_DONTWAIT | MSG_NOSIGNAL)) >= 0;
}

/** Datagrams that the kernel has for the program. */
export function fromKernel(of: NetlinkSocket): Uint8Array[] {
  const datagrams: Uint8Array[] = [];
  for (;;) {
    const length = Number(recv(of.relay, addressOf(buffer), buffer.length, MSG_DONTWAIT));
    if (length <= 0) return datagrams;
    const datagram = buffer.slice(0, length);
    setPort(datagram, of.port);
    datagrams.push(datagram);
  }
}

/** Sets an option of the kernel's socket: multicast groups are other families'. */
export function setOption(of: NetlinkSocket, option: number, value: Uint8Array): void {
  if (of.owner.user === process.geteuid?.()) {
    setsockopt(relayOf(of), SOL_NETLINK, option, addressOf(value), value.length);
  }
}
