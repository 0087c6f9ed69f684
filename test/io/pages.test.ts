/** What docs/ says of live directors, held against the program. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { doctorCommand } from "../../src/cli/doctor.ts";
import { runCommand } from "../../src/cli/run.ts";
import { describeConfigError, parseConfig } from "../../src/io/config.ts";
import { FILTER_WORDS } from "../../src/io/live/trace-filter.ts";

const page = (name: string): string => readFileSync(`docs/${name}.md`, "utf8");

const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "gms"))].map(([, block]) => block ?? "");

describe("pages on live directors", () => {
  for (const name of ["live", "health"]) {
    it(`docs/${name}.md has configurations that can be read`, () => {
      const configurations = blocks(page(name), "yaml");
      expect(configurations).lengthOf.at.least(1);
      for (const text of configurations) {
        const result = parseConfig(text, "director.yaml");
        expect(result.kind === "errors" ? result.errors.map(describeConfigError) : []).deep.equals([]);
      }
    });
  }

  it("docs/live.md lists the options that there are, and no others", () => {
    const section = /## Start(.*?)## Devices/s.exec(page("live"))?.[1] ?? "";
    const told = new Set([...section.matchAll(/`(?:-c`, `)?(--[a-z-]+)/g)].map(([, option]) => option));
    const options = runCommand().options.map(({ long }) => long ?? "");
    expect([...told].toSorted()).deep.equals(options.toSorted());
  });

  it("docs/live.md lists the words of a trace filter", () => {
    for (const word of FILTER_WORDS.split(";")[0]?.split(", ") ?? []) expect(page("live")).contains(`\`${word}\``);
  });

  it("docs/health.md lists the keys of a check, and no others", () => {
    const told = [...page("health").matchAll(/^\| ((?:`[a-z-]+`(?:, )?)+) \|/gm)].flatMap(([, cell = ""]) =>
      cell.replaceAll("`", "").split(", "),
    );
    const result = parseConfig("interfaces: [{name: eth0}]\nhealth: [{nonsense: 1}]\n", "director.yaml");
    const messages = result.kind === "errors" ? result.errors.map(({ message }) => message).join("\n") : "";
    expect(told.toSorted()).deep.equals((/known here: (.*)$/m.exec(messages)?.[1] ?? "").split(", ").toSorted());
  });

  it("docs/doctor.md names the options of doctor", () => {
    for (const { long } of doctorCommand().options) {
      expect(page("doctor")).match(new RegExp(`\`(-c director\\.yaml|${long})`));
    }
  });
});
