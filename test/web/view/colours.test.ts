import { readFileSync } from "node:fs";
import { expect } from "chai";

/** Each colour in its light and its dark form, by name. */
const COLOURS = new Map(
  [
    ...["tokens", "schedulers"]
      .map((name) => readFileSync(`src/web/page/style/${name}.css`, "utf8"))
      .join("")
      .matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g),
  ].map(([, name = "", light = "", dark = ""]) => [name, [light, dark] as const]),
);

/** Relative luminance (WCAG 2.2). */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

const PAIRS: readonly (readonly [string, string])[] = [
  ...["paper", "card", "sunk"].flatMap((paper) => ["ink", "dim"].map((ink) => [ink, paper] as const)),
  ...["request", "reply", "icmp", "arp", "peer", "bad", "good", "accent"].map((ink) => [ink, "card"] as const),
  ...[0, 1, 2, 3, 4, 5].map((server) => [`server-${server}`, "card"] as const),
  ["paper", "ink"],
  ["on-accent", "accent"],
  ["changed-ink", "changed"],
  ["ink", "director"],
  ["dim", "director"],
  ["director-line", "director"],
  ["director-line", "card"],
  // What is written on frames is written in the colour of a card.
  ...["request", "reply", "icmp", "arp", "peer"].map((tone) => ["card", tone] as const),
];

describe("colours", () => {
  for (const [theme, name] of ["light", "dark"].entries()) {
    it(`can be told apart by everybody, ${name}: contrast 4.5 and more`, () => {
      for (const [ink, paper] of PAIRS) {
        const [a, b] = [COLOURS.get(ink)?.[theme] ?? "", COLOURS.get(paper)?.[theme] ?? ""];
        expect(contrast(a, b), `${ink} on ${paper}`).at.least(4.5);
      }
    });
  }
});
