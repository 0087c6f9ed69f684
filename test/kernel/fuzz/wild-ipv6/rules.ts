/** Services of both families with real servers of both, all methods and tunnels, and changes to them while traffic flows. */
import { formatAddress } from "../../../../src/core/wire/address.ts";
import { SCHEDULERS } from "../rules.ts";
import { isIpv6 } from "./bytes.ts";
import { LIVE_SWITCHES, OWN, SERVERS, VIRTUALS, type WildService, type WildWorld } from "./world.ts";

const WILD_SCHEDULERS = ["rr", ...SCHEDULERS] as const;
const TUNNELS = [
  "",
  "",
  " --tun-type ipip",
  " --tun-type gre --tun-nocsum",
  " --tun-type gre --tun-csum",
  " --tun-type gue --tun-port 6080 --tun-nocsum",
  " --tun-type gue --tun-port 6080 --tun-csum",
  " --tun-type gue --tun-port 6080 --tun-remcsum",
] as const;

const bracketed = (address: string): string => (isIpv6(address) ? `[${address}]` : address);

export function addServices(world: WildWorld): void {
  const { random, services } = world;
  for (let count = random.integer(1, 4); count > 0; count--) {
    const service = randomService(world);
    if (services.some(({ name, option }) => name === service.name && option === service.option)) continue;
    services.push(service);
    addService(world, service);
    for (let servers = random.integer(1, 4); servers > 0; servers--) addServer(world, service);
  }
}

function randomService({ random, stage }: WildWorld): WildService {
  if (stage.head.marks.length > 0 && random.chance(0.3)) {
    const isTcp = random.chance(0.5);
    return isTcp
      ? { option: "-f", name: "7 -6", address: VIRTUALS[0], port: random.pick([443, 444]), protocol: 6 }
      : { option: "-f", name: "8 -6", address: VIRTUALS[1], port: 53, protocol: 17 };
  }
  const address = random.pick(VIRTUALS);
  const [option, protocol] = random.pick([
    ["-t", 6],
    ["-t", 6],
    ["-u", 17],
    ["--sctp-service", 132],
  ] as const);
  const port = random.pick([80, 443, 53, 5060, 0]);
  return { option, name: `${bracketed(address)}:${port}`, address, port, protocol };
}

function serviceOptions({ random }: WildWorld, { option, address, port }: WildService): string {
  const scheduler = random.pick(WILD_SCHEDULERS);
  const bound = port === 0 || random.chance(0.3);
  const masks = isIpv6(address) ? ["48", "64", "128", "33", "1"] : ["255.255.255.0", "255.255.0.0"];
  const flags =
    (scheduler === "sh" || scheduler === "mh") && random.chance(0.5)
      ? ` -b ${random.sample([`${scheduler}-port`, `${scheduler}-fallback`], random.integer(1, 2)).join(",")}`
      : "";
  const mask = bound && random.chance(0.5) ? ` -M ${random.pick(masks)}` : "";
  const once = !bound && option !== "-t" && random.chance(0.25) ? " -o" : "";
  return `-s ${scheduler}${bound ? ` -p ${random.pick([60, 100, 300])}` : ""}${mask}${flags}${once}`;
}

const addService = (world: WildWorld, service: WildService): void =>
  void world.stage.ipvsadm(`-A ${service.option} ${service.name} ${serviceOptions(world, service)}`);

function serverOptions({ random }: WildWorld, isMixed: boolean): string {
  const method = isMixed ? "-i" : random.pick(["-m", "-m", "-g", "-i", "-i"]);
  const tunnel = method === "-i" ? random.pick(TUNNELS) : "";
  const upper = random.integer(1, 4);
  const limits = random.chance(0.15)
    ? ` -x ${upper}${random.chance(0.5) ? ` -y ${random.integer(0, upper)}` : ""}`
    : "";
  return `${method}${tunnel} -w ${random.pick([0, 1, 1, 1, 2, 3, 10])}${limits}`;
}

function addServer(world: WildWorld, service: WildService): void {
  const { random } = world;
  const address = random.chance(0.08) ? random.pick([...OWN, ...VIRTUALS]) : random.pick(SERVERS);
  const isMixed = isIpv6(address) !== isIpv6(service.address) && random.chance(0.97);
  const options = serverOptions(world, isMixed);
  const port =
    options.startsWith("-m") && random.chance(0.4) && service.option !== "-f" ? `:${random.pick([8080, 9090])}` : "";
  world.stage.ipvsadm(`-a ${service.option} ${service.name} -r ${bracketed(address)}${port} ${options}`);
}

/** A real server that some service has, as ipvsadm names it. */
function knownServer({ random, stage }: WildWorld, { address, port, option, name }: WildService): string | undefined {
  const known = stage.director.server.services
    .list()
    .find((service) =>
      option === "-f"
        ? service.fwmark === Number.parseInt(name, 10)
        : formatAddress(service.address) === address && service.port === port,
    );
  const destinations = known?.destinations ?? [];
  if (destinations.length === 0) return undefined;
  const one = random.pick(destinations);
  return `${bracketed(formatAddress(one.address))}:${one.port}`;
}

/** One change, mostly one that is allowed. */
export function change(world: WildWorld): void {
  const { random, stage, services } = world;
  const service = random.pick(services);
  const { option, name } = service;
  const server = knownServer(world, service);
  const isMixed = server !== undefined && server.startsWith("[") !== isIpv6(service.address);
  random.weighted<() => void>([
    [6, () => server && stage.ipvsadm(`-e ${option} ${name} -r ${server} ${serverOptions(world, isMixed)}`)],
    [4, () => server && stage.ipvsadm(`-d ${option} ${name} -r ${server}`)],
    [4, () => addServer(world, service)],
    [3, () => stage.ipvsadm(`-E ${option} ${name} ${serviceOptions(world, service)}`)],
    [1, () => stage.ipvsadm(`-D ${option} ${name}`)],
    [1, () => addService(world, service)],
    [0.1, () => stage.ipvsadm("-C")],
  ])();
  // With expire_nodest_conn the connections of a deleted real server go some ticks later.
  stage.sleep(0.06);
}

export function switchLive({ random, stage }: WildWorld): void {
  const [name, values] = random.pick(LIVE_SWITCHES);
  stage.sysctl(`net.ipv4.vs.${name}`, random.pick(values));
}
