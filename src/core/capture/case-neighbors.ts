/**
 * The neighbors of a case: whoever its packets, rules and routes name on one of the director's links is there, and its MAC address
 * goes without saying.
 */
import type { HostConfig, NeighborConfig } from "../host/config/config.ts";
import { madeUpMac } from "../packet/made-up-mac.ts";
import { parsePacket } from "../packet/read-packet.ts";
import { type Address, formatAddress, sameAddress } from "../wire/address.ts";
import { parseEndpoint } from "./expectation.ts";
import { isNeighbor, linkOf } from "./packet-place.ts";
import type { Transcript, TranscriptEvent } from "./transcript.ts";

type Told = Pick<Transcript, "head" | "events">;

/** Those that are not in the list yet, but for the `silent` ones. */
export function withNeighbors(transcript: Transcript, silent: ReadonlySet<string>): Transcript {
  const { head } = transcript;
  const more = usualNeighbors(transcript).filter(
    ({ address }) =>
      !silent.has(formatAddress(address)) && !head.neighbors.some((known) => sameAddress(known.address, address)),
  );
  return { ...transcript, head: { ...head, neighbors: [...head.neighbors, ...more] } };
}

/** Everybody who is named and on a link, in the order named, with a made-up MAC address. */
export function usualNeighbors({ head, events }: Told): NeighborConfig[] {
  const named = new Map<string, Address>();
  const addresses = [...head.routes.flatMap(({ via }) => via ?? []), ...events.flatMap(addressesOf)];
  for (const address of addresses) if (isNeighbor(head, address)) named.set(formatAddress(address), address);
  return [...named.values()].map((address) => ({
    address,
    mac: macBytes(madeUpMac(address)),
    dev: deviceOf(head, address),
  }));
}

const deviceOf = (head: HostConfig, address: Address): string => linkOf(head, address)?.name ?? "";

const macBytes = (mac: number): Uint8Array =>
  Uint8Array.from({ length: 6 }, (_, index) => Math.floor(mac / 2 ** (8 * (5 - index))) & 0xff);

/** Whom an event names: both ends of a packet in words, the real server of a command. */
function addressesOf(event: TranscriptEvent): Address[] {
  if (event.do === "ipvsadm") {
    const servers = [...event.args.matchAll(/(?:^|\s)(?:-r|--real-server)(?:\s+|=)?(\S+)/g)];
    return servers.flatMap(([, server = ""]) => parseEndpoint(server)?.address ?? []);
  }
  if (event.do !== "rx" || event.packet === undefined) return [];
  const { source, destination } = parsePacket(event.packet);
  return [source, destination];
}
