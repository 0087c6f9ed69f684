/** Services, real servers and changes to them of more kinds than rules.ts makes: every option, tunnels of all types, odd addresses. */
import { firstWord, formatIpv4 } from "../../../../src/core/wire/address.ts";
import type { Random } from "../random.ts";
import { ANY_PORTS, knownServer, SCHEDULERS } from "../rules.ts";
import { type FuzzService, settle, type World } from "../world.ts";

/** 21 without NAT only: see rules.ts. */
const PORTS = {
  "-t": [80, 80, 443, 8000, 21, 0],
  "-u": [53, 500, 500, 443, 8001, 0],
  "--sctp-service": [80, 5060, 0],
} as const;
const PROTOCOLS = { "-t": "tcp", "-u": "udp", "--sctp-service": "sctp" } as const;
const MASKS = ["255.255.255.255", "255.255.255.0", "255.255.0.0", "255.0.0.0", "128.0.0.0"] as const;
const TUNNELS = [
  "",
  "",
  " --tun-type ipip",
  " --tun-type gre",
  " --tun-type gre --tun-csum",
  " --tun-type gue --tun-port 6080",
  " --tun-type gue --tun-port 6080 --tun-csum",
  " --tun-type gue --tun-port 6080 --tun-nocsum",
] as const;

const command = ({ stage }: World, text: string): void => void stage.ipvsadm(text);

/** Between one and three services with up to four real servers each. */
export function addWildServices(world: World): void {
  const { random } = world;
  for (let count = random.integer(1, 3); count > 0; count--) {
    const service = wildService(world);
    if (world.services.some(({ option, name }) => option === service.option && name === service.name)) continue;
    world.services.push(service);
    addService(world, service);
    for (let left = random.integer(random.chance(0.1) ? 0 : 1, 4); left > 0; left--) addServer(world, service);
  }
}

function wildService(world: World): FuzzService {
  const { random } = world;
  const option = random.weighted([
    [4, "-t"],
    [4, "-u"],
    [2, "-f"],
    [2, "--sctp-service"],
  ] as const);
  if (option === "-f") return markService(world);
  const address = random.pick(world.virtuals);
  const port = random.pick<number>(PORTS[option]);
  const anyPort = port === 0 || port === 21;
  const ports = anyPort ? [...ANY_PORTS, 500] : [port];
  const name = `${formatIpv4(address)}:${port}`;
  return { option, name, protocol: PROTOCOLS[option], address, ports, persistent: anyPort };
}

function markService({ random, network, virtuals }: World): FuzzService {
  const rule = network.marks.length > 0 && random.chance(0.9) ? random.pick(network.marks) : undefined;
  const mark = rule?.mark ?? random.integer(1, 3);
  const ports = rule === undefined ? [8000] : rule.portFirst === 1 ? [80, 500, 8000] : [rule.portFirst, rule.portLast];
  const isUdp = rule?.protocol === 17;
  const address = rule?.destination.prefix === 32 ? firstWord(rule.destination.address) : random.pick(virtuals);
  return { option: "-f", name: String(mark), protocol: isUdp ? "udp" : "tcp", address, ports, persistent: false };
}

function serviceOptions(random: Random, service: FuzzService): string {
  const scheduler = random.pick(SCHEDULERS);
  const options = [`-s ${scheduler}`];
  if (service.persistent || random.chance(0.3)) {
    options.push(random.pick(["-p", "-p 1", "-p 2", "-p 30", "-p 300"]));
    if (random.chance(0.4)) options.push(`-M ${random.pick(MASKS)}`);
  }
  if ((scheduler === "sh" || scheduler === "mh") && random.chance(0.6)) {
    const flags = random.sample([`${scheduler}-port`, `${scheduler}-fallback`], random.integer(1, 2));
    options.push(`-b ${flags.join(",")}`);
  }
  if (random.chance(service.option === "-t" ? 0.05 : 0.2)) options.push("-o");
  return options.join(" ");
}

const addService = (world: World, service: FuzzService): void =>
  command(world, `-A ${service.option} ${service.name} ${serviceOptions(world.random, service)}`);

function serverOptions(random: Random, service: FuzzService): string {
  const method = random.pick(service.name.endsWith(":21") ? ["-g", "-i"] : ["-m", "-m", "-g", "-i", "-i"]);
  const options = [method === "-i" ? `${method}${random.pick(TUNNELS)}` : method];
  options.push(`-w ${random.pick([0, 1, 1, 1, 1, 2, 3, 7, 100, 65535])}`);
  if (random.chance(0.25)) {
    const upper = random.integer(1, 4);
    options.push(`-x ${upper}`);
    if (random.chance(0.6)) options.push(`-y ${random.integer(0, upper)}`);
  }
  return options.join(" ");
}

/** A host for real servers, now and then the director itself, a client, nobody, or nobody's network. */
function serverAddress({ random, network, servers, clients, virtuals }: World): number {
  if (random.chance(0.88)) return random.pick(servers);
  const own = network.interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => firstWord(address)));
  return random.pick([...own, ...virtuals, ...clients, 0x0a020063, 0x0a0500ff, 0x0a0200ff, 0x7f000001]);
}

function addServer(world: World, service: FuzzService): void {
  const { random } = world;
  const port = random.chance(0.4) ? `:${random.pick([8080, 9090, 500, 0, ...service.ports])}` : "";
  const server = `${formatIpv4(serverAddress(world))}${port}`;
  command(world, `-a ${service.option} ${service.name} -r ${server} ${serverOptions(random, service)}`);
}

/** One change, or a few that belong together. */
export function changeWildly(world: World): void {
  const { random } = world;
  const service = random.pick(world.services);
  const { option, name } = service;
  const known = (): string => knownServer(world, service, formatIpv4(random.pick(world.servers)));
  const edit = (): void => command(world, `-e ${option} ${name} -r ${known()} ${serverOptions(random, service)}`);
  const remove = (server: string): void => command(world, `-d ${option} ${name} -r ${server}`);
  random.weighted<() => void>([
    [6, edit],
    [3, () => remove(known())],
    [3, () => addServer(world, service)],
    [
      3,
      () => {
        // Back from the trash, perhaps by another method.
        const server = known();
        remove(server);
        if (random.chance(0.5)) settle(world, world.stage.sleep(0.06));
        command(world, `-a ${option} ${name} -r ${server} ${serverOptions(random, service)}`);
      },
    ],
    [3, () => command(world, `-E ${option} ${name} ${serviceOptions(random, service)}`)],
    [1, () => command(world, `-D ${option} ${name}`)],
    [1, () => addService(world, service)],
    [1.5, () => command(world, `--set ${random.pick([0, 1, 2, 900])} ${random.integer(0, 2)} ${random.integer(0, 2)}`)],
    [0.5, () => restore(world)],
  ])();
  // With expire_nodest_conn the connections of a deleted real server go some ticks later.
  settle(world, world.stage.sleep(0.06));
}

/** Everything goes, and most of it comes back, as `ipvsadm -R` would do it. */
function restore(world: World): void {
  const { random, services } = world;
  command(world, "-C");
  for (const service of services) {
    if (random.chance(0.15)) continue;
    addService(world, service);
    for (let left = random.integer(0, 4); left > 0; left--) addServer(world, service);
  }
}

const LISTINGS = [
  "-Ln",
  "-Lnc",
  "-Sn",
  "-Ln --thresholds",
  "-Ln --persistent-conn",
  "-L --timeout",
  "-Lnc --persistent-conn",
];

/** One listing, or a file of /proc/net, that does not depend on the estimator's phase or on an order by chance. */
export function listWildly({ random, stage, services }: World): void {
  const { option, name } = random.pick(services);
  if (random.chance(0.2)) stage.proc(random.pick(["ip_vs_app", "ip_vs_conn_sync"]));
  else stage.ipvsadm(random.pick([...LISTINGS, `-Ln ${option} ${name}`]));
}
