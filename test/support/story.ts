/**
 * A director's story in words, a line for each thing that happens, and the walk of its last packet:
 *
 *   12.3 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:80 S     a packet (src/core/packet) arrives at that second
 *   ipvsadm -e ...          sysctl NAME VALUE              at the time of the line before
 *
 *   clients 12.11.0.10 to .19  eth0 12.11.0.1, 12.11.0.101   director   eth1 172.16.1.1   real servers 172.16.1.2 to .9
 */
import { runIpvsadm, wordsOf } from "../../src/core/control/interpreter.ts";
import type { HostConfig } from "../../src/core/host/config/config.ts";
import { Director } from "../../src/core/host/director.ts";
import { packetBytes } from "../../src/core/packet/packet-bytes.ts";
import { parsePacket } from "../../src/core/packet/read-packet.ts";
import type { Trace, WalkEvent } from "../../src/core/trace/events.ts";
import { type Address, ANY, firstWord, parseAddress, parseMac } from "../../src/core/wire/address.ts";
import { Frame } from "../../src/core/wire/frame.ts";

const MACS: readonly string[] = ["02:00:0c:0b:00:01", "02:00:ac:10:01:01"];

const address = (text: string): Address => parseAddress(text) ?? ANY;

const network = (text: string): HostConfig["interfaces"][number]["addresses"][number] => {
  const [own = "", prefix] = text.split("/");
  return { address: address(own), prefix: Number(prefix) };
};

/** Stations of both networks: the first four bytes are 2, 0 and those of the network. */
const macOf = (text: string): string => {
  const bytes = [0x0200, firstWord(address(text))];
  const [high = 0, low = 0] = bytes;
  const digits = high.toString(16).padStart(4, "0") + (low >>> 0).toString(16).padStart(8, "0");
  return (digits.match(/../g) ?? []).join(":");
};

const STATIONS: readonly (readonly [string, string])[] = [
  ...Array.from({ length: 10 }, (_, index) => [`12.11.0.${10 + index}`, "eth0"] as const),
  ...Array.from({ length: 8 }, (_, index) => [`172.16.1.${2 + index}`, "eth1"] as const),
  ["12.11.0.2", "eth0"],
  ["12.11.0.254", "eth0"],
];

export type StoryConfig = Partial<Pick<HostConfig, "connections" | "marks" | "modules" | "routes">> & {
  readonly addresses?: readonly string[];
  readonly mtu?: number;
};

function configOf({ addresses, mtu, ...rest }: StoryConfig): HostConfig {
  const device = (name: string, place: number, own: readonly string[]) => {
    const mac = parseMac(MACS[place] ?? "");
    return { name, mtu: mtu ?? 1500, addresses: own.map(network), ...(mac && { mac }) };
  };
  return {
    interfaces: [
      device("eth0", 0, addresses ?? ["12.11.0.1/24", "12.11.0.101/32"]),
      device("eth1", 1, ["172.16.1.1/24"]),
    ],
    routes: [],
    neighbors: STATIONS.map(([station, dev]) => ({
      address: address(station),
      mac: parseMac(macOf(station)) ?? new Uint8Array(6),
      dev,
    })),
    marks: [],
    sysctl: {},
    ...rest,
  };
}

/** What happened to the last packet. */
export function story(lines: readonly string[], config: StoryConfig = {}): WalkEvent[] {
  let events: WalkEvent[] = [];
  live(lines, config, () => {
    events = [];
    return { add: (event) => void events.push(event) };
  });
  return events;
}

/** The director as it is after all of it. */
export const storyDirector = (lines: readonly string[], config: StoryConfig = {}): Director =>
  live(lines, config, () => ({ add: () => {} }));

function live(lines: readonly string[], config: StoryConfig, listener: () => Trace): Director {
  const director = new Director(configOf(config), { link: { send: () => {} } });
  director.advance(0);
  director.trace = listener();
  for (const line of lines) {
    const [first = "", second = "", ...rest] = line.split(" ");
    if (first === "ipvsadm") {
      const { err } = runIpvsadm(wordsOf(line).slice(1), { server: director.server });
      if (err !== "") throw new Error(`${line}: ${err}`);
    } else if (first === "sysctl") {
      if (director.setSysctl(second, rest[0] ?? "") !== "set") throw new Error(line);
    } else {
      director.advance(Number(first) * 1e6);
      director.trace = listener();
      director.receive(Frame.of(frameOf(rest.join(" "), second)), director.ifindexOf(second), Number(first) * 1e6);
    }
  }
  return director;
}

const numberOf = (mac: string): number => Number.parseInt(mac.replaceAll(":", ""), 16);

function frameOf(words: string, dev: string): Uint8Array {
  const packet = parsePacket(words);
  const to = MACS[dev === "eth0" ? 0 : 1] ?? "";
  return packetBytes(packet, 0x0200_0000_0000 + firstWord(packet.source), numberOf(to));
}
