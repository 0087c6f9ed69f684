/** A wilder network than world.ts makes: three wires, odd MTUs, virtual addresses in odd places, routes that cross, any switch. */
import { prefixed } from "../../../../src/core/host/config/config.ts";
import { ipv4 as ipv4Address } from "../../../../src/core/wire/address.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../../../../src/core/wire/ipv4.ts";
import { addressOf } from "../../frames.ts";
import { Network } from "../../network.ts";
import type { Random } from "../random.ts";
import { type World, worldOf } from "../world.ts";
import { addSwitches } from "./switches.ts";

const MTUS: readonly (readonly [number, number])[] = [
  [12, 1500],
  [1, 9000],
  [1, 1480],
  [1, 1400],
  [1, 1006],
  [1, 600],
  [1, 576],
  [0.5, 400],
  [0.3, 100],
];
/** On eth0, in its network or not; 10.2.0.100 is on eth1, where the real servers are. */
const VIRTUALS = ["10.1.0.100", "10.1.0.101", "10.7.0.1", "10.2.0.100"] as const;

/** Clients on eth0 and behind a router, real servers on eth1, on eth2, on eth0, and behind a router. */
export function makeWildWorld(random: Random, name: string): World {
  const network = new Network();
  const virtuals = random.sample(VIRTUALS, random.integer(1, 3)).map(addressOf);
  const on = (wire: string): number[] => virtuals.filter((ip) => (ip >>> 16 === 0x0a02) === (wire === "eth1"));
  const side = [prefixed(addressOf("10.1.0.254"), 24), ...on("eth0").map((ip) => prefixed(ip, 32))];
  // A second address of the same network is one that nothing is sent from.
  if (random.chance(0.2)) side.push(prefixed(addressOf("10.1.0.200"), 24));
  network.addInterface("eth0", side, random.weighted(MTUS));
  const inside = [prefixed(addressOf("10.2.0.1"), 24), ...on("eth1").map((ip) => prefixed(ip, 32))];
  network.addInterface("eth1", inside, random.weighted(MTUS));
  const third = random.chance(0.4);
  if (third)
    network.addInterface("eth2", [prefixed(addressOf("10.3.0.1"), random.pick([24, 29, 30]))], random.weighted(MTUS));
  const known = (): boolean => random.chance(0.85);
  const station = (label: string, ip: string, dev: string) =>
    network.addStation({ name: label, address: addressOf(ip), dev, known: known() });
  const router = network.addStation({ name: "router", address: addressOf("10.1.0.9"), dev: "eth0" });
  const inner = network.addStation({ name: "inner", address: addressOf("10.2.0.250"), dev: "eth1" });
  const servers = [
    ...[2, 3, 4, 5].map((last) => station(`s${last}`, `10.2.0.${last}`, "eth1")),
    ...(third ? [station("s32", "10.3.0.2", "eth2")] : []),
    station("s17", "10.1.0.7", "eth0"),
  ];
  const clients = [station("c1", "10.1.0.1", "eth0"), station("c2", "10.1.0.3", "eth0")];
  addRoutes(network, random, router.address, inner.address);
  addMarks(network, random, virtuals);
  addSwitches(network, random);
  const far = Array.from({ length: 4 }, () => addressOf(`10.9.${random.integer(0, 3)}.${random.integer(1, 5)}`));
  return worldOf(name, {
    random,
    network,
    virtuals,
    clients: [...clients.map(({ address }) => address), ...far],
    servers: [...servers.map(({ address }) => address), addressOf("10.8.0.5")],
    router,
    silent: random.chance(0.1) ? random.pick(servers) : undefined,
  });
}

function addRoutes(network: Network, random: Random, router: number, inner: number): void {
  const [byRouter, byInner] = [ipv4Address(router), ipv4Address(inner)];
  network.routes.push({ to: prefixed(addressOf("10.9.0.0"), 16), via: byRouter });
  network.routes.push({ to: prefixed(addressOf("10.8.0.0"), 16), via: byInner });
  if (random.chance(0.3)) network.routes.push({ to: prefixed(0, 0), via: random.pick([byRouter, byInner]) });
  if (random.chance(0.2)) network.routes.push({ to: prefixed(addressOf("10.9.2.0"), 24), via: byInner });
  if (random.chance(0.2)) network.routes.push({ to: prefixed(addressOf("10.2.0.4"), 32), via: byInner });
  if (random.chance(0.1)) network.routes.push({ to: prefixed(addressOf("10.9.3.0"), 24), dev: "eth0" });
}

/** The ports that packets are marked by, alone or in a row. */
const MARKED = [
  [8000, 8000],
  [8001, 8001],
  [443, 443],
  [500, 500],
  [8000, 8010],
  [1, 65535],
] as const;

function addMarks(network: Network, random: Random, virtuals: readonly number[]): void {
  for (const [portFirst, portLast] of MARKED) {
    if (!random.chance(portLast === 65535 ? 0.06 : 0.25)) continue;
    const destination = random.chance(0.85) ? prefixed(random.pick(virtuals), 32) : prefixed(addressOf("10.1.0.0"), 24);
    const mark = random.integer(1, 3);
    for (const protocol of random.sample([PROTOCOL_TCP, PROTOCOL_UDP] as const, random.integer(1, 2))) {
      network.marks.push({ protocol, destination, portFirst, portLast, mark });
    }
  }
}
