/** NAT: two networks, and the director between them. Real servers answer through the director, their gateway. */
import type { Lab, LabOptions } from "../plan.ts";
import {
  binding,
  client,
  macOf,
  nicOf,
  OUTSIDE,
  outsideClient,
  realServers,
  router,
  storeHosts,
  WEB_PORT,
  webServer,
} from "./parts.ts";

/** What differs between the lab and the worked example. */
interface NatAddresses {
  readonly vip: string;
  /** What the director has in front. */
  readonly front: readonly string[];
  /** The director's own address behind. */
  readonly dip: string;
  readonly network: { readonly front: string; readonly back: string };
  readonly probe: string;
  readonly store: string;
  readonly realServer: (number: number) => string;
}

const LAB: NatAddresses = {
  vip: "10.1.0.100",
  front: ["10.1.0.254/24", "10.1.0.100/32"],
  dip: "10.2.0.254",
  network: { front: "10.1.0.0/24", back: "10.2.0.0/24" },
  probe: "10.2.0.253/24",
  store: "10.2.0.50",
  realServer: (number) => `10.2.0.${10 + number}`,
};

const EXAMPLE: NatAddresses = {
  vip: "12.11.0.101",
  front: ["12.11.0.101/24"],
  dip: "172.16.1.1",
  network: { front: "12.11.0.0/24", back: "172.16.1.0/24" },
  probe: "172.16.1.253/24",
  store: "172.16.1.50",
  realServer: (number) => `172.16.1.${1 + number}`,
};

const THROUGH_THE_DIRECTOR =
  "The director must see the answers to translate them back, so it is the gateway (this is the DIP).";

export function nat(options: LabOptions): Lab {
  const at = options.example ? EXAMPLE : LAB;
  const servers = realServers(options, at.realServer);
  const throughDirector = { kind: "route", to: "default", via: at.dip, why: THROUGH_THE_DIRECTOR } as const;
  return {
    name: options.name,
    mode: "nat",
    about:
      "NAT (-m): the director writes the real server's address over the VIP, and the VIP back into the replies. Both directions go through it.",
    segments: [
      ...(options.example ? [] : [OUTSIDE]),
      { name: "front", network: at.network.front },
      { name: "back", network: at.network.back },
    ],
    hosts: [
      ...(options.example
        ? [client("front", "12.11.0.10/24", [])]
        : [outsideClient(), router([nicOf("eth1", "front", macOf("router", 1, 1), "10.1.0.1/24")])]),
      ...servers.map((server, index) => ({
        name: server.host,
        role: "server" as const,
        nics: [nicOf("eth0", "back", macOf("server", index + 1), `${server.address}/24`)],
        settings: [throughDirector],
        programs: [webServer(options, servers, server, at.store)],
      })),
      ...storeHosts(options, "back", at.store, []),
    ],
    director: {
      ports: [
        { name: "eth0", segment: "front", mac: macOf("director", 1), addresses: at.front },
        { name: "eth1", segment: "back", mac: macOf("director", 1, 1), addresses: [`${at.dip}/24`] },
      ],
      routes: options.example ? [] : [{ to: "default", via: "10.1.0.1" }],
      probe: { segment: "back", address: at.probe },
      health: options.health,
    },
    service: { address: at.vip, port: WEB_PORT, ...binding(options), localAddresses: [], servers },
  };
}
