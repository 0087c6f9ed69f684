/** Which services of a capture become the director's. */
import { createInterface, type Interface } from "node:readline/promises";
import type { ServiceFound, Survey } from "../../core/replay/adopt/survey.ts";
import { formatAddress, formatEndpoint } from "../../core/wire/address.ts";
import { PROTOCOL_TCP } from "../../core/wire/ipv4.ts";
import { Failure, WRONG_USAGE } from "../failure.ts";
import type { Unused } from "./packets.ts";

/** Services of one address that become rules; a scan of ports would make thousands. */
const MOST_SERVICES = 16;
/** Servers that the table shows. */
const MOST_SHOWN = 12;

export type Services = readonly [ServiceFound, ...ServiceFound[]];

export const serviceName = ({ protocol, server }: Pick<ServiceFound, "protocol" | "server">): string =>
  `${protocol === PROTOCOL_TCP ? "TCP" : "UDP"} ${formatEndpoint(server.address, server.port)}`;

const addressOf = ({ server }: ServiceFound): string => formatAddress(server.address);

/** All services of the server that answers most, or those that `vip` names: an address, or an address and a port. */
export function chosen(services: readonly ServiceFound[], vip: string | undefined): Services | undefined {
  const isNamed = (service: ServiceFound): boolean =>
    vip === undefined ||
    [addressOf(service), formatEndpoint(service.server.address, service.server.port)].includes(vip);
  const named = services.filter(isNamed);
  const [first] = named;
  if (first === undefined) return undefined;
  const [, ...rest] = named.filter((service) => addressOf(service) === addressOf(first));
  return [first, ...rest.filter(({ answered }) => answered > 0 || first.answered === 0).slice(0, MOST_SERVICES - 1)];
}

/** The servers in the order of `services`, one line each. */
function table(services: readonly ServiceFound[]): { readonly addresses: readonly string[]; readonly lines: string[] } {
  const addresses = [...new Set(services.map(addressOf))].slice(0, MOST_SHOWN);
  const lines = addresses.map((address, index) => {
    const own = services.filter((service) => addressOf(service) === address);
    const answered = own.reduce((sum, service) => sum + service.answered, 0);
    const names = own.map(({ protocol, server }) => `${protocol === PROTOCOL_TCP ? "TCP" : "UDP"} ${server.port}`);
    const shown = names.slice(0, 4).join(", ") + (names.length > 4 ? ` and ${names.length - 4} more` : "");
    return `${String(index + 1).padStart(3)}  ${address.padEnd(20)}  ${String(answered).padStart(8)} answered  ${shown}`;
  });
  return { addresses, lines };
}

/** On a terminal, whoever adopts a capture with several servers picks one; the first is what Enter means. */
export async function askWhich(services: readonly ServiceFound[]): Promise<string | undefined> {
  const { addresses, lines } = table(services);
  if (addresses.length < 2 || !process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    process.stderr.write(`${lines.join("\n")}\n`);
    for (;;) {
      const answer = (await answerTo(terminal, "Which server does the director replace? [1] ")).trim();
      const picked = addresses[Number(answer || "1") - 1];
      if (picked !== undefined) return picked;
      process.stderr.write(`expected a whole number from 1 to ${addresses.length}\n`);
    }
  } finally {
    terminal.close();
  }
}

async function answerTo(terminal: Interface, question: string): Promise<string> {
  try {
    return await terminal.question(question);
  } catch (error) {
    // The end of the input: nobody answers any more.
    if (!(error instanceof Error) || error.name !== "AbortError") throw error;
    process.stderr.write("\n");
    throw new Failure(WRONG_USAGE, "no server was chosen: --vip names one");
  }
}

/** Why a capture has no service for a director, in a sentence that is true. */
export function whyNone({ talks }: Survey, unused: Unused, vip: string | undefined): string {
  if (talks.size === 0) {
    const kinds = [...unused].map(([why, count]) => `${count} ${why}`).join("; ");
    return `no TCP or UDP packet is in it that could be used${kinds === "" ? ": it has no packets" : `: ${kinds}`}`;
  }
  if (vip !== undefined) return `nobody talks to ${vip} in it`;
  return "nobody talks to one server in it: all TCP and UDP goes to groups of hosts, to all of them, or to port 0";
}
