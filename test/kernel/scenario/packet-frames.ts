/** Frames from a packet in words. */
import { macText } from "../../../src/core/wire/ethernet.ts";
import { concat, ethernet, fragments, icmp, ipv4, type Payload, pieces, sctp, tcp, udp } from "../frames.ts";
import type { IcmpSpec, PacketSpec, TransportSpec } from "./packet-spec.ts";

/** What an ICMP error may quote without words of its own. */
export interface Recent {
  readonly sent: Uint8Array | undefined;
  readonly received: Uint8Array | undefined;
}

/** A packet of the case itself is missing: an error quotes what never was. */
export class NothingToQuote extends Error {}

/** The payloads that a specification stands for: one, or one per source port. */
function payloadsOf({ source, destination, payload }: PacketSpec, recent: Recent): Payload[] {
  switch (payload.kind) {
    case "tcp":
    case "udp":
    case "sctp":
      return payload.sourcePorts.map((sourcePort) => transport(source, destination, sourcePort, payload));
    case "icmp":
      return [icmp({ ...payload, source, destination, ...quoted(payload, recent) })];
    case "other":
      return [{ protocol: payload.protocol, source, destination, bytes: payload.data ?? new Uint8Array() }];
  }
}

function transport(source: number, destination: number, sourcePort: number, spec: TransportSpec): Payload {
  const packet = { ...spec, source, destination, sourcePort };
  if (spec.kind === "sctp") return sctp({ ...packet, chunks: spec.chunks ?? [] });
  return spec.kind === "udp" ? udp(packet) : tcp(packet);
}

function quoted({ about, quote, data }: IcmpSpec, recent: Recent): { data?: Uint8Array } {
  if (about === undefined) return data === undefined ? {} : { data };
  const packet = typeof about === "string" ? recent[about] : packetsOf(about, recent)[0];
  if (packet === undefined) throw new NothingToQuote();
  return { data: packet.subarray(0, quote) };
}

/** The IPv4 packets of a specification, each fragment one. */
function packetsOf(spec: PacketSpec, recent: Recent): Uint8Array[] {
  const packets = payloadsOf(spec, recent).flatMap((payload) => cutIntoPackets(spec, payload));
  return spec.cut === undefined ? packets : packets.map((packet) => packet.subarray(0, spec.cut));
}

function cutIntoPackets({ fragments: cut, header }: PacketSpec, payload: Payload): Uint8Array[] {
  if (cut === undefined) return [ipv4(payload, header)];
  const packets = fragments(payload, cut.pieces ?? pieces(payload.bytes.length, cut.size ?? 8), header);
  return cut.reversed === true ? packets.reverse() : packets;
}

/** The frames of a specification; MAC addresses of the director and of who puts it on the wire. */
export function framesOf(spec: PacketSpec, director: string, by: string, recent: Recent): Uint8Array[] {
  const padding = new Uint8Array(spec.pad ?? 0);
  const to = spec.toMac ?? defaultMac(spec.destination, director);
  return packetsOf(spec, recent).map((packet) => concat(ethernet(to, by, packet), padding));
}

/** Broadcasts go to everybody, multicasts to their group's address (RFC 1112, section 6.4), all else to the director. */
function defaultMac(destination: number, director: string): string {
  if (destination === 0xffffffff) return "ff:ff:ff:ff:ff:ff";
  return destination >>> 28 === 14 ? macText(0x01005e000000 + (destination & 0x7fffff)) : director;
}
