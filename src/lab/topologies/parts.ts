/** Parts that topologies are put together from. */
import type { LabHost, LabOptions, LabSegment, Nic, Program, RealServer, Setting } from "../plan.ts";

export const WEB_PORT = 80;
const STORE_PORT = 6379;
/** The addresses a client has on its segment: the first is its own, the others let it stand for further clients. */
const CLIENTS = 4;

/** Hosts of one kind share the fourth byte, so that a MAC address in a capture tells who it is. */
const MAC_KINDS = { client: "0c", router: "0a", director: "0d", server: "0e", store: "05", speaker: "0b" } as const;
export const macOf = (kind: keyof typeof MAC_KINDS, number: number, nic = 0): string =>
  `02:00:00:${MAC_KINDS[kind]}:${hex(nic)}:${hex(number)}`;
const hex = (byte: number): string => byte.toString(16).padStart(2, "0");

export const nicOf = (name: string, segment: string, mac: string, ...addresses: readonly string[]): Nic => ({
  name,
  segment,
  mac,
  addresses,
});

/** The client's addresses: the given one and those after it, `10.0.0.10/24` to `10.0.0.13/24`. */
function clientAddresses(first: string): readonly string[] {
  const [, network = "", host = "", prefix = ""] = /^(.*\.)(\d+)(\/\d+)$/.exec(first) ?? [];
  return Array.from({ length: CLIENTS }, (_, index) => `${network}${Number(host) + index}${prefix}`);
}

export const client = (segment: string, address: string, settings: readonly Setting[]): LabHost => ({
  name: "client",
  role: "client",
  nics: [nicOf("eth0", segment, macOf("client", 1), ...clientAddresses(address))],
  settings,
  programs: [],
});

/** A client of another network, and the router in between: what `front` calls the way to the world. */
export const OUTSIDE: LabSegment = { name: "outside", network: "10.0.0.0/24" };

export const outsideClient = (): LabHost =>
  client(OUTSIDE.name, "10.0.0.10/24", [
    { kind: "route", to: "default", via: "10.0.0.1", why: "The client is in another network than the director." },
  ]);

export const router = (nics: readonly Nic[], settings: readonly Setting[] = []): LabHost => ({
  name: "router",
  role: "router",
  nics: [nicOf("eth0", OUTSIDE.name, macOf("router", 1), "10.0.0.1/24"), ...nics],
  settings: [{ kind: "sysctl", key: "net.ipv4.ip_forward", value: "1", why: "A router forwards." }, ...settings],
  programs: [],
});

/** `count` real servers with the addresses that `addressOf` gives them, numbered from 1. */
export const realServers = (options: LabOptions, addressOf: (number: number) => string): readonly RealServer[] =>
  Array.from({ length: options.servers }, (_, index) => ({
    host: `rs${index + 1}`,
    address: addressOf(index + 1),
    weight: options.weights[index] ?? 1,
  }));

/** The web server of a real server; with sessions, where it keeps them. */
export function webServer(
  options: LabOptions,
  servers: readonly RealServer[],
  { host, address }: RealServer,
  store: string,
): Program {
  const { sessions } = options;
  return {
    kind: "web",
    name: host,
    port: WEB_PORT,
    sessions: sessions === "replicated" || sessions === "store" ? sessions : "memory",
    peers: servers.map((server) => server.address).filter((peer) => peer !== address),
    ...(sessions === "store" && { store: `${store}:${STORE_PORT}` }),
  };
}

/** The session server, where the lab has one. */
export const storeHosts = (
  options: LabOptions,
  segment: string,
  address: string,
  settings: readonly Setting[],
): LabHost[] =>
  options.sessions !== "store"
    ? []
    : [
        {
          name: "store",
          role: "store",
          nics: [nicOf("eth0", segment, macOf("store", 1), `${address}/24`)],
          settings,
          programs: [{ kind: "redis", address, port: STORE_PORT }],
        },
      ];

/** Seconds for which a client stays with its server where persistence is shown. */
const PERSISTENT_SECONDS = 60;

/** The scheduler and persistence that the options ask for: binding by source address is a matter of the service. */
export const binding = (options: LabOptions): { readonly scheduler: string; readonly persistentSeconds?: number } => ({
  scheduler: options.sessions === "sh" ? "sh" : options.scheduler,
  ...(options.sessions === "persistent" && { persistentSeconds: PERSISTENT_SECONDS }),
});

const ANSWERS_ONLY_FOR_ITS_PORT =
  "The VIP is on this server too, and only the director may answer ARP requests for it: answer only for addresses of the port that was asked.";
const ASKS_WITH_ITS_OWN =
  "An ARP request of this server must not carry the VIP as its sender, or its neighbors would learn the wrong owner.";

/** What keeps a real server that has the VIP silent about it. */
export const silentAboutVip = (): Setting[] => [
  { kind: "sysctl", key: "net.ipv4.conf.all.arp_ignore", value: "1", why: ANSWERS_ONLY_FOR_ITS_PORT },
  { kind: "sysctl", key: "net.ipv4.conf.all.arp_announce", value: "2", why: ASKS_WITH_ITS_OWN },
];
