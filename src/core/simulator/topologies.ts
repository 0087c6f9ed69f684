/**
 * Ready-made networks around a director, one for each forwarding method, with the addresses of the classic examples:
 *
 *   nat      client 12.11.0.10 -- 12.11.0.1 director 172.16.1.1 -- 172.16.1.2, .3 (gateway: the director)
 *   dr       client 12.11.0.10, director 12.11.0.102, servers 12.11.0.103, .104 on one segment; VIP on lo of each server
 *   tun      client and director 12.11.0.102 -- router -- server 172.16.1.2; router -- server 172.16.2.2; VIP on tunl0
 *   fullnat  client -- 12.11.0.1 director 172.16.1.1 -- router -- servers 172.16.2.2, .3 (gateway: the router)
 *
 * The virtual address is 12.11.0.101 everywhere, the service TCP port 80 by rr. A MAC address is 02:00 and the IP address.
 *
 * In IPv6 the numbers are the same: the client is fd00:11::10, the virtual address fd00:11::101, a server fd00:16:1::2.
 */
import { DEFAULT_MTU } from "../host/config/config.ts";
import { type Address, AF_INET, type Family, formatEndpoint, ipv4 } from "../wire/address.ts";
import type { FaultName } from "./faults.ts";
import { Host, type HostOptions } from "./host.ts";
import { type Layout, type Mode, numbered, onLink, type Plan, port, SERVICE_PORT } from "./layout.ts";
import { Network } from "./network.ts";
import { dr } from "./topologies/dr.ts";
import { fullnat } from "./topologies/fullnat.ts";
import { nat } from "./topologies/nat.ts";
import { tun } from "./topologies/tun.ts";
import { pairOf, SETTLING, type SyncChoice } from "./two-directors.ts";
import { WebClient, webServer } from "./web.ts";

export interface TopologyOptions {
  /** AF_INET by default. */
  readonly family?: Family;
  /** Real servers and local addresses of FULLNAT are of IPv4, whatever the family. */
  readonly nat64?: boolean;
  /** Two of which one takes over from the other; one by default. */
  readonly directors?: 1 | 2;
  /** Of two directors; `prompt` by default. */
  readonly sync?: SyncChoice;
  /** Real servers, 1 to 9; two by default. */
  readonly servers?: number;
  /** As `ipvsadm -s` spells it; rr by default. */
  readonly scheduler?: string;
  /** Of the real servers in their order; 1 for those that have none here. */
  readonly weights?: readonly number[];
  /** The service's persistence timeout; none by default. */
  readonly persistentSeconds?: number;
  /** 1 to 9 with addresses in a row; one by default. */
  readonly clients?: number;
  /** Of the way from the director to the real servers; 1500 by default. */
  readonly mtu?: number;
  readonly faults?: readonly FaultName[];
}

export interface Topology extends Layout {
  /** The first of the directors. */
  readonly director: Host;
  readonly mode: Mode;
  readonly network: Network;
  /** `client` and those beside it. */
  readonly clients: readonly Host[];
  readonly family: Family;
  readonly virtualAddress: Address;
  readonly port: number;
  /** What was told to the director, as command lines of ipvsadm without the program's name. */
  readonly rules: readonly string[];
  readonly faults: readonly FaultName[];
}

const MOST_SERVERS = 9;
const MOST_CLIENTS = 9;
/** So long after its connection stands a client sends its request: the handshake is over everywhere by then. */
const THINKING_TIME = 1000;

/** Networks, client, director and servers of a mode, ready to run. Throws RangeError if there are to be 0 or more than 9 servers or clients. */
export function buildTopology(mode: Mode, options: TopologyOptions = {}): Topology {
  const { servers = 2, clients = 1, faults = [], family = AF_INET } = options;
  check(servers, MOST_SERVERS, "real servers");
  check(clients, MOST_CLIENTS, "clients");
  const network = new Network(options.directors === 2 ? -SETTLING : 0);
  const rules: string[] = [];
  const plan = planOf(network, rules, servers, options);
  const layout = LAYOUTS[mode](plan);
  const [first] = layout.servers;
  if (first !== undefined && faults.includes("dead")) first.alive = false;
  if (first !== undefined && faults.includes("closed")) first.tcp.stopListening(SERVICE_PORT);
  const others = Array.from({ length: clients - 1 }, (_, index) => clientBeside(layout.client, network, index + 2));
  if (options.directors === 2) network.settle();
  return {
    ...layout,
    director: layout.directors[0],
    hosts: layout.hosts.flatMap((host) => (host === layout.client ? [host, ...others] : [host])),
    clients: [layout.client, ...others],
    mode,
    network,
    family,
    rules,
    faults,
    virtualAddress: plan.virtualAddress,
    port: SERVICE_PORT,
  };
}

function planOf(network: Network, rules: string[], count: number, options: TopologyOptions): Plan {
  const { scheduler = "rr", faults = [], weights = [], persistentSeconds, mtu = DEFAULT_MTU } = options;
  const { directors, sync = "prompt" } = options;
  const ends = addressing(options.family ?? AF_INET);
  const service = formatEndpoint(ends.virtualAddress, SERVICE_PORT);
  const persistence = persistentSeconds === undefined ? "" : ` -p ${persistentSeconds}`;
  const weightWords = (index: number): string => (weights[index] === undefined ? "" : ` -w ${weights[index]}`);
  return {
    ...ends,
    behind: options.nat64 === true ? addressing(AF_INET) : ends,
    network,
    count,
    mtu,
    has: (fault) => faults.includes(fault),
    rules: (method, addresses) => {
      const lines = addresses.map(
        (address, index) =>
          `-a -t ${service} -r ${formatEndpoint(address, SERVICE_PORT)} ${method}${weightWords(index)}`,
      );
      rules.push(`-A -t ${service} -s ${scheduler}${persistence}`, ...lines.toReversed());
      return rules;
    },
    directors: (single) => directorHosts(network, directors === 2 ? pairOf(single, { sync }) : [single]),
    server: (hostOptions) => newServer(network, hostOptions),
  };
}

/** Directors of these options, in their order. */
export const directorHosts = (
  network: Network,
  [first, ...others]: readonly [HostOptions, ...HostOptions[]],
): Layout["directors"] => [new Host(network, first), ...others.map((other) => new Host(network, other))];

/** The addresses of the built-in networks in a family. */
export function addressing(family: Family): Pick<Plan, "family" | "at" | "virtualAddress" | "clientAddress"> {
  const at: Plan["at"] = (a, b, c, d) => numbered(family, a, b, c, d);
  return { family, at, virtualAddress: at(12, 11, 0, 101), clientAddress: at(12, 11, 0, 10) };
}

function check(count: number, most: number, what: string): void {
  if (!Number.isInteger(count) || count < 1 || count > most)
    throw new RangeError(`between 1 and ${most} ${what}, not ${count}`);
}

/** One more client on the first one's segment, which is like it in all but name and address. */
export function clientBeside(first: Host, network: Network, number: number): Host {
  const interfaces = first.interfaces.map(({ name, segment }) =>
    port(name, segment, [onLink(nextTo(first.address, number - 1))]),
  );
  const client = new Host(network, { name: `client${number}`, interfaces, routes: first.routes });
  client.filters.push(...first.filters);
  return client;
}

/** The address so many further: in IPv6 still with decimal digits. */
function nextTo({ family, words }: Address, by: number): Address {
  if (family === AF_INET) return ipv4(words[0] + by);
  const [first, second, third, last] = words;
  return { family, words: [first, second, third, Number.parseInt(String(Number(last.toString(16)) + by), 16)] };
}

const LAYOUTS: Readonly<Record<Mode, (plan: Plan) => Layout>> = { nat, dr, tun, fullnat };

function newServer(network: Network, options: HostOptions): Host {
  const host = new Host(network, options);
  host.tcp.listen(SERVICE_PORT, webServer(`I am ${options.name}.`));
  host.datagrams.listen(SERVICE_PORT, () => Uint8Array.from(options.name, (letter) => letter.charCodeAt(0)));
  return host;
}

/** The client begins to ask for a page, `padding` bytes longer than need be; what comes of it is in the result when the network has run. */
export function request(topology: Topology, padding = 0): WebClient {
  const { client, virtualAddress, port: servicePort } = topology;
  const program = new WebClient("/", padding, (run) => topology.network.after(THINKING_TIME, run));
  client.tcp.connect(client.address, virtualAddress, servicePort, program);
  return program;
}
