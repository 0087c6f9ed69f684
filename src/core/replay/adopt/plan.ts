/** The director that a capture's server is replaced by, as the text of director.yaml. */
import { type Address, AF_INET, formatAddress, formatEndpoint, parseAddress } from "../../wire/address.ts";
import { PROTOCOL_TCP } from "../../wire/ipv4.ts";
import { madeUp, StandIns } from "./stand-ins.ts";
import { networkOf, type ServiceFound } from "./survey.ts";

export const ADOPT_MODES = ["nat", "dr", "tun", "fullnat"] as const;
export type AdoptMode = (typeof ADOPT_MODES)[number];

const FORWARDING: Readonly<Record<AdoptMode, string>> = { nat: "-m", dr: "-g", tun: "-i", fullnat: "-b" };

export const OUTSIDE_MAC = "02:00:00:0a:00:01";
export const INSIDE_MAC = "02:00:00:0a:00:02";
export const ROUTER_MAC = "02:00:00:0a:01:01";
const serverMac = (number: number): string => `02:00:00:0a:02:${(10 + number).toString(16).padStart(2, "0")}`;

export interface Plan {
  readonly yaml: string;
  readonly rules: string;
  readonly servers: readonly { readonly address: Address; readonly mac: string }[];
  /** IPv4 headers with a wrong checksum get a right one. */
  readonly rightsHeaders: boolean;
  /** Whoever cannot keep their address. */
  readonly standIns: StandIns;
}

/** Second parts of made-up networks, the first to be tried first. */
const NUMBERS: readonly number[] = Array.from({ length: 256 }, (_, index) => (77 + index) & 0xff);

/** `networks` are those that the capture has, by their first two parts: the made-up ones are none of them; `undefined` if none is left. */
export function planOf(
  services: readonly [ServiceFound, ...ServiceFound[]],
  mode: AdoptMode,
  servers: number,
  networks: ReadonlySet<string>,
): Plan | undefined {
  const original = services[0].server.address;
  const four = original.family === AF_INET;
  const number = NUMBERS.find((candidate) => !networks.has(networkOf(madeUp(original.family, candidate, 0, 1))));
  if (number === undefined) return undefined;
  const standIns = new StandIns(number, original);
  const address = standIns.server;
  const at = (network: number, host: number): string => formatAddress(madeUp(original.family, number, network, host));
  const [prefix, whole] = four ? [24, 32] : [64, 128];
  const list = Array.from({ length: servers }, (_, index) => ({ text: at(2, 11 + index), mac: serverMac(1 + index) }));
  const midStream = services.some((service) => service.midStream);
  const yaml = [
    "# The director stands where the server of the capture stood; its clients are behind a router.",
    "interfaces:",
    `  - {name: eth0, mac: "${OUTSIDE_MAC}", addresses: ["${at(1, 2)}/${prefix}", "${formatAddress(address)}/${whole}"]}`,
    `  - {name: eth1, mac: "${INSIDE_MAC}", addresses: ["${at(2, 1)}/${prefix}"${mode === "fullnat" ? `, "${at(2, 100)}/${whole}"` : ""}]}`,
    `routes: [{to: default, via: "${at(1, 1)}"}]`,
    "neighbors:",
    `  - {address: "${at(1, 1)}", mac: "${ROUTER_MAC}", dev: eth0}`,
    ...list.map(({ text, mac }) => `  - {address: "${text}", mac: "${mac}", dev: eth1}`),
    "sysctl:",
    four ? "  net.ipv4.ip_forward: 1" : "  net.ipv6.conf.all.forwarding: 1",
    ...(midStream ? ["  net.ipv4.vs.sloppy_tcp: 1   # some connections begin in the middle"] : []),
    "rules: rules.ipvs",
    "",
  ].join("\n");
  const rules = services.flatMap(({ protocol, server }) => {
    const service = `-${protocol === PROTOCOL_TCP ? "t" : "u"} ${formatEndpoint(address, server.port)}`;
    return [
      `-A ${service} -s rr`,
      ...(mode === "fullnat" ? [`-P ${service} -z ${at(2, 100)}`] : []),
      ...list.map(({ text }) => `-a ${service} -r ${four ? text : `[${text}]`}:${server.port} ${FORWARDING[mode]}`),
    ];
  });
  const known = list.flatMap(({ text, mac }) => {
    const parsed = parseAddress(text);
    return parsed === undefined ? [] : [{ address: parsed, mac }];
  });
  return {
    yaml,
    rules: `${rules.join("\n")}\n`,
    servers: known,
    rightsHeaders: services.some(({ wrongHeaders }) => wrongHeaders),
    standIns,
  };
}
