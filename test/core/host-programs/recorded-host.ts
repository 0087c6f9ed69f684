/** The host on which fixtures/host-programs was recorded. */
import { readFileSync } from "node:fs";
import { type HostConfig, prefixed } from "../../../src/core/host/config/config.ts";
import { reconfigure } from "../../../src/core/host/config/reconfigure.ts";
import { Director } from "../../../src/core/host/director.ts";
import type { Machine } from "../../../src/core/host-programs/program.ts";
import { parseIpv4, parseMac } from "../../../src/core/wire/address.ts";

export const FOLDER = "fixtures/host-programs";

const network = (text: string) => {
  const [address = "", prefix] = text.split("/");
  return prefixed(parseIpv4(address) ?? 0, Number(prefix));
};

const port = (name: string, mac: string, ...addresses: readonly string[]): HostConfig["interfaces"][number] => ({
  name,
  mac: parseMac(mac) ?? new Uint8Array(6),
  mtu: 1500,
  addresses: addresses.map(network),
});

export function recordedHost(): Machine {
  const director = new Director(
    {
      interfaces: [
        port("eth0", "02:00:00:0d:00:01", "12.11.0.1/24", "12.11.0.101/32"),
        port("eth1", "02:00:00:0d:01:01", "172.16.1.1/24"),
      ],
      routes: [],
      neighbors: [],
      marks: [],
      sysctl: {},
    },
    { link: { send: () => {} } },
  );
  const texts: Readonly<Record<string, string>> = {
    [`${FOLDER}/sysctl.conf`]: readFileSync(`${FOLDER}/sysctl.conf`, "utf8"),
  };
  return {
    director,
    traffic: () => undefined,
    files: (name) => texts[name],
    reconfigure: (config) => reconfigure(director, config),
  };
}
