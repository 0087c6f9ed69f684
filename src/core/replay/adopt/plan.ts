/** The director that a capture's server is replaced by, as the text of director.yaml. */
import { type Address, AF_INET, formatAddress, formatEndpoint } from "../../wire/address.ts";
import { PROTOCOL_TCP } from "../../wire/ipv4.ts";
import { type LinkNeighbor, linkPrefix, neighborsOf } from "./link.ts";
import { madeUp, StandIns } from "./stand-ins.ts";
import { networkOf, type ServiceFound } from "./survey.ts";

export const ADOPT_MODES = ["nat", "dr", "tun", "fullnat"] as const;
export type AdoptMode = (typeof ADOPT_MODES)[number];

const FORWARDING: Readonly<Record<AdoptMode, string>> = { nat: "-m", dr: "-g", tun: "-i", fullnat: "-b" };

export const OUTSIDE_MAC = "02:00:00:0a:00:01";
export const INSIDE_MAC = "02:00:00:0a:00:02";
export const ROUTER_MAC = "02:00:00:0a:01:01";
const serverMac = (number: number): string => `02:00:00:0a:02:${(10 + number).toString(16).padStart(2, "0")}`;

export interface Plan {
  readonly yaml: string;
  readonly rules: string;
  readonly servers: readonly LinkNeighbor[];
  /** Clients that are not behind the router. */
  readonly neighbors: readonly LinkNeighbor[];
  /** IPv4 headers with a wrong checksum get a right one. */
  readonly rightsHeaders: boolean;
  /** Whoever cannot keep their address. */
  readonly standIns: StandIns;
}

/** Second parts of made-up networks, the first to be tried first. */
const NUMBERS: readonly number[] = Array.from({ length: 256 }, (_, index) => (77 + index) & 0xff);

/** What of a capture a plan depends on. */
export interface Surveyed {
  readonly services: readonly [ServiceFound, ...ServiceFound[]];
  /** The clients of these services. */
  readonly clients: readonly Address[];
  /** The first two parts of all addresses: the made-up networks have others. */
  readonly networks: ReadonlySet<string>;
}

/** How the director is to forward, and to how many. */
export interface Wished {
  readonly mode: AdoptMode;
  readonly servers: number;
}

/** Who is where: what both files of the director say. */
interface Site {
  readonly address: Address;
  readonly neighbors: readonly LinkNeighbor[];
  readonly servers: readonly LinkNeighbor[];
  /** An address of the made-up networks, as text. */
  readonly at: (network: number, host: number) => string;
}

/** `undefined` if no network is left that could be made up. */
export function planOf({ services, clients, networks }: Surveyed, wished: Wished): Plan | undefined {
  const original = services[0].server.address;
  const { family } = original;
  const number = NUMBERS.find((candidate) => !networks.has(networkOf(madeUp(family, candidate, 0, 1))));
  if (number === undefined) return undefined;
  const standIns = new StandIns(number, original);
  const address = standIns.server;
  const servers = Array.from({ length: wished.servers }, (_, index) => ({
    address: madeUp(family, number, 2, 11 + index),
    mac: serverMac(1 + index),
  }));
  const site: Site = {
    address,
    neighbors: neighborsOf(
      address,
      clients.map((client) => standIns.client(client)),
    ),
    servers,
    at: (network, host) => formatAddress(madeUp(family, number, network, host)),
  };
  return {
    yaml: yamlOf(site, services, wished),
    rules: rulesOf(site, services, wished),
    servers,
    neighbors: site.neighbors,
    rightsHeaders: services.some(({ wrongHeaders }) => wrongHeaders),
    standIns,
  };
}

function yamlOf({ address, neighbors, servers, at }: Site, services: Surveyed["services"], { mode }: Wished): string {
  const four = address.family === AF_INET;
  const prefix = linkPrefix(address);
  const whole = four ? 32 : 128;
  const own = `${formatAddress(address)}/${neighbors.length > 0 ? prefix : whole}`;
  const local = mode === "fullnat" ? `, "${at(2, 100)}/${whole}"` : "";
  const neighbor = (name: string, mac: string, dev: string): string =>
    `  - {address: "${name}", mac: "${mac}", dev: ${dev}}`;
  return [
    "# The director stands where the server of the capture stood; clients of other networks are behind a router.",
    "interfaces:",
    `  - {name: eth0, mac: "${OUTSIDE_MAC}", addresses: ["${at(1, 2)}/${prefix}", "${own}"]}`,
    `  - {name: eth1, mac: "${INSIDE_MAC}", addresses: ["${at(2, 1)}/${prefix}"${local}]}`,
    `routes: [{to: default, via: "${at(1, 1)}"}]`,
    "neighbors:",
    neighbor(at(1, 1), ROUTER_MAC, "eth0"),
    ...neighbors.map((client) => neighbor(formatAddress(client.address), client.mac, "eth0")),
    ...servers.map((server) => neighbor(formatAddress(server.address), server.mac, "eth1")),
    "sysctl:",
    four ? "  net.ipv4.ip_forward: 1" : "  net.ipv6.conf.all.forwarding: 1",
    ...(services.some(({ midStream }) => midStream)
      ? ["  net.ipv4.vs.sloppy_tcp: 1   # some connections begin in the middle"]
      : []),
    "rules: rules.ipvs",
    "",
  ].join("\n");
}

function rulesOf({ address, servers, at }: Site, services: Surveyed["services"], { mode }: Wished): string {
  const lines = services.flatMap(({ protocol, server: { port } }) => {
    const service = `-${protocol === PROTOCOL_TCP ? "t" : "u"} ${formatEndpoint(address, port)}`;
    return [
      `-A ${service} -s rr`,
      ...(mode === "fullnat" ? [`-P ${service} -z ${at(2, 100)}`] : []),
      ...servers.map((server) => `-a ${service} -r ${formatEndpoint(server.address, port)} ${FORWARDING[mode]}`),
    ];
  });
  return `${lines.join("\n")}\n`;
}
