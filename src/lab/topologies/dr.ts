/** Direct routing: one segment. The director only changes the MAC address; real servers have the VIP and answer the client themselves. */
import type { Lab, LabOptions, Setting } from "../plan.ts";
import {
  binding,
  client,
  macOf,
  nicOf,
  OUTSIDE,
  outsideClient,
  realServers,
  router,
  silentAboutVip,
  storeHosts,
  WEB_PORT,
  webServer,
} from "./parts.ts";

interface DrAddresses {
  readonly vip: string;
  readonly dip: string;
  readonly network: string;
  readonly probe: string;
  readonly store: string;
  readonly realServer: (number: number) => string;
}

const LAB: DrAddresses = {
  vip: "10.1.0.100",
  dip: "10.1.0.254",
  network: "10.1.0.0/24",
  probe: "10.1.0.253/24",
  store: "10.1.0.50",
  realServer: (number) => `10.1.0.${10 + number}`,
};

const EXAMPLE: DrAddresses = {
  vip: "12.11.0.101",
  dip: "12.11.0.102",
  network: "12.11.0.0/24",
  probe: "12.11.0.253/24",
  store: "12.11.0.50",
  realServer: (number) => `12.11.0.${102 + number}`,
};

export function dr(options: LabOptions): Lab {
  const at = options.example ? EXAMPLE : LAB;
  const servers = realServers(options, at.realServer);
  const settings: readonly Setting[] = [
    ...silentAboutVip(),
    {
      kind: "address",
      dev: "lo",
      address: `${at.vip}/32`,
      why: "The packets still carry the VIP, so the server must take it for its own; after the two settings above, never before them.",
    },
    ...(options.example
      ? []
      : [
          {
            kind: "route",
            to: "default",
            via: "10.1.0.1",
            why: "Replies go straight to the client: the gateway is the network's router, not the director.",
          } as const,
        ]),
  ];
  return {
    name: options.name,
    mode: "dr",
    about:
      "Direct routing (-g): the director sends the packet, its addresses and ports unchanged, to a real server's MAC address. The reply goes from the real server to the client and does not pass the director.",
    segments: [...(options.example ? [] : [OUTSIDE]), { name: "lan", network: at.network }],
    hosts: [
      ...(options.example
        ? [client("lan", "12.11.0.10/24", [])]
        : [outsideClient(), router([nicOf("eth1", "lan", macOf("router", 1, 1), "10.1.0.1/24")])]),
      ...servers.map((server, index) => ({
        name: server.host,
        role: "server" as const,
        nics: [nicOf("eth0", "lan", macOf("server", index + 1), `${server.address}/24`)],
        settings,
        programs: [webServer(options, servers, server, at.store)],
      })),
      ...storeHosts(options, "lan", at.store, []),
    ],
    director: {
      ports: [{ name: "eth0", segment: "lan", mac: macOf("director", 1), addresses: [`${at.dip}/24`, `${at.vip}/32`] }],
      routes: options.example ? [] : [{ to: "default", via: "10.1.0.1" }],
      probe: { segment: "lan", address: at.probe },
      health: options.health,
    },
    service: { address: at.vip, port: WEB_PORT, ...binding(options), localAddresses: [], servers },
  };
}
