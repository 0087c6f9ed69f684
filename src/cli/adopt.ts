/** `tapvs adopt`: a recorded case from any capture. */

import { existsSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { amount } from "../core/amount.ts";
import type { Anonymiser } from "../core/capture/anonymise/anonymiser.ts";
import { Adoption, type AdoptionOrder } from "../core/replay/adopt/adoption.ts";
import { ADOPT_MODES, type AdoptMode, INSIDE_MAC, OUTSIDE_MAC, planOf } from "../core/replay/adopt/plan.ts";
import { Survey } from "../core/replay/adopt/survey.ts";
import type { Offloads } from "../core/replay/recorded-offloads.ts";
import { formatAddress, formatEndpoint, parseAddress, parseMac } from "../core/wire/address.ts";
import { anonymiser } from "../io/anonymise.ts";
import { CaptureOutput } from "../io/capture-output.ts";
import { isPipe } from "../io/file-kind.ts";
import { CONFIG_FILE, WIRE_FILE } from "../io/recorded-cases.ts";
import { STANDARD } from "../io/standard.ts";
import { systemError } from "../io/system-error.ts";
import { writeText } from "../io/text-file.ts";
import { verifyCase } from "../io/verify-case.ts";
import { type Adopted, accountOf } from "./adopt/account.ts";
import { eachDatagram } from "./adopt/packets.ts";
import { askWhich, chosen, type Services, serviceName, whyNone } from "./adopt/services.ts";
import { anonymiseOption } from "./anonymise.ts";
import { configOrFail } from "./director-config.ts";
import { FAILED, Failure, WRONG_USAGE } from "./failure.ts";
import { makeFolderOrFail } from "./folder.ts";
import { offloadsOption } from "./offloads.ts";
import { wholeNumber } from "./option-values.ts";
import { print } from "./output.ts";
import { refuseUnwritableFolder } from "./output-file.ts";
import { endOnSignals } from "./signals.ts";

interface AdoptOptions {
  readonly output: string;
  readonly vip?: string;
  readonly mode: AdoptMode;
  readonly servers: number;
  readonly offloads: Offloads;
  readonly anonymise?: string;
}

const MOST_SERVERS = 50;
const RULES_FILE = "rules.ipvs";
const README_FILE = "README.md";
const MADE_FILES = [CONFIG_FILE, RULES_FILE, WIRE_FILE, README_FILE];

export function adoptCommand(): Command {
  return new Command("adopt")
    .description(
      "Makes a case for tapvs verify from the capture of any host: a director stands where the server stood, real servers behind it. " +
        "Reads Ethernet (VLAN tags are taken off), Linux cooked, 802.11, BSD loopback, raw IP, PPP, PKTAP and NFLOG, and tunnels; IPv4 and IPv6.",
    )
    .argument("<capture>", "the capture file; a transcript or a case has frames, too")
    .requiredOption("-o, --output <case>", "the directory to make")
    .addOption(
      new Option("--vip <address[:port]>", "the server, if it is not the one that answers most connections").argParser(
        serverNamed,
      ),
    )
    .addOption(new Option("--mode <mode>", "how the director forwards").choices(ADOPT_MODES).default("nat"))
    .addOption(offloadsOption())
    .addOption(anonymiseOption("replace addresses, and zero all data; the same key gives the same addresses"))
    .addOption(new Option("--servers <n>", "how many real servers").argParser(wholeNumber(1, MOST_SERVERS)).default(2))
    .action(adopt);
}

/** An address, or an end, as the survey names them. */
function serverNamed(text: string): string {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([\d.]+)):(\d{1,5})$/.exec(text) ?? [];
  const alone = parseAddress(text);
  const address = parseAddress(bracketed ?? plain ?? "");
  if (alone !== undefined) return formatAddress(alone);
  if (address === undefined || Number(port) > 0xffff)
    throw new InvalidArgumentError("expected an address, or an address and a port: 10.1.0.100:80, [2001:db8::1]:80");
  return formatEndpoint(address, Number(port));
}

async function adopt(capture: string, options: AdoptOptions): Promise<void> {
  const { output, mode } = options;
  endOnSignals();
  if (capture === STANDARD || isPipe(capture))
    throw new Failure(WRONG_USAGE, "adopt reads a capture twice: give it a file");
  const there = MADE_FILES.find((name) => existsSync(join(output, name)));
  if (there !== undefined) throw new Failure(WRONG_USAGE, `${output}: there is a case already, or a ${there}`);
  refuseUnwritableFolder(output);
  const survey = new Survey();
  const hider = options.anonymise === undefined ? undefined : anonymiser(options.anonymise);
  const reading = { doing: "packets looked at", tell: true, anonymiser: hider };
  const read = await eachDatagram(capture, reading, (datagram) => survey.add(datagram));
  const named = options.vip && renamed(options.vip, hider);
  survey.settle(named);
  const found = survey.services();
  const vip = named ?? (await askWhich(found));
  const services = chosen(found, vip);
  if (services === undefined) throw new Failure(FAILED, `${capture}: ${whyNone(survey, read.unused, vip)}`);
  const names = new Set(services.map(serviceName));
  const talks = new Map([...survey.talks].filter(([, talk]) => names.has(serviceName(talk))));
  const clients = [...talks.values()].map(({ client }) => client.address);
  const plan = planOf({ services, clients, networks: survey.networks }, options);
  if (plan === undefined)
    throw new Failure(
      FAILED,
      `${capture}: it has addresses of every network that could be made up for the real servers`,
    );
  makeFolderOrFail(output);
  endOnSignals(() => discard(output));
  try {
    const adoption = await write(capture, options, hider, { plan, talks });
    const lines = accountOf(output, { capture, mode, services, survey, read, plan, adoption });
    if (adoption.balanced === 0) throw new Failure(FAILED, ...lines, `${capture}: ${whyIdle(adoption, services)}`);
    const from = hider === undefined ? capture : "a capture, with other addresses and without its data";
    writeReadme(output, { capture: from, mode, services }, adoption);
    for (const line of lines) print(`${line}\n`);
    await verifyMade(output, options.offloads);
  } catch (error) {
    discard(output);
    throw error;
  }
}

/** What a person calls the server is not what it is called behind an anonymiser. */
function renamed(vip: string, hider: Anonymiser | undefined): string {
  if (hider === undefined) return vip;
  const [, host = vip, port] = /^(?:\[(?=.*\]))?([^\]]*?)\]?(?::(\d+))?$/.exec(vip) ?? [];
  const [address, at] = [parseAddress(vip), parseAddress(host)];
  if (address !== undefined) return formatAddress(hider.address(address));
  return at === undefined ? vip : formatEndpoint(hider.address(at), Number(port));
}

async function write(
  capture: string,
  { output, offloads }: AdoptOptions,
  hider: Anonymiser | undefined,
  { plan, talks }: Pick<AdoptionOrder, "plan" | "talks">,
): Promise<Adoption> {
  writeOrFail(join(output, RULES_FILE), plan.rules);
  writeOrFail(join(output, CONFIG_FILE), plan.yaml);
  const ports = [
    { name: "eth0", mac: parseMac(OUTSIDE_MAC) },
    { name: "eth1", mac: parseMac(INSIDE_MAC) },
  ];
  const file = CaptureOutput.open(join(output, WIRE_FILE), ports, { nanoseconds: true });
  if (!(file instanceof CaptureOutput)) throw new Failure(FAILED, file.message);
  const config = configOrFail(join(output, CONFIG_FILE));
  const adoption = new Adoption(config, { plan, talks, offloads }, (packet) => file.packet(packet));
  if (adoption.refused.length > 0) throw new Failure(FAILED, ...adoption.refused);
  const reading = { doing: "packets adopted", tell: false, anonymiser: hider };
  await eachDatagram(capture, reading, (datagram, packet) => adoption.packet(datagram, packet));
  const error = file.close();
  if (error !== undefined) throw new Failure(FAILED, error.message);
  return adoption;
}

/** Why no connection came of the packets, in a sentence that is true. */
function whyIdle(adoption: Adoption, services: Services): string {
  if (services.every(({ begun }) => begun === 0))
    return "nothing was balanced: all that comes to the server comes from port 20, which IPVS takes for FTP data, or resets a connection";
  const [most] = adoption
    .summary()
    .verdicts.filter(({ dropped }) => dropped)
    .sort((a, b) => b.packets - a.packets);
  if (most !== undefined) return `nothing was balanced: packets were dropped, ${most.verdict}: ${most.sentence}`;
  if (adoption.summary().verdicts.some(({ verdict }) => verdict === "held"))
    return "nothing was balanced: what is there are fragments of packets that never become whole";
  return "nothing was balanced: no packet begins a connection";
}

function writeReadme(
  output: string,
  { capture, mode, services }: Pick<Adopted, "capture" | "mode" | "services">,
  { balanced }: Adoption,
): void {
  const text =
    `${services.map(serviceName).join(", ")}, ${mode}, ${amount(balanced, "connection")}. ` +
    `Made by \`tapvs adopt\` from ${capture}; \`tapvs verify\` of this directory repeats it.\n`;
  writeOrFail(join(output, README_FILE), text);
}

function writeOrFail(file: string, text: string): void {
  const error = writeText(file, text);
  if (error !== undefined) throw new Failure(FAILED, error.message);
}

/** Takes away what was made of a case that came to nothing, so that another try finds the place free. */
function discard(output: string): void {
  for (const name of MADE_FILES) rmSync(join(output, name), { force: true });
  try {
    rmdirSync(output);
  } catch (error) {
    // Whatever else lies there is not ours.
    if (systemError(error) === undefined) throw error;
  }
}

async function verifyMade(output: string, offloads: Offloads): Promise<void> {
  const result = await verifyCase({ kind: "capture", name: output, path: output, wire: WIRE_FILE }, () => {}, {
    offloads,
  });
  if ("errors" in result) throw new Failure(FAILED, ...result.errors);
  if (result.difference !== undefined)
    throw new Failure(FAILED, `${output}: the case does not match what was just made of it`);
  print(`verify: match (${amount(result.frames, "frame")})\n`);
}
