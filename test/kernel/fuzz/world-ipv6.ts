/** The hosts and services of a random IPv6 case, and what is known of its connections. */
import type { TranscriptHead } from "../../../src/core/capture/transcript.ts";
import { type Address, AF_INET6, formatAddress, parseAddress, parseMac } from "../../../src/core/wire/address.ts";
import { ethernet, type Packet } from "../../support/packet.ts";
import { Stage } from "../stage.ts";
import type { Random } from "./random.ts";

export const VIP = "fd00:1::100";
export const CLIENTS = ["fd00:1::1", "fd00:9::1", "fd00:9::2:3", "fd00:9:1::5", "2001:db8::7"] as const;
export const SERVERS = ["fd00:2::2", "fd00:2::3", "fd00:2::4"] as const;
const OUTSIDE = "02:00:00:00:01:01";
const DIRECTOR = { eth0: "02:00:00:00:01:64", eth1: "02:00:00:00:02:64" } as const;
const serverMac = (server: string): string => `02:00:00:00:02:0${server.at(-1)}`;

export type Port = keyof typeof DIRECTOR;

/** A connection as its client and its real server see it. */
export interface Flow {
  readonly protocol: "tcp" | "udp";
  readonly client: string;
  readonly clientPort: number;
  readonly virtualPort: number;
  /** NAT: whom it was sent to. */
  readonly server: string | undefined;
  readonly serverPort: number;
}

export interface Ipv6World {
  readonly random: Random;
  readonly stage: Stage;
  readonly services: { readonly name: string; readonly option: string; readonly port: number; readonly udp: boolean }[];
  readonly flows: Flow[];
}

export function makeIpv6World(random: Random, name: string): Ipv6World {
  return { random, stage: new Stage(headOf(random, name)), services: [], flows: [] };
}

function headOf(random: Random, name: string): TranscriptHead {
  const prefixed = (text: string) => {
    const [address = "", prefix] = text.split("/");
    return { address: addressOf(address), prefix: Number(prefix) };
  };
  const device = (dev: Port, mtu: number, addresses: readonly string[]) => {
    const mac = parseMac(DIRECTOR[dev]);
    return { name: dev, mtu, addresses: addresses.map(prefixed), ...(mac && { mac }) };
  };
  const neighbor = (address: string, mac: string, dev: Port) => ({
    address: addressOf(address),
    mac: parseMac(mac) ?? new Uint8Array(6),
    dev,
  });
  const towards = (to: string, prefix: number) => ({
    to: { address: addressOf(to), prefix },
    via: addressOf("fd00:1::9"),
  });
  return {
    name,
    interfaces: [
      device("eth0", 1500, ["fd00:1::254/64", `${VIP}/128`]),
      device("eth1", random.pick([1500, 1500, 1400, 1300, 1280]), ["fd00:2::1/64"]),
    ],
    routes: [towards("fd00:9::", 32), ...(random.chance(0.5) ? [towards("::", 0)] : [])],
    neighbors: [
      neighbor("fd00:1::1", OUTSIDE, "eth0"),
      neighbor("fd00:1::9", OUTSIDE, "eth0"),
      ...SERVERS.map((server) => neighbor(server, serverMac(server), "eth1")),
    ],
    marks: random.chance(0.3)
      ? [{ protocol: 6, destination: { address: addressOf(VIP), prefix: 128 }, portFirst: 443, portLast: 450, mark: 7 }]
      : [],
    sysctl: random.chance(0.2) ? { "net.ipv6.icmp.ratelimit": 1000 } : {},
  };
}

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`no address: ${text}`);
  return address;
}

/** A packet arrives from outside; what left the director by eth1. */
export function fromOutside({ stage }: Ipv6World, packet: Packet): Uint8Array[] {
  const sent = stage.rx("eth0", ethernet(DIRECTOR.eth0, OUTSIDE, packet, 0x86dd));
  return sent.filter(({ dev }) => dev === "eth1").map(({ frame }) => frame);
}

export function fromServer({ stage }: Ipv6World, server: string, packet: Packet): void {
  stage.rx("eth1", ethernet(DIRECTOR.eth1, serverMac(server), packet, 0x86dd));
}

/** Whom a frame to a real server is for: its address and port, if it was translated. */
export function serverOf(
  frame: Uint8Array | undefined,
): { readonly server: string; readonly port: number } | undefined {
  if (frame === undefined || frame.length < 58) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const word = (index: number): number => view.getUint32(38 + index * 4);
  const server = formatAddress({ family: AF_INET6, words: [word(0), word(1), word(2), word(3)] });
  return (SERVERS as readonly string[]).includes(server) && [6, 17].includes(view.getUint8(20))
    ? { server, port: view.getUint16(56) }
    : undefined;
}
