/** route(8) of net-tools, and `netstat -r`: the IPv4 routes. */
import type { Outcome } from "../control/environment.ts";
import type { RouteConfig } from "../host/config/config.ts";
import { AF_INET, ANY, firstWord, formatAddress, formatIpv4, ipv4, netmask, parseIpv4 } from "../wire/address.ts";
import { DONE, ERROR_TEXTS, type Machine, notHere, ProgramEnd, printed } from "./program.ts";
import { type Listed, listedRoutes, withoutRoute, withRoute } from "./routes.ts";

const USAGE = `Usage: inet_route [-vF] del {-host|-net} Target[/prefix] [gw Gw] [metric M] [[dev] If]
       inet_route [-vF] add {-host|-net} Target[/prefix] [gw Gw] [metric M]
                              [netmask N] [mss Mss] [window W] [irtt I]
                              [mod] [dyn] [reinstate] [[dev] If]
       inet_route [-vF] add {-host|-net} Target[/prefix] [metric M] reject
       inet_route [-FC] flush      NOT supported`;

export function route(words: readonly string[], machine: Machine): Outcome {
  const options = words.filter((word) => /^-[a-z46]+$/i.test(word) && word !== "-net" && word !== "-host");
  const [command, ...rest] = words.filter((word) => !options.includes(word));
  const strange = options.find((word) => !/^-[nNveF4]+$/.test(word));
  if (strange === "-6") throw notHere(4, "route shows IPv4 routes; those of IPv6 are with ip -6 route");
  if (strange !== undefined) throw new ProgramEnd(3, `route: invalid option -- '${strange.slice(1)}'`);
  if (command === undefined)
    return printed(
      table(
        machine,
        options.some((word) => /n/.test(word)),
      ),
    );
  if (command !== "add" && command !== "del") throw new ProgramEnd(3, `route: unknown command ${command}; add or del`);
  if (rest.length === 0) throw new ProgramEnd(0, USAGE);
  const wanted = target(rest);
  if (command === "add") add(machine, wanted);
  else remove(machine, wanted);
  return DONE;
}

/** `netstat -r`, with or without n: the same routes in other columns. */
export function netstat(words: readonly string[], machine: Machine): Outcome {
  const letters = words.join("").replaceAll("-", "");
  if (!/^[rn4]+$/.test(letters) || !letters.includes("r")) throw notHere(1, "of netstat, only -r and -rn are there");
  return printed(table(machine, letters.includes("n"), "  MSS Window  irtt Iface", "    0 0          0"));
}

function table(
  { director }: Machine,
  numeric: boolean,
  columns = "Metric Ref    Use Iface",
  values = "0      0        0",
): string {
  const rows = listedRoutes(director, AF_INET).map((one) => {
    const name = (value: number): string => (value === 0 && !numeric ? "default" : formatIpv4(value));
    const destination = one.to.prefix === 0 ? name(0) : formatIpv4(firstWord(one.to.address));
    const gateway = formatAddress(one.via ?? ANY);
    const cells = [destination, gateway, formatIpv4(netmask(one.to.prefix))].map((cell) => cell.padEnd(15));
    return `${cells.join(" ")} ${flags(one).padEnd(5)} ${values} ${one.dev}\n`;
  });
  const title = "Destination     Gateway         Genmask         Flags ";
  return `Kernel IP routing table\n${title}${columns}\n${rows.join("")}`;
}

const flags = ({ to, via }: Listed): string => `U${via === undefined ? "" : "G"}${to.prefix === 32 ? "H" : ""}`;

/** The words after add or del. */
function target(words: readonly string[]): RouteConfig {
  const rest = [...words];
  const kind = rest[0] === "-net" || rest[0] === "-host" ? rest.shift() : undefined;
  const [name = "", bits] = (rest.shift() ?? "").split("/");
  let mask = bits === undefined ? undefined : Number(bits);
  let via: RouteConfig["via"];
  let dev: string | undefined;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "gw") via = ipv4(address(rest.shift()));
    else if (word === "netmask") mask = prefixOf(rest.shift());
    else if (word === "dev") dev = rest.shift();
    else if (word === "metric") refuseMetric(rest.shift());
    else if (["reject", "mss", "window", "irtt", "mod", "dyn", "reinstate"].includes(word))
      throw notHere(1, `a route of the director has no ${word}`);
    else dev = word;
  }
  const isDefault = name === "default";
  const network = isDefault ? 0 : address(name);
  const prefix = isDefault || (network === 0 && mask === undefined) ? 0 : (mask ?? (kind === "-net" ? 0 : 32));
  // Without a mask a target is a host; one with -net goes to the kernel as it is, which refuses it.
  if (mask !== undefined && (network & ~netmask(prefix)) >>> 0 !== 0) {
    throw new ProgramEnd(3, `route: netmask doesn't match route address\n${USAGE}`);
  }
  return { to: { address: ipv4(network), prefix }, ...(via && { via }), ...(dev !== undefined && { dev }) };
}

function refuseMetric(text: string | undefined): void {
  if (text !== "0") throw notHere(1, "a route of the director has no metric");
}

function address(text = ""): number {
  const value = parseIpv4(text);
  if (value === undefined) throw new ProgramEnd(6, `${text}: Unknown host`);
  return value;
}

function prefixOf(text: string | undefined): number {
  const prefix = 32 - Math.log2(2 ** 32 - address(text));
  if (!Number.isInteger(prefix)) throw new ProgramEnd(3, "route: bogus netmask");
  return prefix;
}

function add({ director, reconfigure }: Machine, wanted: RouteConfig): void {
  const next = withRoute(director, wanted, "before");
  if (typeof next === "string") throw new ProgramEnd(7, `SIOCADDRT: ${ERROR_TEXTS[next]}`);
  reconfigure(next);
}

function remove({ director, reconfigure }: Machine, gone: RouteConfig): void {
  const next = withoutRoute(director, gone);
  if (next === "connected") throw notHere(7, "that route is there as long as the interface has an address in it");
  if (typeof next === "string") throw new ProgramEnd(7, `SIOCDELRT: ${ERROR_TEXTS[next]}`);
  reconfigure(next);
}
