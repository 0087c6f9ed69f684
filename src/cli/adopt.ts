/** `tapvs adopt`: a recorded case from any capture. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { hasNetworkPacket, networkPacket, sightOf } from "../core/capture/network-packet.ts";
import type { Packet } from "../core/capture/packet.ts";
import { TimeOrder } from "../core/capture/time-order.ts";
import { Adoption } from "../core/replay/adopt/adoption.ts";
import { type Datagram, readDatagram } from "../core/replay/adopt/datagram.ts";
import { ADOPT_MODES, type AdoptMode, INSIDE_MAC, OUTSIDE_MAC, type Plan, planOf } from "../core/replay/adopt/plan.ts";
import { type ServiceFound, Survey } from "../core/replay/adopt/survey.ts";
import { formatAddress, formatEndpoint, parseMac } from "../core/wire/address.ts";
import { PROTOCOL_TCP } from "../core/wire/ipv4.ts";
import { readCapture, STANDARD } from "../io/capture-file.ts";
import { CaptureOutput } from "../io/capture-output.ts";
import { CONFIG_FILE, WIRE_FILE } from "../io/recorded-cases.ts";
import { writeText } from "../io/text-file.ts";
import { configOrFail } from "./director-config.ts";
import { FAILED, Failure, WRONG_USAGE } from "./failure.ts";
import { makeFolderOrFail } from "./folder.ts";
import { print, say } from "./output.ts";
import { verifyCase } from "./verify-case.ts";

interface AdoptOptions {
  readonly output: string;
  readonly vip?: string;
  readonly mode: AdoptMode;
  readonly servers: number;
}

/** Services of one address that become rules; a scan of ports would make thousands. */
const MOST_SERVICES = 16;
const MOST_SERVERS = 50;
/** Two sights of one packet on two interfaces are not further apart, in microseconds. */
const TOGETHER = 10_000;
const REMEMBERED = 256;

export function adoptCommand(): Command {
  return new Command("adopt")
    .description(
      "Makes a case for tapvs verify from the capture of any host: a director stands where the server stood, real servers behind it. " +
        "Reads Ethernet (VLAN tags are taken off), Linux cooked, BSD loopback, raw IP and PPP; IPv4 and IPv6.",
    )
    .argument("<capture>", "the capture file")
    .requiredOption("-o, --output <case>", "the directory to make")
    .option("--vip <address[:port]>", "the server, if it is not the one that answers most connections")
    .addOption(new Option("--mode <mode>", "how the director forwards").choices(ADOPT_MODES).default("nat"))
    .addOption(new Option("--servers <n>", "how many real servers").argParser(serverCount).default(2))
    .action(adopt);
}

function serverCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > MOST_SERVERS)
    throw new InvalidArgumentError(`Expected a number from 1 to ${MOST_SERVERS}.`);
  return value;
}

async function adopt(capture: string, options: AdoptOptions): Promise<void> {
  if (capture === STANDARD) throw new Failure(WRONG_USAGE, "adopt reads a capture twice: give it a file");
  if (existsSync(join(options.output, CONFIG_FILE)))
    throw new Failure(WRONG_USAGE, `${options.output}: there is a case already`);
  const survey = new Survey();
  const unused = await eachDatagram(capture, (datagram) => survey.add(datagram));
  const services = chosen(survey.services(), options.vip);
  const plan = planOf(services, options.mode, options.servers, survey.networks);
  if (plan === undefined) throw new Failure(FAILED, `${capture}: ${whyNone(survey, options.vip)}`);
  makeFolderOrFail(options.output);
  const adoption = await write(capture, options, plan, services, survey);
  for (const line of told(capture, options, adoption, services, unused)) print(`${line}\n`);
  await verifyMade(options.output, adoption);
}

/** All services of the server that answers most, or those that were asked for. */
function chosen(services: readonly ServiceFound[], vip: string | undefined): readonly ServiceFound[] {
  const named = ({ server: { address, port } }: ServiceFound): boolean =>
    vip === undefined || [formatAddress(address), formatEndpoint(address, port)].includes(vip);
  const [first] = services.filter(named);
  if (first === undefined) return [];
  const own = formatAddress(first.server.address);
  return services
    .filter((service) => named(service) && formatAddress(service.server.address) === own)
    .filter(({ answered }) => answered > 0 || first.answered === 0)
    .slice(0, MOST_SERVICES);
}

function whyNone({ talks }: Survey, vip: string | undefined): string {
  if (talks.size === 0) return "no whole TCP or UDP packet is in it";
  if (vip !== undefined) return `nobody talks to ${vip}`;
  return "nobody talks to a server that has an address of its own: all goes to groups, to everybody or to the host itself";
}

/** Every TCP and UDP packet, once, with bytes of its own; how many others there are, and what they are. */
async function eachDatagram(
  capture: string,
  take: (datagram: Datagram, packet: Packet) => void,
): Promise<ReadonlyMap<string, number>> {
  const unused = new Map<string, number>();
  const pass = (why: string): void => void unused.set(why, (unused.get(why) ?? 0) + 1);
  const seen = new Sights();
  const order = new TimeOrder((packet) => {
    const bytes = networkPacket(packet)?.slice();
    if (bytes === undefined) return pass("no IP");
    if (seen.isAgain(bytes, packet)) return pass("seen on another interface already");
    const datagram = readDatagram(bytes);
    if (typeof datagram === "string") pass(datagram);
    else take(datagram, packet);
  });
  const error = await readCapture(capture, (packet) => order.add(packet), { reads: hasNetworkPacket });
  order.end();
  if (error?.kind === "unreadable") throw new Failure(WRONG_USAGE, error.message);
  if (error?.kind === "cut-off") say(`${error.message}; what stands before is taken`);
  else if (error !== undefined) throw new Failure(FAILED, error.message);
  return unused;
}

/** Packets that a capture of all interfaces has twice. */
class Sights {
  readonly #seen = new Map<string, { readonly sight: string; readonly time: number }>();

  isAgain(bytes: Uint8Array, packet: Packet): boolean {
    const key = Buffer.from(bytes).toString("latin1");
    const sight = sightOf(packet);
    const before = this.#seen.get(key);
    if (before !== undefined && before.sight !== sight && packet.time - before.time <= TOGETHER) return true;
    this.#seen.delete(key);
    this.#seen.set(key, { sight, time: packet.time });
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
    return false;
  }
}

async function write(
  capture: string,
  { output, mode }: AdoptOptions,
  plan: Plan,
  services: readonly ServiceFound[],
  survey: Survey,
): Promise<Adoption> {
  writeOrFail(join(output, "rules.ipvs"), plan.rules);
  writeOrFail(join(output, CONFIG_FILE), plan.yaml);
  writeOrFail(
    join(output, "README.md"),
    `Made by \`tapvs adopt\` (${mode}); \`tapvs verify\` of this directory repeats it.\n`,
  );
  const ports = [
    { name: "eth0", mac: parseMac(OUTSIDE_MAC) },
    { name: "eth1", mac: parseMac(INSIDE_MAC) },
  ];
  const file = CaptureOutput.open(join(output, WIRE_FILE), ports, { nanoseconds: true });
  if (!(file instanceof CaptureOutput)) throw new Failure(FAILED, file.message);
  const talks = new Map([...survey.talks].filter(([, talk]) => services.some((service) => isOf(talk, service))));
  const adoption = new Adoption(configOrFail(join(output, CONFIG_FILE)), plan, talks, (packet) => file.packet(packet));
  if (adoption.refused.length > 0) throw new Failure(FAILED, ...adoption.refused);
  await eachDatagram(capture, (datagram, packet) => adoption.packet(datagram, packet));
  const error = file.close();
  if (error !== undefined) throw new Failure(FAILED, error.message);
  return adoption;
}

const isOf = (
  talk: { protocol: number; server: ServiceFound["server"] },
  { protocol, server }: ServiceFound,
): boolean =>
  talk.protocol === protocol &&
  formatEndpoint(talk.server.address, talk.server.port) === formatEndpoint(server.address, server.port);

function writeOrFail(file: string, text: string): void {
  const error = writeText(file, text);
  if (error !== undefined) throw new Failure(FAILED, error.message);
}

/** What was done and what could not be used. */
function told(
  capture: string,
  { output, mode, servers }: AdoptOptions,
  { counts, balanced }: Adoption,
  services: readonly ServiceFound[],
  unused: ReadonlyMap<string, number>,
): string[] {
  const names = services.map(
    ({ protocol, server }) =>
      `${protocol === PROTOCOL_TCP ? "TCP" : "UDP"} ${formatEndpoint(server.address, server.port)}`,
  );
  const done = [
    ...(counts.merged > 0 ? [`${counts.merged} merged packets cut into segments`] : []),
    ...(counts.finished > 0 ? [`${counts.finished} checksums made that were left to the network card`] : []),
    ...(counts.madeUp > 0 ? [`${counts.madeUp} packets of clients made up from their answers`] : []),
  ];
  const rest = [
    ...[...unused].map(([why, count]) => `${count} ${why}`),
    ...(counts.pastDirector > 0 ? [`${counts.pastDirector} answers that go past the director`] : []),
  ];
  return [
    `${output}: ${names.join(", ")} from ${capture}, ${mode}, ${servers} real servers`,
    `${counts.taken} packets taken, ${balanced} connections balanced`,
    ...(done.length > 0 ? [done.join("; ")] : []),
    ...(rest.length > 0 ? [`not used: ${rest.join("; ")}`] : []),
  ];
}

async function verifyMade(output: string, { balanced }: Adoption): Promise<void> {
  const result = await verifyCase({ kind: "capture", name: output, path: output }, () => {});
  if ("errors" in result) throw new Failure(FAILED, ...result.errors);
  if (result.difference !== undefined)
    throw new Failure(FAILED, `${output}: the case does not match what was just made of it`);
  print(`verify: match (${result.frames} frames)\n`);
  if (balanced === 0)
    throw new Failure(FAILED, `${output}: nothing was balanced: no packet of a client began a connection`);
}
