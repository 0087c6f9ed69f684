import { expect } from "chai";
import { FAULTS, faultOf } from "../../src/core/simulator/faults.ts";
import { MODES } from "../../src/core/simulator/layout.ts";
import { modePages, outdated } from "../../tools/mode-pages.ts";

describe("the pages of the forwarding methods", () => {
  const pages = modePages();
  const page = (mode: string): string => pages[`docs/modes/${mode}.md`] ?? "";

  it("are what the program makes (make docs)", () => {
    expect(Object.keys(pages)).lengthOf(3 * MODES.length);
    expect(outdated(pages)).deep.equals([]);
  });

  it("are missed where there is no file, or another text", () => {
    expect(outdated({ "docs/modes/none.md": "", "docs/modes/README.md": "" })).deep.equals([
      "docs/modes/none.md",
      "docs/modes/README.md",
    ]);
  });

  for (const mode of MODES) {
    it(`${mode}.md has a row for each arrow of its picture, and every mistake that the method can have`, () => {
      const rows = page(mode).match(/^\| \d+ \|/gm) ?? [];
      const numbers = pages[`docs/modes/${mode}-ladder.svg`]?.match(/x="20" y="\d+" class="tv-dim">\d+</g) ?? [];
      expect(rows.length).greaterThan(14).and.equals(numbers.length);
      for (const row of page(mode).match(/^\| .*$/gm) ?? []) expect(row.split(" | ").length).oneOf([2, 9]);
      for (const { name, cure } of FAULTS) {
        const isThere = faultOf(name, mode) !== undefined;
        expect(page(mode).includes(`tapvs explain ${mode} --fault ${name}<`), name).equals(isThere);
        if (isThere) expect(page(mode)).includes(cure);
      }
    });

    it(`${mode}'s drawings bring their own background, and are small`, () => {
      for (const kind of ["topology", "ladder"]) {
        const svg = pages[`docs/modes/${mode}-${kind}.svg`] ?? "";
        expect(svg).matches(/<rect class="tv-paper"/);
        expect(svg.length).lessThan(60_000);
      }
    });
  }

  it("say which header fields each method changes", () => {
    const changed = (mode: string): string[] =>
      page(mode)
        .match(/^\| 4 \| SYN \| .*$/m)?.[0]
        .split(" | ")
        .slice(7) ?? [];
    expect(changed("nat")).deep.equals(["63", "MAC addresses; IPv4: destination, TTL, checksum; TCP: checksum |"]);
    expect(changed("dr")).deep.equals(["63", "MAC addresses; IPv4: TTL, checksum |"]);
    expect(changed("tun")).deep.equals([
      "63<br>63",
      "MAC addresses; outer IPv4 header put before; IPv4: TTL, checksum |",
    ]);
    expect(changed("fullnat")[0]).equals("64");
    expect(changed("fullnat")[1]).matches(/IPv4: source, destination, checksum; TCP: source port, /);
  });
});
