/** The options that say how a lab looks. */

import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { amount } from "../../core/amount.ts";
import { SCHEDULER_NAMES } from "../../core/ipvs/schedulers/schedulers.ts";
import { MODES, type Mode } from "../../core/simulator/layout.ts";
import { MOST_DIRECTORS } from "../../lab/directors.ts";
import { LabError } from "../../lab/lab-error.ts";
import { ipipHere, isInstalled } from "../../lab/machine.ts";
import { isLabName } from "../../lab/names.ts";
import { ECMP_KINDS, type EcmpKind, type LabOptions, type SessionKind, type SeveralDirectors } from "../../lab/plan.ts";
import { MOST_SERVERS } from "../../lab/topologies.ts";
import { wholeNumber } from "../option-values.ts";

export interface ShapeFlags {
  readonly name?: string;
  readonly servers: number;
  readonly scheduler: string;
  readonly weights: readonly number[];
  readonly health?: boolean;
  readonly ipv6?: boolean;
  readonly nat64?: boolean;
  readonly ipip?: LabOptions["ipip"];
  readonly directors?: number;
  readonly advertise?: string;
  readonly ecmp?: EcmpKind | true;
  readonly sync?: boolean;
}

/** Adds the options to a command. */
export const shaped = (command: Command): Command =>
  command
    .option("--name <name>", "name of the lab (default: its mode)", labName)
    .option("--servers <number>", "how many real servers", wholeNumber(1, MOST_SERVERS), 2)
    .option("--scheduler <name>", "scheduler, as ipvsadm -s takes it", schedulerName, "rr")
    .addOption(
      new Option("--weights <list>", "weights of the real servers, such as 1,2")
        .argParser(weightList)
        .default([], "1 for each"),
    )
    .option("--ipv6", "IPv6 addresses")
    .option("--nat64", "clients of IPv6 and real servers of IPv4; with fullnat")
    .option(
      "--directors <number>",
      "2: one takes over when the other dies; with --ecmp: how many share the work",
      wholeNumber(1, MOST_DIRECTORS),
    )
    .option("--advertise <time>", "how often two directors advertise themselves (default: 1s)", advertisedEvery)
    .addOption(
      new Option(
        "--ecmp [next-hops]",
        "let the router spread connections over all directors: by routes that BIRD learns (its default, where BIRD is installed), by a group of next hops, or by a resilient group",
      ).choices(ECMP_KINDS),
    )
    .option("--sync", "with --ecmp: directors tell each other of their connections")
    .option("--health", "let the director check the real servers")
    .addOption(new Option("--ipip <how>", "who unpacks IPIP on real servers").choices(["kernel", "own"]));

/** What the flags of a command make of a lab. Throws LabError where they contradict each other. */
export function optionsOf(
  mode: Mode,
  flags: ShapeFlags & { readonly example?: boolean; readonly session?: SessionKind },
): LabOptions {
  const { servers, weights } = flags;
  if (weights.length > 0 && weights.length !== servers)
    throw new LabError(2, `--weights gives ${weights.length} for ${amount(servers, "real server")}; give one for each`);
  const nat64 = flags.nat64 === true;
  if (nat64 && mode !== "fullnat") throw new LabError(2, `--nat64: NAT64 is a matter of fullnat, not of ${mode}`);
  const ipv6 = flags.ipv6 === true || nat64;
  if (ipv6 && flags.ipip === "kernel") throw new LabError(2, "--ipip kernel: the kernel's ipip takes IPv4 apart only");
  if (ipv6 && (flags.example === true || flags.session === "store" || flags.session === "replicated"))
    throw new LabError(2, "--ipv6: neither the worked examples nor shared sessions have IPv6");
  return {
    name: flags.name ?? mode,
    mode,
    servers,
    scheduler: flags.scheduler,
    weights,
    example: flags.example === true,
    health: flags.health === true,
    sessions: flags.session ?? "none",
    ipip: flags.ipip ?? (ipv6 ? "own" : ipipHere()),
    ...severalBy(mode, flags, ipv6),
    ...(ipv6 && { ipv6 }),
    ...(nat64 && { nat64 }),
  };
}

/** What `--directors`, `--advertise`, `--ecmp` and `--sync` make of a lab. */
function severalBy(
  mode: Mode,
  flags: ShapeFlags & { readonly example?: boolean },
  ipv6: boolean,
): Pick<LabOptions, "several"> {
  const { directors = 1, advertise, example, ecmp, sync } = flags;
  if (ecmp !== undefined) return { several: ecmpBy(mode, flags, ipv6) };
  if (sync === true) throw new LabError(2, "--sync: two directors always tell each other; it is for --ecmp");
  if (directors === 1 && advertise !== undefined)
    throw new LabError(2, "--advertise: one director has nobody to advertise itself to; give --directors 2");
  if (directors === 1) return {};
  if (directors > 2)
    throw new LabError(2, `--directors ${directors}: one of 2 takes over from the other; give --ecmp for more`);
  if (flags.nat64 === true)
    throw new LabError(
      2,
      "--directors 2 and --nat64 do not go together: connections of NAT64 break when a director dies",
    );
  if (example === true) throw new LabError(2, "--directors 2: the worked examples have one director");
  return { several: { kind: "vrrp", count: 2, advertised: advertise ?? "1s" } };
}

function ecmpBy(
  mode: Mode,
  { directors = 1, advertise, example, ecmp, sync = false }: ShapeFlags & { readonly example?: boolean },
  ipv6: boolean,
): SeveralDirectors {
  if (directors === 1) throw new LabError(2, "--ecmp: give --directors 2 or more");
  if (mode === "nat" || mode === "fullnat")
    throw new LabError(
      2,
      `--ecmp: with ${mode} a reply must pass the director that has translated the request, and nothing brings it there; take dr or tun`,
    );
  if (ipv6 || example === true)
    throw new LabError(2, "--ecmp: neither the worked examples nor IPv6 labs have such a router");
  if (advertise !== undefined) throw new LabError(2, "--advertise: directors behind --ecmp have no VRRP");
  const next = ecmp === undefined || ecmp === true ? (isInstalled("bird") ? "bird" : "multipath") : ecmp;
  return { kind: "ecmp", count: directors, next, synchronised: sync };
}

/** As `interval` of a virtual router. */
function advertisedEvery(text: string): string {
  const milliseconds = /^(\d{1,5})ms$/.exec(text)?.[1] ?? `${/^(\d{1,2})s$/.exec(text)?.[1] ?? ""}000`;
  const time = Number(milliseconds);
  if (time >= 10 && time <= 40_950 && time % 10 === 0) return text;
  throw new InvalidArgumentError("expected a time from 10ms to 40950ms in steps of 10ms, such as 1s or 50ms");
}

export const modeArgument = (): Argument => new Argument("<mode>", "forwarding method").choices(MODES);

function labName(text: string): string {
  if (isLabName(text)) return text;
  throw new InvalidArgumentError("expected up to 12 lower-case letters and digits, a letter first");
}

function schedulerName(text: string): string {
  if (SCHEDULER_NAMES.includes(text)) return text;
  throw new InvalidArgumentError(`expected one of ${SCHEDULER_NAMES.join(", ")}`);
}

const weightList = (text: string): number[] => text.split(",").map(wholeNumber(0, 65535));
