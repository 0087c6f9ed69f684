/** What stands in the box of a host: its name and its addresses, in the words of LVS. */
import { lifelineOf, type Role } from "../../../core/explain/drawings/ladder.ts";
import type { Host } from "../../../core/simulator/host.ts";
import type { Topology } from "../../../core/simulator/topologies.ts";
import { formatAddress, sameAddress } from "../../../core/wire/address.ts";
import { macText } from "../../../core/wire/ethernet.ts";

export interface CardLine {
  readonly text: string;
  /** `virtual` is the virtual address, which everything is about; `learnt` what a client knows by ARP, which changes;
   * `moving` what one of two directors has while it is master, and `role` whether it is. */
  readonly tone: "address" | "virtual" | "mac" | "learnt" | "moving" | "role";
}

export interface Card {
  readonly name: string;
  readonly role: Role;
  readonly alive: boolean;
  readonly lines: readonly CardLine[];
}

/** More hosts side by side get cards with two lines. */
const MOST_LARGE = 4;

/** The cards of all hosts. Where there are many of a kind, what fits is put into one line. */
export function cardsOf(topology: Topology, dense: boolean): Card[] {
  const crowded = dense || topology.servers.length > MOST_LARGE || topology.clients.length > MOST_LARGE;
  return topology.hosts.map((host) => {
    const { role } = lifelineOf(topology, host.name);
    const lines = linesOf(topology, host);
    const short = crowded && (role === "server" || role === "client");
    return { name: host.name, role, alive: host.alive, lines: short ? paired(lines) : lines };
  });
}

/** For each interface its addresses and its MAC address; then what else the host is known by. */
function linesOf(topology: Topology, host: Host): CardLine[] {
  if (topology.directors.length > 1 && topology.directors.includes(host)) return linesOfPair(topology, host);
  const { addresses, role } = lifelineOf(topology, host.name);
  const lines: CardLine[] = [];
  let place = 0;
  for (const port of host.interfaces) {
    for (const { address } of port.addresses) {
      lines.push({
        text: addresses[place++] ?? "",
        tone: sameAddress(address, topology.virtualAddress) ? "virtual" : "address",
      });
    }
    lines.push({ text: port.mac, tone: "mac" });
  }
  for (const text of addresses.slice(place)) lines.push({ text, tone: "virtual" });
  const gateway = host.routes.find(({ to }) => to.prefix === 0)?.via;
  if (role === "client") lines.push({ text: LEARNT_ROOM, tone: "learnt" });
  if (role === "server" && gateway !== undefined) lines.push({ text: `gw ${formatAddress(gateway)}`, tone: "mac" });
  return lines;
}

/** One of two directors: what is its own, and what it has while it is master. */
function linesOfPair({ virtualAddress }: Topology, { interfaces, stack }: Host): CardLine[] {
  const lines = interfaces.flatMap(({ name, mac, addresses }): CardLine[] => [
    ...addresses.map(({ address }): CardLine => ({ text: `DIP ${formatAddress(address)}`, tone: "address" })),
    { text: mac, tone: "mac" },
    ...stack.vrrp.routers
      .filter(({ config }) => config.interface === name)
      .flatMap(({ config }) => config.addresses)
      .map(({ address }): CardLine => {
        const prefix = sameAddress(address, virtualAddress) ? "VIP " : "";
        return { text: `${prefix}${formatAddress(address)}`, tone: "moving" };
      }),
  ]);
  return [{ text: ROLE_ROOM, tone: "role" }, ...lines];
}

/** As long as what is said of a director's role. */
const ROLE_ROOM = "backup, priority 150";

/** Where a director's virtual routers stand. */
export function roleText({ stack }: Host): string {
  const [router] = stack.vrrp.routers;
  return router === undefined ? "" : `${router.state}, priority ${router.config.priority}`;
}

/** As long as what a client may learn. */
const LEARNT_ROOM = "VIP at 02:00:00:00:00:00";

/** Where a client believes that the virtual address is. */
export function learntText({ hosts, virtualAddress }: Topology, name: string): string {
  const stack = hosts.find((host) => host.name === name)?.stack;
  if (stack === undefined) return "";
  const handle = stack.addresses.of(virtualAddress);
  const known = stack.neighborsOf(handle).find(0, handle);
  return known === undefined || known.mac === 0 ? "" : `VIP at ${macText(known.mac)}`;
}

/** Two lines to one, but for the first, which stands beside the name. */
function paired(lines: readonly CardLine[]): CardLine[] {
  const [first, ...rest] = lines.filter(({ tone }) => tone !== "learnt");
  const text = rest.map((line) => line.text).join(" · ");
  return first === undefined ? [] : [first, { text, tone: "mac" }];
}
