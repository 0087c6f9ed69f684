/** Pages leave nothing out: what the program knows is on the page that is about it. */

import { readFileSync } from "node:fs";
import { expect } from "chai";
import { COMMAND_OPTIONS, LOCAL_ADDRESS_COMMANDS } from "../../src/core/control/options/commands.ts";
import { DAEMON_OPTIONS, LISTING_OPTIONS } from "../../src/core/control/options/listing.ts";
import { FULLNAT_OPTIONS, LOCAL_ADDRESS_OPTIONS, SERVER_OPTIONS } from "../../src/core/control/options/server.ts";
import { SERVICE_OPTIONS, TOA_OPTIONS } from "../../src/core/control/options/service.ts";
import { isActiveTcpState, TCP_STATE_NAMES } from "../../src/core/ipvs/protocols/tcp-states.ts";
import { Timeouts } from "../../src/core/ipvs/protocols/timeouts.ts";
import { SCHEDULER_NAMES } from "../../src/core/ipvs/schedulers/schedulers.ts";
import { vsSysctlDefaults } from "../../src/core/ipvs/sysctl.ts";
import { FAULTS } from "../../src/core/simulator/faults.ts";
import { AF_INET } from "../../src/core/wire/address.ts";
import { parseConfig } from "../../src/io/config.ts";

const page = (name: string): string => readFileSync(`docs/${name}`, "utf8");
/** The cells of all table rows whose first cell matches. */
const rows = (text: string, first: RegExp): string[][] =>
  text
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([cell = ""]) => first.test(cell));

describe("ipvsadm.md", () => {
  const options = [
    ...[...COMMAND_OPTIONS, ...SERVICE_OPTIONS, ...SERVER_OPTIONS, ...LISTING_OPTIONS, ...DAEMON_OPTIONS],
    ...[...LOCAL_ADDRESS_COMMANDS, ...FULLNAT_OPTIONS, ...LOCAL_ADDRESS_OPTIONS, ...TOA_OPTIONS],
  ];
  // What `ipvsadm -h` prints does not count.
  const [before = "", , after = ""] = page("ipvsadm.md").split(/^## All options|^## Exit codes/m);

  it("names every option, short and long", () => {
    const names = options.flatMap(({ short, long }) => [short && `-${short}`, long && `--${long}`]);
    expect(names.length).to.be.greaterThan(80);
    for (const name of names) if (name) expect(before + after).to.match(new RegExp(`[ \`/(]${name}\\b`));
  });

  it("has an example of every command", () => {
    for (const { short, long, command } of [...COMMAND_OPTIONS, ...LOCAL_ADDRESS_COMMANDS]) {
      if (command === "help") continue;
      const forms = [short && `-${short}`, `--${long}`].filter(Boolean).join("|");
      expect(before).to.match(new RegExp(`^\\$ ipvsadm (${short === "l" ? "-L" : forms})`, "m"), long ?? short);
    }
  });
});

describe("schedulers.md", () => {
  const text = page("schedulers.md");

  it("has a section with a worked example for every scheduler", () => {
    for (const name of SCHEDULER_NAMES) {
      const [, section] = new RegExp(`^## ${name}, (.*?)(?=^## )`, "ms").exec(text) ?? [];
      expect(section, name).to.match(/^\$ node examples\/schedulers\/sessions\.mjs/m);
      expect(section, name).to.match(/^ {4}pick: /m);
    }
  });

  it("lists every scheduler with when to use it", () => {
    expect(rows(text, /^\[`\w+`\]/).map(([cell = ""]) => /\w+/.exec(cell)?.[0])).to.have.members([...SCHEDULER_NAMES]);
  });

  it("has the four orders of wrr that its runs show", () => {
    const table = rows(text, /servers added to a `wrr`|`wrr` given with/).flatMap(([, ...cells]) => cells);
    const shown = [...text.matchAll(/wrr[\w-]*\.txt\n10\.2\.0\.1: (.*)\n10\.2\.0\.2: (.*)\n/g)];
    expect(shown.map(([, heavy, light]) => `${heavy} against ${light}`)).to.deep.equal(table);
  });
});

describe("configuration.md", () => {
  const text = page("configuration.md");
  const messages = (yaml: string): string => {
    const result = parseConfig(yaml, "director.yaml");
    return result.kind === "errors" ? result.errors.map(({ message }) => message).join("\n") : "";
  };

  it("has every key that a configuration may have", () => {
    const places = [
      "",
      "interfaces: [{no: 1}]",
      "routes: [{no: 1}]",
      "neighbors: [{no: 1}]",
      "marks: [{no: 1}]",
      "health: [{no: 1}]",
    ];
    const lists = [...messages(`no: 1\n${places.join("\n")}`).matchAll(/known here: (.*)/g)];
    expect(lists).to.have.length(places.length);
    for (const [, keys = ""] of lists) for (const key of keys.split(", ")) expect(text).to.include(`\`${key}\``);
  });

  it("has every switch of IPVS, with its default", () => {
    const table = rows(text, /^`\w+`(, `\w+`)*$/).flatMap(([names = "", defaults = ""]) => {
      const values = defaults.split(", ");
      return names.split(", ").map((name, index) => [name.replaceAll("`", ""), values[index] ?? values[0]] as const);
    });
    const shown = new Map(table);
    for (const [name, value] of Object.entries(vsSysctlDefaults())) {
      expect(text).to.include(`\`${name}\``);
      if (shown.has(name)) expect(shown.get(name), name).to.equal(String(value));
    }
    expect([...shown.keys()]).to.include.members(["conn_reuse_mode", "fullnat_lport_min", "drop_packet"]);
  });
});

describe("concepts.md", () => {
  it("has the states of TCP with their timeouts", () => {
    const timeouts = new Timeouts(1);
    const states = rows(page("concepts.md"), /^`[A-Z_]+`$/).filter((cells) => cells.length === 4);
    const table = new Map(states.map(([name, ...cells]) => [name, cells.slice(0, 2)]));
    for (const [state, name] of TCP_STATE_NAMES.entries()) {
      const expected = [String(timeouts.tcp(state)), isActiveTcpState(state) ? "yes" : "no"];
      expect(table.get(`\`${name}\``), name).to.deep.equal(expected);
    }
    expect(table.get("`UDP`")).to.deep.equal([String(timeouts.udp), "no"]);
  });
});

describe("checklist.md and modes/README.md", () => {
  it("have every fault that the simulated networks can have", () => {
    for (const { name, modes, families } of FAULTS) {
      const ipv6 = families?.includes(AF_INET) === false ? " --ipv6" : "";
      const command = new RegExp(`tapvs explain (${modes.join("|")})${ipv6} --fault ${name}\\b`);
      expect(page("modes/README.md"), name).to.match(command);
      if (modes.length === 1) expect(page("checklist.md"), name).to.match(command);
      else expect(page("checklist.md"), name).to.include(`fault=${name}`);
    }
  });
});
