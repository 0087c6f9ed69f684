/** Fragments that wait for the rest of their datagrams, as a director tells its successor of them. */
import type { Microseconds } from "../../time/kernel-ticks.ts";
import { AF_INET } from "../../wire/address.ts";
import type { AddressTable } from "../../wire/address-table.ts";
import { Frame } from "../../wire/frame.ts";
import { readIpv4 } from "../../wire/ipv4.ts";
import { readIpv6 } from "../../wire/ipv6.ts";

/** A frame that waits: what of it does not stand in its bytes. */
type Facts = Pick<Frame, "family" | "ifindex" | "packetType" | "routedLocally" | "mark" | "tailroom" | "options">;

export interface WaitingFragment extends Facts {
  readonly bytes: Uint8Array;
  /** Of a packet for the host itself, and not of one that passes through. */
  readonly forHost: boolean;
  /** Until the datagram is given up. */
  readonly left: Microseconds;
}

/** A fragment, and when its datagram is given up. */
export interface Waiting {
  readonly frame: Frame;
  readonly until: Microseconds;
}

export function described({ frame, until }: Waiting, forHost: boolean, now: Microseconds): WaitingFragment {
  const { family, ifindex, packetType, routedLocally, mark, tailroom, options } = frame;
  const bytes = frame.contents().slice();
  return { bytes, forHost, left: until - now, family, ifindex, packetType, routedLocally, mark, tailroom, options };
}

/** The frame again, its headers read. */
export function frameOf(fragment: WaitingFragment, addresses: AddressTable): Frame {
  const frame = Frame.of(fragment.bytes);
  if (fragment.family === AF_INET) readIpv4(frame, addresses);
  else readIpv6(frame, addresses);
  frame.ifindex = fragment.ifindex;
  frame.packetType = fragment.packetType;
  frame.routedLocally = fragment.routedLocally;
  frame.mark = fragment.mark;
  frame.tailroom = fragment.tailroom;
  frame.options = fragment.options;
  return frame;
}
