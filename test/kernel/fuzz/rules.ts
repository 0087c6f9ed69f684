/** Random virtual services and real servers, and changes to them while traffic flows. */
import { firstWord, formatIpv4 } from "../../../src/core/wire/address.ts";
import { type FuzzService, MARKED_PORTS, settle, type World } from "./world.ts";

export const SCHEDULERS = [
  "rr",
  "wrr",
  "lc",
  "wlc",
  "lblc",
  "lblcr",
  "dh",
  "sh",
  "sed",
  "nq",
  "fo",
  "ovf",
  "mh",
] as const;
const TCP_PORTS = [80, 80, 443, 53, 8080, 21, 0] as const;
const UDP_PORTS = [53, 53, 443, 5060, 0] as const;
/** What packets for a service of all ports are sent to, or for FTP: its data port and unprivileged ones as well. */
export const ANY_PORTS = [80, 22, 8443, 20, 21, 1023, 1024, 30000] as const;

const PROTOCOLS = { "-t": "tcp", "-u": "udp", "--sctp-service": "sctp" } as const;

/** Between one and four services with up to five real servers each. */
export function addServices(world: World): void {
  const { random } = world;
  for (let count = random.integer(1, 4); count > 0; count--) {
    const service = randomService(world);
    if (world.services.some(({ option, name }) => option === service.option && name === service.name)) continue;
    world.services.push(service);
    addService(world, service);
    for (const server of random.sample(world.servers, random.integer(random.chance(0.1) ? 0 : 1, 5))) {
      addServer(world, service, server);
    }
  }
}

function randomService(world: World): FuzzService {
  const { random } = world;
  const option = random.weighted([
    [5, "-t"],
    [3, "-u"],
    [2, "-f"],
    [1, "--sctp-service"],
  ] as const);
  const address = random.pick(world.virtuals);
  if (option === "-f") return markService(world);
  const port = random.pick(option === "-u" ? UDP_PORTS : TCP_PORTS);
  return {
    option,
    name: `${formatIpv4(address)}:${port}`,
    protocol: PROTOCOLS[option],
    address,
    ports: port === 0 || port === 21 ? ANY_PORTS : [port],
    persistent: port === 0 || port === 21,
  };
}

/** A service for a mark that packets really get, if there is one. */
function markService({ random, network, virtuals }: World): FuzzService {
  const mark = network.marks.length > 0 ? random.pick(network.marks).mark : random.integer(1, 3);
  const rules = network.marks.filter((rule) => rule.mark === mark);
  return {
    option: "-f",
    name: String(mark),
    protocol: rules[0]?.protocol === 17 ? "udp" : "tcp",
    address: rules[0] === undefined ? random.pick(virtuals) : firstWord(rules[0].destination.address),
    ports: rules.length > 0 ? rules.map(({ portFirst }) => portFirst) : MARKED_PORTS,
    persistent: false,
  };
}

/** The options behind a service's name. */
function serviceOptions({ random }: World, service: FuzzService): string {
  const scheduler = random.pick(SCHEDULERS);
  const options = [`-s ${scheduler}`];
  const persistent = service.persistent || random.chance(0.25);
  if (persistent) {
    options.push(`-p ${random.pick([30, 100, 300, 360])}`);
    if (random.chance(0.4)) options.push(`-M ${random.pick(["255.255.255.0", "255.255.0.0", "255.255.255.255"])}`);
  }
  if ((scheduler === "sh" || scheduler === "mh") && random.chance(0.6)) {
    const flags = random.sample([`${scheduler}-port`, `${scheduler}-fallback`], random.integer(1, 2));
    options.push(`-b ${flags.join(",")}`);
  }
  if ((service.option === "-u" || service.option === "-f") && random.chance(0.15)) options.push("-o");
  return options.join(" ");
}

const command = ({ stage }: World, text: string): void => void stage.ipvsadm(text);

const addService = (world: World, service: FuzzService): void =>
  command(world, `-A ${service.option} ${service.name} ${serviceOptions(world, service)}`);

/** The options behind a real server's name. */
function serverOptions({ random }: World, method: string): string {
  const options = [method, `-w ${random.pick([0, 1, 1, 1, 1, 2, 3, 5, 10, 100])}`];
  if (random.chance(0.2)) {
    const upper = random.integer(1, 6);
    options.push(`-x ${upper}`);
    if (random.chance(0.6)) options.push(`-y ${random.integer(0, upper)}`);
  }
  return options.join(" ");
}

/**
 * By NAT most often; but never for FTP, where NAT switches on connection tracking for all of the host, which puts
 * fragments together in another place (ip_vs_ctl.c: __ip_vs_update_dest).
 */
const methodFor = ({ random }: World, { name }: FuzzService): string =>
  random.pick(name.endsWith(":21") ? ["-g", "-i"] : ["-m", "-m", "-g", "-i"]);

function addServer(world: World, service: FuzzService, server: number): void {
  const { random } = world;
  const own = world.network.interfaces.flatMap(({ addresses }) => addresses);
  const address = random.chance(0.05) ? firstWord(random.pick(own).address) : server;
  const method = methodFor(world, service);
  const port = random.chance(0.4) ? `:${random.pick([8080, 9090, 5353])}` : "";
  const name = `${formatIpv4(address)}${port}`;
  command(world, `-a ${service.option} ${service.name} -r ${name} ${serverOptions(world, method)}`);
}

/** One change to the services, mostly one that is allowed. */
export function change(world: World): void {
  const { random, services } = world;
  const service = random.pick(services);
  const { option, name } = service;
  const server = formatIpv4(random.pick(world.servers));
  const method = methodFor(world, service);
  random.weighted<() => void>([
    [
      6,
      () =>
        command(
          world,
          `-e ${option} ${name} -r ${knownServer(world, service, server)} ${serverOptions(world, method)}`,
        ),
    ],
    [4, () => command(world, `-d ${option} ${name} -r ${knownServer(world, service, server)}`)],
    [4, () => addServer(world, service, random.pick(world.servers))],
    [3, () => command(world, `-E ${option} ${name} ${serviceOptions(world, service)}`)],
    [1, () => command(world, `-D ${option} ${name}`)],
    [1, () => addService(world, service)],
    [
      1,
      () => command(world, `--set ${random.pick([0, 1, 2, 900])} ${random.pick([0, 1, 2])} ${random.pick([0, 1, 2])}`),
    ],
    [0.15, () => command(world, "-C")],
  ])();
  // With expire_nodest_conn the connections of a deleted real server go some ticks later.
  settle(world, world.stage.sleep(0.06));
}

/** A real server that the service has, with its port; else `otherwise`. */
export function knownServer({ random, stage }: World, { option, name }: FuzzService, otherwise: string): string {
  const known = stage.director.server.services
    .list()
    .find((service) => (option === "-f" ? service.fwmark === Number(name) : endpoint(service) === `${option} ${name}`));
  const destinations = known?.destinations ?? [];
  if (destinations.length === 0 || random.chance(0.1)) return otherwise;
  const { address, port } = random.pick(destinations);
  return `${formatIpv4(address.words[0])}:${port}`;
}

const OPTIONS: Readonly<Record<number, string>> = { 6: "-t", 17: "-u", 132: "--sctp-service" };

const endpoint = (service: { protocol: number; address: { words: readonly number[] }; port: number }): string =>
  `${OPTIONS[service.protocol]} ${formatIpv4(service.address.words[0] ?? 0)}:${service.port}`;

/** One listing that does not depend on the estimator's phase. */
export function list(world: World): void {
  const { random } = world;
  const { option, name } = random.pick(world.services);
  const listings = ["-Ln", "-Lnc", "-Sn", "-Ln --thresholds", "-Ln --persistent-conn", "-L --timeout"];
  command(world, random.pick([...listings, `-Ln ${option} ${name}`]));
}
