/** Where wild cases happen: a director of both families with two or three wires, hosts of all kinds around it, and every packet so far. */
import type { TranscriptHead } from "../../../../src/core/capture/transcript.ts";
import { ethernet } from "../../frames.ts";
import { Stage } from "../../stage.ts";
import { transcriptOf } from "../../verdict.ts";
import type { Random } from "../random.ts";
import { isIpv6 } from "./bytes.ts";

export type Dev = "eth0" | "eth1" | "eth2";
const MACS: Readonly<Record<Dev, string>> = {
  eth0: "02:00:00:00:01:64",
  eth1: "02:00:00:00:02:64",
  eth2: "02:00:00:00:03:64",
};

/** Hosts and the wire each is on; routers put the packets of those behind them on the wire. */
const HOSTS: Readonly<Record<string, readonly [Dev, string]>> = {
  "fd00:1::1": ["eth0", "02:00:00:00:01:01"],
  "fd00:1::9": ["eth0", "02:00:00:00:01:09"],
  "fd00:9::1": ["eth0", "02:00:00:00:01:09"],
  "fd00:9::2:3": ["eth0", "02:00:00:00:01:09"],
  "2001:db8::7": ["eth0", "02:00:00:00:01:09"],
  "fe80::1": ["eth0", "02:00:00:00:01:01"],
  "fd00:2::2": ["eth1", "02:00:00:00:02:02"],
  "fd00:2::3": ["eth1", "02:00:00:00:02:03"],
  "fd00:2::4": ["eth1", "02:00:00:00:02:04"],
  "fd00:2::7": ["eth1", "02:00:00:00:02:07"],
  "fd00:2::9": ["eth1", "02:00:00:00:02:09"],
  "fd00:8::2": ["eth1", "02:00:00:00:02:09"],
  "fd00:3::2": ["eth2", "02:00:00:00:03:02"],
  "fd00:3::3": ["eth2", "02:00:00:00:03:03"],
  "10.1.0.1": ["eth0", "02:00:00:00:01:01"],
  "10.1.0.9": ["eth0", "02:00:00:00:01:09"],
  "10.9.0.1": ["eth0", "02:00:00:00:01:09"],
  "10.2.0.2": ["eth1", "02:00:00:00:02:02"],
  "10.2.0.3": ["eth1", "02:00:00:00:02:03"],
  "10.2.0.9": ["eth1", "02:00:00:00:02:09"],
  "10.8.0.2": ["eth1", "02:00:00:00:02:09"],
  "10.3.0.2": ["eth2", "02:00:00:00:03:02"],
};
export const VIRTUALS = ["fd00:1::100", "fd00:1::101", "10.1.0.100"] as const;
export const OWN = ["fd00:1::254", "fd00:2::1", "10.1.0.254", "10.2.0.1"] as const;
export const CLIENTS = [
  "fd00:1::1",
  "fd00:9::1",
  "fd00:9::2:3",
  "2001:db8::7",
  "fe80::1",
  "fd00:2::7",
  "10.1.0.1",
  "10.9.0.1",
] as const;
export const SERVERS = [
  "fd00:2::2",
  "fd00:2::3",
  "fd00:2::4",
  "fd00:8::2",
  "fd00:3::2",
  "10.2.0.2",
  "10.2.0.3",
  "10.8.0.2",
] as const;

/** An IP packet that crossed the director's ports. */
export interface Seen {
  readonly dev: Dev;
  readonly bytes: Uint8Array;
}

export interface WildService {
  readonly option: "-t" | "-u" | "--sctp-service" | "-f";
  /** As ipvsadm takes it. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly protocol: number;
}

export interface WildWorld {
  readonly random: Random;
  readonly stage: Stage;
  readonly services: WildService[];
  readonly received: Seen[];
  readonly sent: Seen[];
}

/** `modules` of the kernel that it needs besides IPVS. */
export const makeWildWorld = (random: Random, name: string, modules: readonly string[] = []): WildWorld => ({
  random,
  stage: new Stage(headOf(random, name, modules)),
  services: [],
  received: [],
  sent: [],
});

const SWITCHES: readonly (readonly [string, readonly (number | string)[]])[] = [
  ["net.ipv6.icmp.ratelimit", [1000]],
  ["net.ipv6.conf.eth0.hop_limit", [33]],
  ["net.ipv4.ip_default_ttl", [77]],
  ["net.ipv6.icmp.echo_ignore_all", [1]],
  ["net.ipv4.icmp_echo_ignore_all", [1]],
  ["net.ipv4.conf.all.send_redirects", [1]],
  ["net.ipv4.conf.eth1.rp_filter", [1]],
  ["net.ipv4.conf.eth0.accept_local", [1]],
  ["net.ipv6.conf.all.forwarding", [0]],
  ["net.ipv4.ip_forward", [0]],
];

/** Switches that change while traffic flows, of IPVS. */
export const LIVE_SWITCHES: typeof SWITCHES = [
  ["expire_nodest_conn", [0, 1]],
  ["conn_reuse_mode", [0, 1, 2]],
  ["sloppy_tcp", [0, 1]],
  ["sloppy_sctp", [0, 1]],
  ["expire_quiescent_template", [0, 1]],
  ["schedule_icmp", [0, 1]],
  ["nat_icmp_send", [0, 1]],
  ["secure_tcp", [0, 3]],
  ["pmtu_disc", [0, 1]],
  ["snat_reroute", [0, 1]],
  ["ignore_tunneled", [0, 1]],
  ["backup_only", [0, 1]],
  ["conntrack", [0, 1]],
];

function headOf(random: Random, name: string, modules: readonly string[]): TranscriptHead {
  const three = random.chance(0.6);
  const device = (dev: Dev, mtu: number, addresses: readonly string[]) => ({
    name: dev,
    mac: MACS[dev],
    mtu,
    addresses,
  });
  const sysctl = Object.fromEntries(
    SWITCHES.filter(() => random.chance(0.06)).map(([key, values]) => [key, random.pick(values)]),
  );
  for (const [key, values] of LIVE_SWITCHES) if (random.chance(0.1)) sysctl[`net.ipv4.vs.${key}`] = random.pick(values);
  const interfaces = [
    device("eth0", random.pick([1500, 1500, 1500, 1400]), [
      "fd00:1::254/64",
      ...VIRTUALS.map((one) => (isIpv6(one) ? `${one}/128` : `${one}/32`)),
      "10.1.0.254/24",
    ]),
    device("eth1", random.pick([1500, 1500, 1400, 1300, 1280]), ["fd00:2::1/64", "10.2.0.1/24"]),
    ...(three ? [device("eth2", random.pick([1500, 1280]), ["fd00:3::1/64", "10.3.0.1/24"])] : []),
  ];
  const devices = interfaces.map(({ name }) => name);
  const neighbors = Object.entries(HOSTS)
    .filter(([address, [dev]]) => devices.includes(dev) && /^(fd00:[123]::|fe80|10\.[123]\.)/.test(address))
    .map(([address, [dev, mac]]) => ({ address, mac, dev }));
  const head = {
    transcript: 1,
    name,
    interfaces,
    routes: [
      { to: "fd00:9::/32", via: "fd00:1::9" },
      { to: "fd00:8::/32", via: "fd00:2::9" },
      { to: "10.9.0.0/16", via: "10.1.0.9" },
      { to: "10.8.0.0/16", via: "10.2.0.9" },
      ...(random.chance(0.5) ? [{ to: "::/0", via: "fd00:1::9" }] : []),
    ],
    neighbors,
    marks: random.chance(0.4)
      ? [
          { protocol: "tcp", destination: "fd00:1::100/128", ports: "443:450", mark: 7 },
          { protocol: "udp", destination: "fd00:1::101/128", ports: "53", mark: 8 },
        ]
      : [],
    sysctl,
    ...(modules.length > 0 && { modules }),
  };
  return transcriptOf(JSON.stringify(head), name).head;
}

/** Where a host's packets arrive. */
export function wireOf({ stage }: WildWorld, address: string): readonly [Dev, string] {
  const [dev, mac] = HOSTS[address] ?? ["eth0", "02:00:00:00:01:09"];
  return stage.head.interfaces.some(({ name }) => name === dev) ? [dev, mac] : ["eth0", "02:00:00:00:01:09"];
}

const ETHERNET_HEADER = 14;
const KEPT = 60;

/** A packet arrives from a host, in a frame to the director; what that sends. */
export function arrive(world: WildWorld, host: string, packet: Uint8Array, to?: string): readonly Seen[] {
  const [dev, mac] = wireOf(world, host);
  const version = (packet[0] ?? 0) >>> 4;
  const type = version === 6 || (version !== 4 && isIpv6(host)) ? 0x86dd : 0x0800;
  const frames = world.stage.rx(dev, ethernet(to ?? MACS[dev], mac, packet, type));
  const sent = frames.map(({ dev: out, frame }) => ({ dev: out as Dev, bytes: frame.subarray(ETHERNET_HEADER) }));
  world.received.push({ dev, bytes: packet });
  world.sent.push(...sent);
  for (const log of [world.received, world.sent]) log.splice(0, log.length - KEPT);
  return sent;
}
