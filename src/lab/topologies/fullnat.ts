/** FULLNAT: the director is a client of the real servers. They know a local address (LIP) of the director, and no way to the client. */
import type { Lab, LabOptions } from "../plan.ts";
import {
  binding,
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

const VIP = "10.1.0.100";
const STORE = "10.2.0.50";
const LOCAL_ADDRESSES = ["10.2.0.201", "10.2.0.202"];

export function fullnat(options: LabOptions): Lab {
  const servers = realServers(options, (number) => `10.2.0.${10 + number}`);
  return {
    name: options.name,
    mode: "fullnat",
    about:
      "FULLNAT (-b): the director changes both addresses, so that the real server talks to a local address of the director (LIP) and needs no route to the client.",
    segments: [OUTSIDE, { name: "front", network: "10.1.0.0/24" }, { name: "back", network: "10.2.0.0/24" }],
    hosts: [
      outsideClient(),
      router([nicOf("eth1", "front", macOf("router", 1, 1), "10.1.0.1/24")]),
      ...servers.map((server, index) => ({
        name: server.host,
        role: "server" as const,
        nics: [nicOf("eth0", "back", macOf("server", index + 1), `${server.address}/24`)],
        settings: [],
        programs: [webServer(options, servers, server, STORE)],
      })),
      ...storeHosts(options, "back", STORE, []),
    ],
    director: {
      ports: [
        { name: "eth0", segment: "front", mac: macOf("director", 1), addresses: ["10.1.0.254/24", `${VIP}/32`] },
        {
          name: "eth1",
          segment: "back",
          mac: macOf("director", 1, 1),
          addresses: ["10.2.0.254/24", ...LOCAL_ADDRESSES.map((address) => `${address}/32`)],
        },
      ],
      routes: [{ to: "default", via: "10.1.0.1" }],
      probe: { segment: "back", address: "10.2.0.253/24" },
      health: options.health,
    },
    service: { address: VIP, port: WEB_PORT, ...binding(options), localAddresses: LOCAL_ADDRESSES, toa: true, servers },
  };
}
