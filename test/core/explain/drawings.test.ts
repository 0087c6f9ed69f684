import { expect } from "chai";
import { compareModes } from "../../../src/core/explain/comparison.ts";
import { comparisonText } from "../../../src/core/explain/comparison-text.ts";
import { comparisonHtml, modeHtml } from "../../../src/core/explain/drawings/html.ts";
import { isHandedOver } from "../../../src/core/explain/drawings/ladder.ts";
import { ladderSvg } from "../../../src/core/explain/drawings/ladder-svg.ts";
import { ladderMermaid } from "../../../src/core/explain/drawings/mermaid.ts";
import { topologySvg } from "../../../src/core/explain/drawings/topology-svg.ts";
import { comparisonJson, modeJson } from "../../../src/core/explain/json.ts";
import { explainMode } from "../../../src/core/explain/mode.ts";
import { plainText } from "../../../src/core/explain/styled.ts";
import { faultsOf } from "../../../src/core/simulator/faults.ts";
import { MODES } from "../../../src/core/simulator/layout.ts";
import { AF_INET6 } from "../../../src/core/wire/address.ts";
import { expectGolden } from "./golden.ts";

/** Every tag that is opened is closed, in order; attributes are quoted. Enough of XML for what is drawn here. */
function expectWellFormed(text: string): void {
  const open: string[] = [];
  for (const [, close, name = "", empty] of text.matchAll(/<(\/?)([a-z]+)(?:\s+[a-zA-Z0-9:-]+="[^"<]*")*\s*(\/?)>/g)) {
    if (close === "/") expect(open.pop()).equals(name);
    else if (empty !== "/") open.push(name);
  }
  expect(open).deep.equals([]);
  const rest = text
    .replaceAll(/<\/?[a-z]+(?:\s+[a-zA-Z0-9:-]+="[^"<]*")*\s*\/?>/g, "")
    .replaceAll(/<style>[^<]*<\/style>/g, "");
  expect(rest).not.matches(/[<]/);
  expect(rest.replaceAll(/&(amp|lt|gt|quot|#39);/g, "")).not.includes("&");
}

describe("drawings", () => {
  for (const mode of MODES) {
    const faults = faultsOf(mode).map(({ name }) => name);

    it(`of ${mode} are well-formed SVG, with and without faults`, () => {
      for (const fault of [undefined, ...faults]) {
        const { ladder, topology } = explainMode(mode, fault === undefined ? {} : { fault });
        const svg = ladderSvg(ladder);
        expectWellFormed(svg);
        expect(svg.match(/<svg /g)).lengthOf(1);
        expect(svg).matches(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 \d+ \d+"/);
        for (const { name } of ladder.lifelines) expect(svg).includes(`>${name}</text>`);
        for (const { label } of ladder.messages) expect(svg).includes(`>${label}</text>`);
        const picture = topologySvg(topology);
        expectWellFormed(picture);
        for (const { name } of topology.hosts) expect(picture).includes(`>${name}</text>`);
        for (const { name } of topology.network.segments) expect(picture).includes(`>${name}</text>`);
      }
    });

    it(`of ${mode} are slides of 16:9, with the moment marked that breaks`, () => {
      for (const fault of [undefined, ...faults]) {
        const { ladder, culprit } = explainMode(mode, fault === undefined ? {} : { fault });
        expect(culprit === undefined).equals(fault === undefined);
        const svg = ladderSvg(ladder, { culprit, slide: true });
        expectWellFormed(svg.replace("<title>Here it goes wrong</title>", ""));
        const [, wide = "", high = ""] = /viewBox="-?\d+ -?\d+ (\d+) (\d+)"/.exec(svg) ?? [];
        expect(Number(wide) / Number(high)).closeTo(16 / 9, 0.01);
      }
    });

    it(`of ${mode} mark what changed`, () => {
      const { ladder } = explainMode(mode);
      const changed = ladder.messages.flatMap(({ lines }) => lines.flat()).filter(({ changed: is }) => is).length;
      const handedOver = ladder.messages.filter((message) => isHandedOver(ladder, message)).length;
      expect(handedOver).equals(mode === "dr" ? 5 : 0);
      expect(ladderSvg(ladder).match(/<tspan class="tv-changed">/g)).lengthOf(changed + handedOver);
    });

    it(`of ${mode} as a sequence diagram has a line for each message`, () => {
      const { ladder } = explainMode(mode);
      const lines = ladderMermaid(ladder).trimEnd().split("\n");
      expect(lines[0]).equals("sequenceDiagram");
      const arrows = lines.filter((line) => /^ {4}\w+(->>|-x)\w+: /.test(line));
      expect(arrows.length).equals(ladder.messages.reduce((sum, { to }) => sum + to.length, 0));
      // Semicolons end statements, and # begins what stands for a letter.
      for (const line of lines)
        expect(line.replaceAll(/#(35|59|lt|gt);/g, "").replaceAll("<br/>", "")).not.matches(/[;#<]/);
    });

    it(`of ${mode} make a page that needs nothing else`, () => {
      const page = modeHtml(explainMode(mode));
      expect(page).matches(/^<!doctype html>\n<html lang="en">/);
      expect(page.match(/<svg /g)).lengthOf(2);
      expect(page.replaceAll("http://www.w3.org/2000/svg", "")).not.matches(/(src|href)=|https?:/);
      expect(page).includes("<h2>Every real server</h2>");
      expect(page).includes("<pre>");
    });

    it(`of ${mode} have their values in JSON`, () => {
      const value = JSON.parse(JSON.stringify(modeJson(explainMode(mode))));
      expect(value.mode).equals(mode);
      expect(value.outcome).deep.equals({ kind: "answered", body: "I am rs1." });
      expect(value.ladder.messages[0]).includes({ from: "client", label: "ARP?", seconds: 0 });
      expect(value.requirements.some((entry: { of: string }) => entry.of === "real server")).equals(true);
    });
  }
});

describe("the comparison", () => {
  const comparison = compareModes();
  const row = (what: string) => comparison.rows.find((entry) => entry.what === what)?.cells;

  it("is the one that was found good", () => {
    expectGolden("compare.txt", plainText(comparisonText(comparison)));
  });

  it("of IPv6 is the one that was found good", () => {
    expectGolden("compare-ipv6.txt", plainText(comparisonText(compareModes(AF_INET6))));
  });

  it("reads from the wires what real servers and clients see", () => {
    expect(row("the real server gets")).deep.equals({
      nat: ["12.11.0.10:40000", "> 172.16.1.2:80"],
      dr: ["12.11.0.10:40000", "> 12.11.0.101:80"],
      tun: ["IPIP 12.11.0.102", "     > 172.16.1.2", "12.11.0.10:40000", "> 12.11.0.101:80"],
      fullnat: ["172.16.1.100:5000", "> 172.16.2.2:80"],
    });
    const seen = ["12.11.0.101:80", "> 12.11.0.10:40000"];
    expect(row("the client gets")).deep.equals({ nat: seen, dr: seen, tun: seen, fullnat: seen });
    expect(row("replies pass the director")).deep.equals({ nat: ["yes"], dr: ["no"], tun: ["no"], fullnat: ["yes"] });
    expect(row("room for the client's packet")).deep.equals({
      nat: ["1500 bytes"],
      dr: ["1500 bytes"],
      tun: ["1480 bytes"],
      fullnat: ["1500 bytes"],
    });
    expect(row("frames through the director")).deep.equals({
      nat: ["8 in, 8 out"],
      dr: ["5 in, 5 out"],
      tun: ["5 in, 5 out"],
      fullnat: ["8 in, 8 out"],
    });
  });

  it("is a table in HTML, and plain values in JSON", () => {
    const page = comparisonHtml(comparison);
    expect(page.match(/<tr>/g)).lengthOf(comparison.rows.length + 1);
    const value = JSON.parse(JSON.stringify(comparisonJson(comparison)));
    expect(value.modes).deep.equals([...MODES]);
    expect(value.rows.length).equals(comparison.rows.length);
  });
});
