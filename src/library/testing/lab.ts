/**
 * A director between clients and real servers, ready to be tried: where only the rules and the packets matter.
 *
 *   clients 198.51.100.1, .2, ...            eth0  198.51.100.254   203.0.113.100, .101 (virtual addresses)
 *   clients of 192.0.2.0/24 behind .9                director
 *   real servers 192.168.1.2, .3, .4         eth1  192.168.1.1      192.168.1.101, .102 (local addresses of FULLNAT)
 *
 * In IPv6: client 2001:db8:1::1, virtual address 2001:db8:1::100; real servers 2001:db8:2::2 and ::3, inside 2001:db8:2::1.
 *
 *   const { receive } = lab(service("-m"));
 *   expectSent(receive(tcp(`${LAB.client}:40000 > ${LAB.vip}:80`, "S"))).to(`${LAB.servers[0]}:80`);
 */
import type { Description } from "../description.ts";
import { createDirector, type Director, type DirectorOptions } from "../director.ts";
import { UsageError } from "../errors.ts";
import { Packet } from "../packet/packet.ts";
import type { Received } from "../walk.ts";
import { checkNames, got } from "../wrong-use.ts";

/** Addresses of a lab. */
export interface LabAddresses {
  /** Clients beside the director. */
  readonly client: string;
  /** The second of them. */
  readonly client2: string;
  /** A client behind a router. */
  readonly farClient: string;
  /** The virtual address that `service` has. */
  readonly vip: string;
  /** Another one. */
  readonly vip2: string;
  /** The director's own address outside. */
  readonly director: string;
  /** The director's own address inside. */
  readonly inside: string;
  /** Real servers. */
  readonly servers: readonly [string, string, string];
  /** A local address of FULLNAT, for `-P -z`. */
  readonly local: string;
  /** Another one. */
  readonly local2: string;
  /** A client in IPv6. */
  readonly client6: string;
  /** The virtual address in IPv6. */
  readonly vip6: string;
  /** Real servers in IPv6. */
  readonly servers6: readonly [string, string];
  /** The director's own address inside, in IPv6. */
  readonly inside6: string;
  /** MAC addresses of the director's ports, and of the router before the far client. */
  readonly macs: { readonly eth0: string; readonly eth1: string; readonly router: string };
}

/** Who is where in a lab. */
export const LAB: LabAddresses = {
  client: "198.51.100.1",
  client2: "198.51.100.2",
  farClient: "192.0.2.7",
  vip: "203.0.113.100",
  vip2: "203.0.113.101",
  director: "198.51.100.254",
  inside: "192.168.1.1",
  servers: ["192.168.1.2", "192.168.1.3", "192.168.1.4"],
  local: "192.168.1.101",
  local2: "192.168.1.102",
  client6: "2001:db8:1::1",
  vip6: "2001:db8:1::100",
  servers6: ["2001:db8:2::2", "2001:db8:2::3"],
  inside6: "2001:db8:2::1",
  macs: { eth0: "02:00:00:00:01:64", eth1: "02:00:00:00:02:64", router: "02:00:00:00:01:09" },
};

/** The MAC address of a station: its network's number, and that of the station in it. */
export function macOf(address: string): string {
  const [net = "", host = ""] = /^(198\.51\.100|192\.168\.1|2001:db8:[12]:)[.:](\w+)$/.exec(address)?.slice(1) ?? [];
  if (net === "") return LAB.macs.router;
  const number = net.includes(":") ? host : Number(host).toString(16);
  return `02:00:00:00:${net === "198.51.100" || net === "2001:db8:1:" ? "01" : "02"}:${number.slice(-2).padStart(2, "0")}`;
}

/** What of a lab may be otherwise. */
export interface LabOptions {
  /** Bytes that fit outside and inside; 1500 by default. */
  readonly mtu?: readonly [outside: number, inside: number];
  /** `conn_reuse_mode` is net.ipv4.vs.conn_reuse_mode; names with a dot are taken as they are. */
  readonly sysctl?: Readonly<Record<string, number>>;
  /** The lab has IPv6 beside IPv4. */
  readonly ipv6?: boolean;
  /** Neighbors are known without ARP and neighbor discovery, as long as this is not false. */
  readonly neighbors?: boolean;
  /** Further keys of the description, instead of the lab's own. */
  readonly description?: Partial<Description>;
  /** For `createDirector`. */
  readonly director?: DirectorOptions;
}

/** What `createDirector` makes the director of a lab from. */
export function labDescription({
  mtu = [1500, 1500],
  sysctl = {},
  ipv6 = false,
  neighbors = true,
  description = {},
}: LabOptions): Description {
  const six = (...addresses: readonly string[]): readonly string[] => (ipv6 ? addresses : []);
  const { macs, servers, servers6 } = LAB;
  const outside = [LAB.client, LAB.client2, "198.51.100.3", "198.51.100.9", ...six(LAB.client6)];
  const stations = neighbors ? [...outside, ...servers, ...six(...servers6)] : [];
  return {
    interfaces: {
      eth0: {
        mac: macs.eth0,
        mtu: mtu[0],
        addresses: [
          `${LAB.director}/24`,
          `${LAB.vip}/32`,
          `${LAB.vip2}/32`,
          ...six("2001:db8:1::254/64", `${LAB.vip6}/128`),
        ],
      },
      eth1: {
        mac: macs.eth1,
        mtu: mtu[1],
        addresses: [`${LAB.inside}/24`, `${LAB.local}/32`, `${LAB.local2}/32`, ...six(`${LAB.inside6}/64`)],
      },
    },
    routes: { "192.0.2.0/24": "198.51.100.9" },
    neighbors: Object.fromEntries(stations.map((address) => [address, macOf(address)])),
    sysctl: Object.fromEntries(Object.entries(sysctl).map(([name, value]) => [switchName(name), value])),
    ...description,
  };
}

/** The name in sysctl(8). */
export const switchName = (name: string): string => (name.includes(".") ? name : `net.ipv4.vs.${name}`);

/** A director, and the way of packets into it. */
export interface Lab {
  /** The director itself. */
  readonly director: Director;
  /** A packet arrives on the port that its source is behind. */
  readonly receive: (packet: Packet) => Received;
}

/** A lab with these rules, as `ipvsadm -S` prints them. Throws DescriptionError for one that is refused. */
export function lab(rules: readonly string[] = [], options: LabOptions = {}): Lab {
  checkNames("option", options, ["mtu", "sysctl", "ipv6", "neighbors", "description", "director"]);
  const director = createDirector({ ...labDescription(options), rules }, options.director);
  const portFor = (packet: Packet): string => (packet instanceof Packet ? portOf(packet.fields.source) : "eth0");
  return { director, receive: (packet) => director.receive(portFor(packet), packet) };
}

/** The port that a source is behind. */
export const portOf = (source: string): string =>
  source.startsWith("192.168.1.") || source.startsWith("2001:db8:2::") ? "eth1" : "eth0";

/** Rules: a service at the lab's virtual address, port 80, or another, with real servers `ADDRESS[:PORT]` by one forwarding method: `-m`, `-g`, `-i`, `-b`. */
export function service(
  method: string,
  servers: readonly string[] = [LAB.servers[0]],
  options: { readonly at?: string; readonly scheduler?: string; readonly extra?: string } = {},
): string[] {
  if (typeof method !== "string") throw new UsageError(`expected a forwarding method such as -m, got ${got(method)}`);
  if (!Array.isArray(servers)) throw new UsageError(`expected a list of real servers, got ${got(servers)}`);
  checkNames("option", options, ["at", "scheduler", "extra"]);
  const { at = `-t ${LAB.vip}:80`, scheduler = "rr", extra = "" } = options;
  return [`-A ${at} -s ${scheduler} ${extra}`, ...servers.map((server) => `-a ${at} -r ${server} ${method}`)];
}
