/** A made-up packet on a director: what would become of it. The director is one rebuilt for the purpose: nobody else sees it. */

import type { MarkConfig } from "../host/config/config.ts";
import type { Director } from "../host/director.ts";
import { madeUpMac } from "../packet/made-up-mac.ts";
import { type MadeUpPacket, PacketError } from "../packet/made-up-packet.ts";
import { packetBytes } from "../packet/packet-bytes.ts";
import { longestPrefix } from "../wire/address.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../wire/ipv4.ts";
import { letNeighborsAnswer, walkOf } from "./answering-neighbors.ts";
import { type Explanation, explanationOf } from "./explanation.ts";

/**
 * Sends the packet into the director at its present time. Neighbors that the director asks for are taken to
 * answer; a rule that marks the packet is added if it is to have a mark. Throws PacketError if it is to arrive on an
 * interface that is not there.
 */
export function whatIf(director: Director, packet: MadeUpPacket): Explanation {
  const port = portOf(director, packet);
  const entry = director.interfaces[port];
  const bytes = packetBytes(packet, madeUpMac(packet.source), entry?.mac ?? 0);
  if (packet.mark !== 0 && (packet.protocol === "tcp" || packet.protocol === "udp"))
    director.marks.add(markRule(packet));
  const seconds = director.now / 1e6;
  const events = walkOf(director, bytes, port);
  const assumptions = letNeighborsAnswer(director, events);
  return explanationOf({ number: undefined, seconds, port: entry?.name ?? "", bytes }, events, assumptions);
}

function portOf(director: Director, { dev, source }: MadeUpPacket): number {
  if (dev === undefined) return Math.max(0, director.routes.lookup(director.addresses.of(source))?.ifindex ?? 0);
  const port = director.ifindexOf(dev);
  const names = director.interfaces.map(({ name }) => name).join(", ");
  if (port < 0) throw new PacketError(`"on ${dev}": expected one of the director's interfaces, ${names}`);
  return port;
}

const markRule = ({ protocol, destination, destinationPort, mark }: MadeUpPacket): MarkConfig => ({
  protocol: protocol === "udp" ? PROTOCOL_UDP : PROTOCOL_TCP,
  destination: { address: destination, prefix: longestPrefix(destination.family) },
  portFirst: destinationPort,
  portLast: destinationPort,
  mark,
});
