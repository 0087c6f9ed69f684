/** The programs of a host say what those of Linux say: fixtures/host-programs, command by command. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { runHostProgram } from "../../../src/core/host-programs/programs.ts";
import { FOLDER, recordedHost } from "./recorded-host.ts";

/** As record.sh leaves them out. */
const withoutCounters = (text: string): string =>
  text
    .replace(/((RX|TX) packets) .*/g, "$1")
    .replace(/^( *[0-9]+)+ $/gm, "(counters)")
    .replace(/"(bytes|packets)": ?[0-9]+/g, '"$1":0')
    .replace(/used [0-9/]+probes [0-9]+/g, "used 0/0/0probes 0")
    .replace(/"(used|confirmed|updated|probes)":[0-9]+/g, '"$1":0');
/** Of sysctl, both outputs were recorded as they came, of the others one is empty; neighbors stand in the order of a hash. */
const asRecorded = (program: string, text: string): string =>
  program === "sysctl" || program === "ip-neigh" ? text.split("\n").sort().join("\n") : text;

describe("programs of a host", () => {
  for (const name of ["ifconfig", "route", "ip", "ip-json", "ip-neigh", "sysctl"]) {
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
