/** The programs of a host say what those of Linux say: fixtures/host-programs, command by command. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { type HostConfig, prefixed } from "../../../src/core/host/config/config.ts";
import { reconfigure } from "../../../src/core/host/config/reconfigure.ts";
import { Director } from "../../../src/core/host/director.ts";
import type { Machine } from "../../../src/core/host-programs/program.ts";
import { runHostProgram } from "../../../src/core/host-programs/programs.ts";
import { parseIpv4, parseMac } from "../../../src/core/wire/address.ts";

const FOLDER = "fixtures/host-programs";

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

/** The host that was recorded. */
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

const withoutCounters = (text: string): string => text.replace(/((RX|TX) packets) .*/g, "$1");
/** Of sysctl, both outputs were recorded as they came; of the others one is empty. */
const asRecorded = (program: string, text: string): string =>
  program === "sysctl" ? text.split("\n").sort().join("\n") : text;

describe("programs of a host", () => {
  for (const name of ["ifconfig", "route", "ip", "sysctl"]) {
    it(`say what ${name} and its kin say on Linux`, () => {
      const machine = recordedHost();
      const recorded = readFileSync(`${FOLDER}/${name}.txt`, "utf8");
      const commands = [...recorded.matchAll(/^\$ (.*)\n((?:.*\n)*?)\[(\d+)\]$/gm)];
      expect(commands).to.have.length.above(20);
      for (const [, line = "", text = "", code] of commands) {
        const [program = "", ...words] = line.split(" ");
        const outcome = runHostProgram(program, words, machine);
        const said = withoutCounters(`${outcome?.out}${outcome?.err}`);
        expect(asRecorded(name, said), line).to.equal(asRecorded(name, text));
        expect(outcome?.code, line).to.equal(Number(code));
      }
    });
  }
});
