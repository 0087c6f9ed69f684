/** Each switch that has an effect shows what is in force: by its name, and among all. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import type { Outcome } from "../../../src/core/control/environment.ts";
import { readSysctl, sysctlNames, sysctlValue } from "../../../src/core/host/sysctls.ts";
import { sysctl } from "../../../src/core/host-programs/sysctl.ts";
import { DEFAULT_KERNEL } from "../../../src/core/kernel/releases.ts";
import { recordedHost } from "./recorded-host.ts";

const DEVICES = ["eth0", "eth1"];
const VS = "net.ipv4.vs.";

/** The last word of a row of names may be all that differs from the one before: `_high_thresh`, or `3`. */
function wholeName(before: string, word: string): string {
  if (word.startsWith("net.")) return word;
  if (before === "") return `${VS}${word}`;
  if (/^\d$/.test(word)) return `${before.slice(0, -1)}${word}`;
  return before.replace(word.startsWith("_") ? /_[^_]+$/ : /[^.]+$/, word);
}

/** The switches of docs/configuration.md on a host with these interfaces, with their defaults where it gives them. */
function documented(): [name: string, standard: string | undefined][] {
  const text = readFileSync("docs/configuration.md", "utf8");
  const [, section = ""] = /These mean something(.*?)\n## /s.exec(text) ?? [];
  const rows = section.matchAll(/^\| (`.*?) \|(.*?)\| /gm);
  return [...rows].flatMap(([, names = "", standards = ""]) => {
    const given = standards.trim() === "" ? [] : standards.trim().split(", ");
    let before = "";
    return [...names.matchAll(/`([^`]*\w)`/g)].flatMap(([, word = ""], index) => {
      before = wholeName(before, word);
      const inAll = before.includes(".conf.") ? ["all"] : [];
      const named = before.includes(".NAME.")
        ? [...inAll, ...DEVICES].map((dev) => before.replace("NAME", dev))
        : [before];
      return named.map((name): [string, string | undefined] => [name, given[index] ?? given[0]]);
    });
  });
}

const run = (words: readonly string[], machine = recordedHost()): Outcome => sysctl(words, machine);

describe("sysctl", () => {
  it("shows each switch that the manual lists, with the default that it gives", () => {
    const listed = documented();
    for (const one of [
      "net.ipv6.conf.all.forwarding",
      "net.ipv6.neigh.eth0.gc_stale_time",
      `${VS}fullnat_mss_adjust_entry`,
    ])
      expect(listed.map(([name]) => name)).to.include(one);
    for (const [name, standard] of listed) {
      const { code, out, err } = run(["-n", name]);
      expect({ code, err }, name).to.deep.equal({ code: 0, err: "" });
      // Of sync_threshold the file holds sync_period, too.
      if (standard !== undefined) expect(out.split(/\s/)[0], name).to.equal(standard);
    }
  });

  it("shows what was written, of all that has an effect, and each of them among all", () => {
    const machine = recordedHost();
    const { code, out, err } = run(["-a"]);
    expect({ code, err }).to.deep.equal({ code: 0, err: "" });
    const all = out.trimEnd().split("\n");
    expect(all.map((line) => line.split(" = ")[0])).to.deep.equal(sysctlNames(machine.director));
    const families = ["net.ipv4", "net.ipv6"];
    const effective = families
      .flatMap((family) =>
        ["all", "default", "lo", ...DEVICES].flatMap((dev) =>
          ["conf", "neigh"].flatMap((group) =>
            ["forwarding", "hop_limit", "rp_filter", "arp_ignore", "gc_stale_time"].map(
              (own) => `${family}.${group}.${dev}.${own}`,
            ),
          ),
        ),
      )
      .filter((name) => readSysctl(name, 1, DEVICES, DEFAULT_KERNEL).outcome === "set");
    expect(effective).to.include("net.ipv6.conf.lo.hop_limit").and.not.include("net.ipv6.conf.default.hop_limit");
    for (const name of effective) {
      expect(sysctlNames(machine.director), name).to.include(name);
      expect(run(["-w", `${name}=2`], machine).code, name).to.equal(0);
      expect(sysctlValue(machine.director, name), name).to.equal("2");
    }
  });

  it("shows that one switch sets those of all interfaces, lo too (inet_forward_change, addrconf_forward_change)", () => {
    for (const family of ["ipv4", "ipv6"]) {
      const machine = recordedHost();
      machine.director.setSysctl(`net.${family}.conf.all.forwarding`, 0);
      for (const dev of ["all", "lo", ...DEVICES])
        expect(sysctlValue(machine.director, `net.${family}.conf.${dev}.forwarding`), `${family} ${dev}`).to.equal("0");
    }
  });
});
