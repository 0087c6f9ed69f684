/** Explanations in a terminal of few columns: no line is longer, and no word is missing. */
import { expect } from "chai";
import { compareModes } from "../../../src/core/explain/comparison.ts";
import { comparisonText } from "../../../src/core/explain/comparison-text.ts";
import { explainMode, type ModeOptions } from "../../../src/core/explain/mode.ts";
import { modeText } from "../../../src/core/explain/mode-text.ts";
import { folded, line, plainLine, plainText, type StyledLine, span } from "../../../src/core/explain/styled.ts";
import { faultsOf } from "../../../src/core/simulator/faults.ts";
import { MODES } from "../../../src/core/simulator/layout.ts";
import { AF_INET, AF_INET6 } from "../../../src/core/wire/address.ts";

const COLUMNS = [40, 83] as const;

/** What is typed stays whole. */
const tooLong = (lines: readonly StyledLine[], columns: number): string[] =>
  lines.map(plainLine).filter((text) => text.length > columns && !/^\s*# /.test(text));

/** The words of an explanation, whatever stands beside the lifelines. */
const wordsOf = (lines: readonly StyledLine[]): string[] => [
  ...new Set(plainText(lines).match(/[\w.:*']*[\w.:*'][\w.:*']+/g)),
];

describe("an explanation in a narrow terminal", () => {
  for (const mode of MODES) {
    it(`of ${mode} has no line that is longer, and says the same`, function () {
      this.timeout(60_000);
      const pair = { sync: "prompt", masterDies: true } as const;
      const ways: ModeOptions[] = [{ family: AF_INET }, { family: AF_INET6, servers: 9 }, { pair }];
      const wrong: ModeOptions[] = faultsOf(mode, AF_INET).map(({ name }) => ({ fault: name }));
      for (const options of [...ways, ...wrong]) {
        const explanation = explainMode(mode, options);
        const whole = wordsOf(modeText(explanation));
        for (const columns of COLUMNS) {
          const lines = folded(modeText(explanation, { width: columns, columns }), columns);
          expect(tooLong(lines, columns)).deep.equals([]);
          expect(whole.filter((word) => !wordsOf(lines).includes(word))).deep.equals([]);
        }
      }
    });
  }

  it("tells one method after the other where the table of all does not fit", () => {
    const comparison = compareModes(AF_INET);
    const table = comparisonText(comparison);
    expect(comparisonText(comparison, 200)).deep.equals(table);
    const lines = comparisonText(comparison, 40);
    expect(tooLong(lines, 40)).deep.equals([]);
    for (const mode of MODES) expect(plainText(lines)).includes(comparison.names[mode]);
  });

  it("goes on below between words, in the tones that they have", () => {
    const spans = [span("  one two ", "dim"), span("three four five", "bad")];
    expect(folded([spans, line("six")], 12)).deep.equals([
      [span("  one two", "dim")],
      [span("      "), span("three", "bad")],
      [span("      "), span("four", "bad")],
      [span("      "), span("five", "bad")],
      [span("six", "plain")],
    ]);
    expect(plainText(folded([line("a-word-that-is-long and more")], 10))).equals(
      "a-word-that-is-long\n    and\n    more\n",
    );
    const typed = [span("  # ", "dim"), span("ip address add 10.1.0.1/24 dev eth0")];
    expect(folded([typed], 12)).deep.equals([typed]);
  });
});
