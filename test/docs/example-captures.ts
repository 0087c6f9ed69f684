/**
 * The captures of the examples: what stands on the wire while a client asks for six pages, made in the simulated network
 * with the example's own rules. `node dist/test/docs/write-captures.js` writes them.
 */
import { join } from "node:path";
import { pcapngFile } from "../../src/core/capture/pcapng-file.ts";
import type { WrittenPacket } from "../../src/core/capture/pcapng-writer.ts";
import { loadRules } from "../../src/core/replay/rules.ts";
import { MODES, type Mode } from "../../src/core/simulator/layout.ts";
import { buildTopology, request, type Topology } from "../../src/core/simulator/topologies.ts";
import { type Address, AF_INET, AF_INET6, type Family, firstWord, parseMac } from "../../src/core/wire/address.ts";
import { ETHERNET_TYPE, ETHERTYPE_IPV6, macNumber } from "../../src/core/wire/ethernet.ts";
import { Frame } from "../../src/core/wire/frame.ts";
import { NEIGHBOR_ADVERTISEMENT } from "../../src/core/wire/icmpv6.ts";
import { discoveryFrame, OVERRIDE } from "../../src/core/wire/neighbor-discovery.ts";
import { describeConfigError, readConfig } from "../../src/io/config.ts";

const ALL_NODES: Address = { family: AF_INET6, words: [0xff020000, 0, 0, 1] };
const ALL_NODES_MAC = 0x3333_0000_0001;
/** Pages that the client asks for. */
const REQUESTS = 6;
/** Between two requests, in microseconds. */
const PAUSE = 250_000;
/** Listings are taken so long after the last packet, in microseconds. */
const UNTIL_LISTED = 3_000_000;
/** The clock of the captures at the beginning: 2026-01-01, in microseconds. */
const START = Date.UTC(2026, 0, 1) * 1000;

/** Directories with a capture, and the network that it is made in. */
export const CAPTURES: readonly { readonly directory: string; readonly mode: Mode; readonly family?: Family }[] = [
  ...MODES.map((mode) => ({ directory: `examples/${mode}`, mode })),
  { directory: "examples/ipv6", mode: "dr", family: AF_INET6 },
  { directory: "examples/regression/cases/persistence", mode: "nat" },
];

/** The files of a capture's directory: the capture, and the listings at its end. */
export function filesOf(directory: string, mode: Mode, family: Family = AF_INET): Readonly<Record<string, Uint8Array>> {
  const topology = buildTopology(mode, { family });
  useRules(topology, join(directory, "director.yaml"));
  const greeting = family === AF_INET ? announce(topology) : advertise(topology);
  for (let left = REQUESTS; left > 0; left--) {
    request(topology);
    topology.network.runUntil(topology.network.now + PAUSE);
  }
  const packets = [greeting, ...wireOf(topology)].sort((a, b) => a.time - b.time);
  const { director, network } = topology;
  network.runUntil((packets.at(-1)?.time ?? 0) + UNTIL_LISTED);
  const list = (...commands: readonly string[]): Uint8Array =>
    Buffer.from(commands.map((line) => director.ipvsadm(line)).join(""));
  return {
    "wire.pcapng": captureFile(topology, packets),
    "stats.txt": list("-Ln --stats --exact", "-Ln"),
    "connections.txt": list("-Lnc"),
  };
}

function captureFile({ director }: Topology, packets: readonly WrittenPacket[]): Uint8Array {
  const ports = director.interfaces.map(({ name }) => ({ name }));
  return pcapngFile(
    ports,
    packets.map((packet) => ({ ...packet, time: START + packet.time })),
  );
}

/** Rules of the example in place of the topology's. */
function useRules({ director }: Topology, file: string): void {
  const result = readConfig(file);
  if (result.kind === "errors") throw new Error(result.errors.map(describeConfigError).join("\n"));
  director.ipvsadm("-C");
  const refused = loadRules(director.stack, result.config.rules);
  if (refused.length > 0) throw new Error(refused.join("\n"));
}

const HARDWARE_AND_PROTOCOL = [0, 1, 8, 0, 6, 4];
const REQUEST = [0, 1];

/** The client tells everybody its address when its port comes up. The clock of a replay begins here, as the network's does. */
function announce({ client, director }: Topology): WrittenPacket {
  const mac = (client.interfaces[0]?.mac ?? "").split(":").map((pair) => Number.parseInt(pair, 16));
  const ip = [24, 16, 8, 0].map((shift) => (firstWord(client.address) >>> shift) & 255);
  const arp = [...HARDWARE_AND_PROTOCOL, ...REQUEST, ...mac, ...ip, 0, 0, 0, 0, 0, 0, ...ip];
  const bytes = Uint8Array.from([255, 255, 255, 255, 255, 255, ...mac, 8, 6, ...arp]);
  director.stack.receive(Frame.of(bytes), 0, 0);
  return { port: 0, time: 0, bytes, direction: "in" };
}

/** The same by neighbor discovery: an advertisement that nobody asked for (RFC 4861, section 7.2.6). */
function advertise({ client, director }: Topology): WrittenPacket {
  const { addresses } = director.stack;
  const own = addresses.of(client.address);
  const from = macNumber(parseMac(client.interfaces[0]?.mac ?? "") ?? new Uint8Array(0));
  const ends = { source: own, destination: addresses.of(ALL_NODES), target: own, from, to: ALL_NODES_MAC };
  const message = { type: NEIGHBOR_ADVERTISEMENT, flags: OVERRIDE, ...ends, tellsMac: true } as const;
  const frame = discoveryFrame(message, addresses);
  frame.view.setUint16(frame.start + ETHERNET_TYPE, ETHERTYPE_IPV6);
  const bytes = frame.contents().slice();
  director.stack.receive(Frame.of(bytes), 0, 0);
  return { port: 0, time: 0, bytes, direction: "in" };
}

/** What came to the director when it came there, and what it sent. */
function wireOf({ network, director }: Topology): WrittenPacket[] {
  const portOf = (segment: string): number => director.interfaces.findIndex((port) => port.segment.name === segment);
  return network.hops.flatMap((hop): WrittenPacket[] => {
    const { bytes, time } = hop;
    const port = portOf(hop.segment);
    if (hop.from === director.name) return [{ port, time, bytes, direction: "out" }];
    const reception = hop.receptions.find(({ host }) => host === director.name);
    return reception === undefined ? [] : [{ port, time: reception.time, bytes, direction: "in" }];
  });
}
