/** The commands of `tapvs lab` that need no root. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { tapvs } from "./live/machine.ts";

const lab = (...words: readonly string[]) => tapvs(["lab", ...words]);

describe("tapvs lab", () => {
  it("prints with --dry-run what it would do, and does nothing", async () => {
    const { code, out, err } = await lab("up", "dr", "--name", "dry", "--servers", "3", "--dry-run");
    expect([code, err]).to.deep.equal([0, ""]);
    expect(out.split("\n")).to.include.members([
      "ip -n tvs-dry-rs3 addr add 10.1.0.100/32 dev lo",
      "  -a -t 10.1.0.100:80 -r 10.1.0.13:80 -g -w 1",
    ]);
  });

  for (const [format, file] of [
    ["mermaid", "lab.mmd"],
    ["svg", "lab.svg"],
  ] as const) {
    it(`draws a mode as ${format}`, async () => {
      const { code, out } = await lab("graph", "fullnat", "--format", format);
      expect(code).to.equal(0);
      expect(out).to.equal(readFileSync(`examples/labs/fullnat/${file}`, "utf8"));
    });
  }

  for (const [words, message] of [
    [["up", "bridge"], "'bridge' is invalid"],
    [["up", "nat", "--servers", "0"], "expected a whole number from 1 to 32"],
    [["up", "nat", "--weights", "1,x"], "expected a whole number from 0 to 65535"],
    [["up", "nat", "--weights", "1,2,3", "--dry-run"], "--weights gives 3 for 2 real servers; give one for each"],
    [["graph", "nat", "--servers", "3", "--weights", "5"], "--weights gives 1 for 3 real servers; give one for each"],
    [["up", "nat", "--scheduler", "foo"], "expected one of rr, wrr, lc, wlc,"],
    [["up", "nat", "--name", "a-b"], "expected up to 12 lower-case letters and digits"],
    [["up", "tun", "--example", "--dry-run"], "there are worked examples of nat and dr, not of tun"],
    [["up", "nat", "--keepalived", "/no/such.conf"], "/no/such.conf: no such file or directory"],
    [["up", "nat", "--keepalived", "README.md", "--health"], "keepalived keeps the table alone, without --health"],
    [["up", "nat", "--nat64"], "--nat64: NAT64 is a matter of fullnat, not of nat"],
    [["up", "tun", "--ipv6", "--ipip", "kernel"], "the kernel's ipip takes IPv4 apart only"],
    [["up", "nat", "--directors", "3"], "--directors 3: one of 2 takes over from the other; give --ecmp for more"],
    [["up", "nat", "--directors", "3", "--ecmp", "multipath"], "--ecmp: with nat a reply must pass the director"],
    [["up", "dr", "--ecmp", "multipath"], "--ecmp: give --directors 2 or more"],
    [["up", "fullnat", "--nat64", "--directors", "2"], "connections of NAT64 break when a director dies"],
    [["up", "dr", "--sync"], "--sync: two directors always tell each other"],
    [["graph", "nothing"], "nothing: neither a lab nor a mode (nat, dr, tun, fullnat)"],
    [["session", "cookies"], "'cookies' is invalid"],
  ] as const) {
    it(`refuses ${words.join(" ")} with 2`, async () => {
      const { code, out, err } = await lab(...words);
      expect([code, out]).to.deep.equal([2, ""]);
      expect(err).to.include(message);
    });
  }
});
