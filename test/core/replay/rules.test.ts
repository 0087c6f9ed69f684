import { expect } from "chai";
import { Director } from "../../../src/core/host/director.ts";
import { loadRules, ruleLines } from "../../../src/core/replay/rules.ts";
import { twoPorts } from "./worlds.ts";

const rulesOf = (...lines: string[]) => ({ file: "rules.ipvs", firstLine: 10, lines });

function refusedBy(...lines: string[]): { readonly refused: string[]; readonly services: number } {
  const director = new Director(twoPorts(), { link: { send: () => {} } });
  const refused = loadRules(director, rulesOf(...lines));
  return { refused, services: director.server.services.list().length };
}

describe("the rules of a director", () => {
  it("are loaded past empty lines and comments", () => {
    const lines = ["# web", "", "-A -t 10.1.0.100:80 -s rr", "ipvsadm -a -t 10.1.0.100:80 -r 10.2.0.2 -m"];
    expect(refusedBy(...lines)).deep.equals({ refused: [], services: 1 });
    expect(ruleLines(rulesOf(...lines))).deep.equals(lines.slice(2));
  });

  it("are refused with file and line, and those behind a refused one are loaded", () => {
    expect(refusedBy("-A -t 10.1.0.100:80", "", "-A -t 10.1.0.100:80", "-A -u 10.1.0.100:53")).deep.equals({
      refused: ["rules.ipvs:12: Service already exists"],
      services: 2,
    });
  });

  it("are looked at past wrong usage", () => {
    const { refused, services } = refusedBy(
      "-A -t 10.1.0.100:80",
      "-A -t nowhere:80",
      "-A -u 10.1.0.100:53",
      "-a -u 10.1.0.100:53 -r 10.2.0.2 -w x",
    );
    expect(refused.map((line) => line.slice(0, 14))).deep.equals(["rules.ipvs:11:", "rules.ipvs:13:"]);
    expect(services).equals(2);
  });

  it("of a service that was refused are refused for their own mistakes alone", () => {
    const { refused } = refusedBy(
      "-A -t 10.1.0.100:80 -s rrr",
      "-a -t 10.1.0.100:http -r 10.2.0.2 -m",
      "-a --tcp-service=10.1.0.100:80 -r 10.2.0.3 -w x",
      "-a -t 10.1.0.100:81 -r 10.2.0.2",
      "-A -f 7 -6 -p abc",
      "-a -f 7 -6 -r [fd00::2]:80",
      "-a -f 7 -r 10.2.0.2",
    );
    expect(refused).deep.equals([
      "rules.ipvs:10: Scheduler or persistence engine not found",
      "rules.ipvs:12: illegal weight specified",
      "rules.ipvs:13: Service not defined",
      "rules.ipvs:14: invalid timeout value `abc' specified",
      "rules.ipvs:16: Service not defined",
    ]);
  });

  it("are told one by one up to twenty", () => {
    const { refused } = refusedBy(...new Array<string>(300).fill("-A -t 10.1.0.100:80 -s rrr"));
    expect(refused).lengthOf(21);
    expect(refused.at(-1)).equals("rules.ipvs: 280 more lines are refused");
  });

  it("that are no command are refused by their first word, not by ipvsadm's hint at its help", () => {
    for (const [line, refusal] of [
      ["garbage", "unexpected argument garbage"],
      ["-t 10.1.0.100:80 -s rr", "expected a command such as -A or -a, got -t"],
      ["-R", "expected a command such as -A or -a, got -R"],
    ] as const)
      expect(refusedBy(line).refused).deep.equals([`rules.ipvs:10: ${refusal}`]);
  });
});
