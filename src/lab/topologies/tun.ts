/** IPIP tunnels: each real server in a network of its own, behind a router. It unpacks the client's packet and answers the client itself. */
import type { Lab, LabOptions, Program, Setting } from "../plan.ts";
import {
  binding,
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

const VIP = "10.1.0.100";
const STORE = "10.1.0.50";
/** Where the VIP of a tunnel's end is. Linux calls its own so. */
const TUNNEL_DEVICE = "tunl0";

const far = (number: number): string => `far${number}`;

const looseRouter: readonly Setting[] = ["all", "default"].map((scope) => ({
  kind: "sysctl",
  key: `net.ipv4.conf.${scope}.rp_filter`,
  value: "0",
  why: "Answers with the VIP as their source come from a real server's network, not from the VIP's: no check of the path back.",
}));

const tunnelEnd = (by: LabOptions["ipip"], gateway: string): readonly Setting[] => [
  ...["all", "default"].map(
    (scope): Setting => ({
      kind: "sysctl",
      key: `net.ipv4.conf.${scope}.rp_filter`,
      value: "0",
      why: `The client's packets come out of ${TUNNEL_DEVICE}, the replies leave by eth0: no check of the path back.`,
    }),
  ),
  ...silentAboutVip(),
  {
    kind: "ipip",
    dev: TUNNEL_DEVICE,
    by,
    why:
      by === "kernel"
        ? "The end of the director's tunnel; the module ipip brings it."
        : "The end of the director's tunnel: a TUN device, for this kernel has no IPIP. A program below takes the packets apart.",
  },
  {
    kind: "address",
    dev: TUNNEL_DEVICE,
    address: `${VIP}/32`,
    why: "The packet in the tunnel is addressed to the VIP, so the server must take it for its own.",
  },
  {
    kind: "route",
    to: "default",
    via: gateway,
    why: "Replies go straight to the client, by the server's own router.",
  },
];

export function tun(options: LabOptions): Lab {
  const servers = realServers(options, (number) => `10.3.${number}.11`);
  const decapsulator: Program[] = options.ipip === "own" ? [{ kind: "decapsulator", dev: TUNNEL_DEVICE }] : [];
  return {
    name: options.name,
    mode: "tun",
    about:
      "IPIP tunnel (-i): the director puts the packet into another one, addressed to the real server, which may be anywhere. The real server unpacks it and answers the client itself.",
    segments: [
      OUTSIDE,
      { name: "front", network: "10.1.0.0/24" },
      ...servers.map((_, index) => ({ name: far(index + 1), network: `10.3.${index + 1}.0/24` })),
    ],
    hosts: [
      outsideClient(),
      router(
        [
          nicOf("eth1", "front", macOf("router", 1, 1), "10.1.0.1/24"),
          ...servers.map((_, index) =>
            nicOf(`eth${index + 2}`, far(index + 1), macOf("router", 1, index + 2), `10.3.${index + 1}.1/24`),
          ),
        ],
        looseRouter,
      ),
      ...servers.map((server, index) => ({
        name: server.host,
        role: "server" as const,
        nics: [nicOf("eth0", far(index + 1), macOf("server", index + 1), `${server.address}/24`)],
        settings: tunnelEnd(options.ipip, `10.3.${index + 1}.1`),
        programs: [...decapsulator, webServer(options, servers, server, STORE)],
      })),
      ...storeHosts(options, "front", STORE, [
        { kind: "route", to: "default", via: "10.1.0.1", why: "The real servers are in other networks." },
      ]),
    ],
    director: {
      ports: [
        {
          name: "eth0",
          segment: "front",
          mac: macOf("director", 1),
          addresses: ["10.1.0.254/24", `${VIP}/32`],
          gro: true,
        },
      ],
      routes: [{ to: "default", via: "10.1.0.1" }],
      probe: { segment: "front", address: "10.1.0.253/24", gateway: "10.1.0.1" },
      health: options.health,
    },
    service: { address: VIP, port: WEB_PORT, ...binding(options), localAddresses: [], servers },
  };
}
