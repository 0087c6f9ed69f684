/** Names of hosts and ports, from texts in the form of hosts(5) and services(5). */

import { PROTOCOLS } from "../ipvs/protocols/protocols.ts";
import { type Address, AF_INET, formatAddress, parseAddress } from "../wire/address.ts";
import { SERVICES } from "./services.ts";

/** What ipvsadm asks the resolver. Addresses of hosts are 32-bit numbers in host order, protocols their IP numbers. */
export interface Names {
  hostOf(address: Address): string | undefined;
  /** IPv4 only: ipvsadm looks no IPv6 address up by name. */
  addressOf(name: string): number | undefined;
  serviceOf(port: number, protocol: number): string | undefined;
  portOf(name: string, protocol: number): number | undefined;
}

const NUMBERS: ReadonlyMap<string, number> = new Map(PROTOCOLS.map(({ name, number }) => [name.toLowerCase(), number]));

/**
 * Names by the texts of a hosts and a services file; without the latter by the ports that Debian 12 names.
 * The first line that fits wins, as in the C library.
 */
export function namesFrom(files: { readonly hosts?: string; readonly services?: string }): Names {
  const hosts = readHosts(files.hosts ?? "");
  const ports = readServices(files.services ?? SERVICES);
  return {
    hostOf: (address) => hosts.names.get(formatAddress(address)),
    addressOf: (name) => hosts.addresses.get(name.toLowerCase()),
    serviceOf: (port, protocol) => ports.names.get(`${port}/${protocol}`),
    portOf: (name, protocol) => ports.numbers.get(`${name}/${protocol}`),
  };
}

/** No host has a name; ports have theirs. */
export const portNamesOnly: Names = namesFrom({});

function* fieldsOf(text: string): Generator<string[]> {
  for (const line of text.split("\n")) {
    const fields = line.replace(/#.*/, "").split(/\s+/).filter(Boolean);
    if (fields.length > 1) yield fields;
  }
}

function keep<Value>(map: Map<string, Value>, key: string, value: Value): void {
  if (!map.has(key)) map.set(key, value);
}

function readHosts(text: string): { names: Map<string, string>; addresses: Map<string, number> } {
  const names = new Map<string, string>();
  const addresses = new Map<string, number>();
  for (const [addressText = "", ...hosts] of fieldsOf(text)) {
    const address = parseAddress(addressText);
    if (address === undefined) continue;
    keep(names, formatAddress(address), hosts[0] ?? "");
    if (address.family !== AF_INET) continue;
    for (const host of hosts) keep(addresses, host.toLowerCase(), address.words[0]);
  }
  return { names, addresses };
}

function readServices(text: string): { names: Map<string, string>; numbers: Map<string, number> } {
  const names = new Map<string, string>();
  const numbers = new Map<string, number>();
  for (const [name = "", where = "", ...aliases] of fieldsOf(text)) {
    const [, port = "", protocolNames = ""] = /^(\d+)\/([a-z,]+)$/.exec(where) ?? [];
    for (const protocolName of protocolNames.split(",")) {
      const protocol = NUMBERS.get(protocolName);
      if (protocol === undefined) continue;
      keep(names, `${Number(port)}/${protocol}`, name);
      for (const alias of [name, ...aliases]) keep(numbers, `${alias}/${protocol}`, Number(port));
    }
  }
  return { names, numbers };
}
