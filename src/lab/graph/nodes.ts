/** A lab as a graph: hosts and segments are its nodes, plugs its edges. */
import { DIRECTOR } from "../names.ts";
import type { Lab } from "../plan.ts";
import { withoutPrefix } from "../plan.ts";

export interface GraphNode {
  readonly id: string;
  readonly kind: "host" | "segment";
  readonly title: string;
  readonly lines: readonly string[];
  /** Steps from the client. */
  readonly rank: number;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  /** From a host to a segment. */
  readonly edges: readonly { readonly host: string; readonly segment: string }[];
}

/** The nodes in the order of the plan, the director behind the router it stands for, each with its distance from the client. */
export function graphOf(lab: Lab): Graph {
  const hosts = [
    ...lab.hosts.filter(({ role }) => role === "client" || role === "router").map(hostOf),
    directorOf(lab),
    ...lab.hosts.filter(({ role }) => role === "server" || role === "store").map(hostOf),
  ];
  const edges = hosts.flatMap(({ id, segments }) => segments.map((segment) => ({ host: id, segment })));
  const ranks = ranksFrom("client", edges);
  const rankOf = (id: string): number => ranks.get(id) ?? 0;
  return {
    nodes: [
      ...hosts.map(({ id, lines }) => ({ id, kind: "host" as const, title: id, lines, rank: rankOf(id) })),
      ...lab.segments.map(({ name, network }) => ({
        ...{ id: name, kind: "segment" as const, title: name, lines: [network] },
        rank: rankOf(name),
      })),
    ],
    edges,
  };
}

interface Plugged {
  readonly id: string;
  readonly lines: readonly string[];
  readonly segments: readonly string[];
}

const hostOf = ({ name, nics, settings }: Lab["hosts"][number]): Plugged => ({
  id: name,
  lines: [
    ...nics.map((nic) => withoutPrefix(nic.addresses[0] ?? "")),
    ...settings.flatMap((setting) =>
      setting.kind === "address" ? [`${setting.dev}: ${withoutPrefix(setting.address)}`] : [],
    ),
  ],
  segments: nics.map(({ segment }) => segment),
});

const directorOf = ({ director, service }: Lab): Plugged => ({
  id: DIRECTOR,
  lines: director.ports.flatMap(({ addresses }) =>
    addresses.map((address) => {
      const plain = withoutPrefix(address);
      const role = plain === service.address ? "VIP " : service.localAddresses.includes(plain) ? "LIP " : "";
      return `${role}${plain}`;
    }),
  ),
  segments: director.ports.map(({ segment }) => segment),
});

/** Breadth first, over hosts and segments alike. */
function ranksFrom(start: string, edges: Graph["edges"]): Map<string, number> {
  const ranks = new Map([[start, 0]]);
  const queue = [start];
  for (const id of queue) {
    const next = (ranks.get(id) ?? 0) + 1;
    for (const { host, segment } of edges) {
      const other = host === id ? segment : segment === id ? host : undefined;
      if (other === undefined || ranks.has(other)) continue;
      ranks.set(other, next);
      queue.push(other);
    }
  }
  return ranks;
}
