/** The programs of a host say what those of Linux say: fixtures/host-programs, command by command. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { runHostProgram } from "../../../src/core/host-programs/programs.ts";
import { FOLDER, recordedHost } from "./recorded-host.ts";

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
