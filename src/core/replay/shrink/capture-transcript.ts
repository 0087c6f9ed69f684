/** A recorded lab as a transcript: what arrived, and what the recorded director sent. */
import type { Packet } from "../../capture/packet.ts";
import { isNeighbor } from "../../capture/packet-place.ts";
import type { Transcript, TranscriptEvent } from "../../capture/transcript.ts";
import { factsOf } from "../../explain/decode/facts.ts";
import type { DirectorConfig, NeighborConfig } from "../../host/config/config.ts";
import { Director } from "../../host/director.ts";
import { type Address, formatAddress, parseMac } from "../../wire/address.ts";
import { macText } from "../../wire/ethernet.ts";
import { Placing } from "../placement.ts";
import { ruleLines } from "../rules.ts";

/**
 * The frames in order; those about who is where are left out, and everybody who speaks is a neighbor instead. Times count
 * from the first packet.
 */
export function captureTranscript(name: string, config: DirectorConfig, packets: Iterable<Packet>): Transcript {
  const placing = new Placing(new Director(config, { link: { send: () => {} } }), config.interfaces);
  const events: TranscriptEvent[] = ruleLines(config.rules).map((args) => ({
    do: "ipvsadm",
    t: 0,
    args,
    code: 0,
    out: "",
    err: "",
  }));
  const neighbors = new Map<string, NeighborConfig>();
  let first: number | undefined;
  for (const packet of packets) {
    first ??= packet.time;
    const placement = placing.place(packet);
    if (placement.kind !== "arrived" && placement.kind !== "sent") continue;
    const dev = config.interfaces[placement.port]?.name ?? "";
    const arrived = placement.kind === "arrived";
    const facts = factsOf(packet.bytes);
    const { source, destination } = facts?.ip?.headers[0] ?? {};
    const [address, mac] = arrived
      ? [facts?.arp?.senderIp ?? source, facts?.sourceMac]
      : [destination, facts?.destinationMac];
    if (address !== undefined && mac !== undefined) learn(neighbors, config, address, mac, dev);
    if (facts?.arp !== undefined || isDiscovery(facts)) continue;
    events.push({ do: arrived ? "rx" : "tx", t: (packet.time - first) / 1e6, dev, frame: packet.bytes.slice() });
  }
  const { rules: _, user: __, socket: ___, health: ____, ...head } = config;
  const known = config.neighbors.map(({ address }) => formatAddress(address));
  const more = [...neighbors.values()].filter(({ address }) => !known.includes(formatAddress(address)));
  const transcript = { head: { ...head, name, neighbors: [...config.neighbors, ...more] }, events };
  return { ...transcript, lines: events.map(() => 0) };
}

const isDiscovery = (facts: ReturnType<typeof factsOf>): boolean =>
  facts?.ip?.transport?.kind === "icmp" && facts.ip.transport.discovery !== undefined;

/** The first MAC address that a neighbor is seen with; that of a group is nobody's. */
function learn(
  neighbors: Map<string, NeighborConfig>,
  config: DirectorConfig,
  address: Address,
  mac: number,
  dev: string,
): void {
  const bytes = parseMac(macText(mac));
  if (bytes === undefined || ((bytes[0] ?? 1) & 1) === 1 || !isNeighbor(config, address)) return;
  const key = `${formatAddress(address)} ${dev}`;
  if (!neighbors.has(key)) neighbors.set(key, { address, mac: bytes, dev });
}
