import { expect } from "chai";
import { type Ladder, ladderOf, ladderRows, outcomeOf } from "../../../../src/core/explain/drawings/ladder.ts";
import { ladderSvg } from "../../../../src/core/explain/drawings/ladder-svg.ts";
import { ladderText } from "../../../../src/core/explain/drawings/ladder-text.ts";
import { ladderMermaid } from "../../../../src/core/explain/drawings/mermaid.ts";
import { follow } from "../../../../src/core/explain/flow.ts";
import type { Message, Piece } from "../../../../src/core/explain/message.ts";
import { explainMode } from "../../../../src/core/explain/mode.ts";
import { modeText } from "../../../../src/core/explain/mode-text.ts";
import { plainLine, plainText } from "../../../../src/core/explain/styled.ts";
import { faultsOf } from "../../../../src/core/simulator/faults.ts";
import { MODES, type Mode } from "../../../../src/core/simulator/layout.ts";
import { AF_INET, AF_INET6, formatAddress } from "../../../../src/core/wire/address.ts";
import { expectGolden } from "../golden.ts";

const CLIENT = "12.11.0.10:40000";
const SERVICE = "12.11.0.101:80";
const LABELS = ["SYN", "SYN ACK", "ACK", "GET /", "200 OK", "FIN ACK", "FIN ACK", "ACK"];

/** Who sends to whom, and the packet's two ends: `client director 12.11.0.10:40000 12.11.0.101:80`, changed ones with a star. */
function row({ lifelines }: Ladder, { from, to, lines }: Message): string {
  const packet = lines.at(-1) ?? [];
  const ends = packet.filter(({ text }) => text !== " > ").map(({ text, changed }) => `${text}${changed ? "*" : ""}`);
  return [lifelines[from]?.name, ...to.map((place) => lifelines[place]?.name), ...ends].join(" ");
}

/** The rows of the messages with a label, of all such in the ladder. */
const rowsOf = (ladder: Ladder, label: string): string[] =>
  ladder.messages
    .filter((message) => message.kind === "tcp" && message.label === label)
    .map((message) => row(ladder, message));

const pieceText = (pieces: readonly Piece[]): string => pieces.map(({ text }) => text).join("");

describe("the ladder of a request", () => {
  for (const mode of MODES) {
    it(`through ${mode} is the one that was found good`, () => {
      expectGolden(`${mode}.txt`, plainText(modeText(explainMode(mode), { width: 110 })));
    });

    it(`through ${mode} is eight segments, each followed from hop to hop`, () => {
      const { ladder, end } = explainMode(mode);
      expect(end).deep.equals({ kind: "answered", body: "I am rs1." });
      const first = ladder.messages.filter(({ kind, forwarded }) => kind === "tcp" && !forwarded);
      expect(first.map(({ label }) => label)).deep.equals(LABELS);
      expect(ladder.messages.filter(({ lost }) => lost !== "")).deep.equals([]);
    });
  }

  it("through NAT has VIP become RIP on the way in, and RIP become VIP on the way back", () => {
    const { ladder } = explainMode("nat");
    expect(rowsOf(ladder, "SYN")).deep.equals([
      `client director ${CLIENT} ${SERVICE}`,
      `director rs1 ${CLIENT} 172.16.1.2:80*`,
    ]);
    expect(rowsOf(ladder, "SYN ACK")).deep.equals([
      `rs1 director 172.16.1.2:80 ${CLIENT}`,
      `director client ${SERVICE}* ${CLIENT}`,
    ]);
    expect(rowsOf(ladder, "200 OK").length).equals(2);
  });

  it("through direct routing changes MAC addresses only, and answers go past the director", () => {
    const { ladder } = explainMode("dr");
    expect(rowsOf(ladder, "SYN")).deep.equals([
      `client director ${CLIENT} ${SERVICE}`,
      `director rs1 ${CLIENT} ${SERVICE}`,
    ]);
    expect(rowsOf(ladder, "SYN ACK")).deep.equals([`rs1 client ${SERVICE} ${CLIENT}`]);
    const [, second] = ladder.messages.filter(({ label }) => label === "SYN");
    expect(second?.macOnly).equals(true);
    expect(second?.destinationMac).equals("02:00:0c:0b:00:67");
  });

  it("through a tunnel wraps the packet, and the router carries both headers", () => {
    const { ladder } = explainMode("tun");
    const syns = ladder.messages.filter(({ label }) => label === "SYN");
    expect(syns.map((message) => row(ladder, message))).deep.equals([
      `client director ${CLIENT} ${SERVICE}`,
      `director router ${CLIENT} ${SERVICE}`,
      `router rs1 ${CLIENT} ${SERVICE}`,
    ]);
    expect(syns.map(({ lines }) => lines.length)).deep.equals([1, 2, 2]);
    expect(syns[1]?.lines[0]).deep.equals([{ text: "IPIP 12.11.0.102 > 172.16.1.2", changed: true }]);
    expect(syns[2]?.lines[0]).deep.equals([{ text: "IPIP 12.11.0.102 > 172.16.1.2", changed: false }]);
    expect(rowsOf(ladder, "SYN ACK")).deep.equals([
      `rs1 router ${SERVICE} ${CLIENT}`,
      `router client ${SERVICE} ${CLIENT}`,
    ]);
  });

  it("through full NAT changes both ends both ways", () => {
    const { ladder } = explainMode("fullnat");
    expect(rowsOf(ladder, "SYN")).deep.equals([
      `client director ${CLIENT} ${SERVICE}`,
      "director router 172.16.1.100:5000* 172.16.2.2:80*",
      "router rs1 172.16.1.100:5000 172.16.2.2:80",
    ]);
    expect(rowsOf(ladder, "SYN ACK")).deep.equals([
      "rs1 router 172.16.2.2:80 172.16.1.100:5000",
      "router director 172.16.2.2:80 172.16.1.100:5000",
      `director client ${SERVICE}* ${CLIENT}*`,
    ]);
  });

  it("of two directors shows advertisements, what is told of, and who dies and takes over", () => {
    const { ladder } = explainMode("nat", { pair: { sync: "prompt", masterDies: true } });
    const linesOf = (label: string) =>
      ladder.messages.filter((message) => message.label === label).map(({ lines }) => lines.slice(1).map(pieceText));
    expect(linesOf("VRRP").slice(0, 2)).deep.equals([
      ["router 52, priority 150: 172.16.1.1"],
      ["router 51, priority 150: 12.11.0.101"],
    ]);
    expect(linesOf("sync").slice(0, 2)).deep.equals([
      ["TCP 12.11.0.10:40000 > 172.16.1.2:80", "SYN_RECV, 60 s"],
      ["TCP 12.11.0.10:40000 > 172.16.1.2:80", "ESTABLISHED, 900 s"],
    ]);
    // Of a multicast only who listens is drawn.
    expect(ladder.messages.filter(({ label }) => label === "sync").every(({ to }) => to.length === 1)).equals(true);
    expect(ladder.happenings.map(({ text }) => text)).deep.equals([
      "director dies",
      "director2 becomes master: no advertisement came for three intervals and its skew",
    ]);
    expect(ladderRows(ladder).length).equals(ladder.messages.length + 2);
    expect(ladderMermaid(ladder)).includes("Note over director: director dies");
    expect(ladderSvg(ladder)).includes("director2 becomes master");
    expect(ladder.outcome).equals('The client has its page: "I am rs1."');
  });

  it("of two directors keeps within 120 columns, in every mode", () => {
    for (const mode of MODES) {
      for (const sync of ["off", "prompt"] as const) {
        const { ladder } = explainMode(mode, { pair: { sync, masterDies: true } });
        for (const line of ladderText(ladder).map(plainLine)) expect(line.length, `${mode}: ${line}`).lessThan(121);
      }
    }
  });

  it("of two directors has each address centred over its host, in both families", () => {
    for (const mode of MODES) {
      for (const family of [AF_INET, AF_INET6] as const) {
        const { ladder } = explainMode(mode, { family, pair: { sync: "off", masterDies: false } });
        const lines = ladderText(ladder).map(plainLine);
        const feet = lines.findIndex((text) => /^[ │]+$/.test(text));
        const columns = [...(lines[feet] ?? "").matchAll(/│/g)].map(({ index }) => index);
        ladder.lifelines.forEach(({ addresses }, place) => {
          for (const address of addresses) {
            const start = (columns[place] ?? 0) - Math.floor(address.length / 2);
            const heads = lines.slice(0, feet).map((text) => ` ${text} `.slice(start, start + address.length + 2));
            expect(heads, `${mode} ${family}`).includes(` ${address} `);
          }
        });
      }
    }
  });

  it("keeps within 120 columns, in every mode and with every fault", () => {
    for (const mode of MODES) {
      for (const fault of [undefined, ...faultsOf(mode).map(({ name }) => name)]) {
        const { ladder } = explainMode(mode, fault === undefined ? {} : { fault });
        for (const line of ladderText(ladder).map(plainLine))
          expect(line.length, `${mode} ${fault}: ${line}`).lessThan(121);
        for (const line of ladderText(ladder, { ascii: true }).map(plainLine)) expect(line).matches(/^[ -~]*$/);
      }
    }
  });

  it("says once what is said again and again, with the times", () => {
    const { ladder } = explainMode("tun", { fault: "rp-filter" });
    const syns = ladder.messages.filter(({ label }) => label === "SYN");
    expect(syns.map(({ again }) => again.map((time) => Math.floor(time / 1e6)))).deep.equals([
      [1, 3, 7, 15],
      [1, 3, 7, 15],
      [1, 3, 7, 15],
    ]);
    expect(syns.at(-1)?.lost).includes("rp_filter");
    expect(plainText(ladderText(ladder))).includes("again at 1, 3, 7, 15 s)");
  });

  it("shows as much ARP as is asked for", () => {
    const count = (arp: "none" | "virtual" | "all"): number =>
      explainMode("dr", { arp }).ladder.messages.filter(({ kind }) => kind === "arp").length;
    expect(count("none")).equals(0);
    expect(count("virtual")).equals(2);
    expect(count("all")).greaterThan(4);
  });

  it("leaves out hosts that have no part in it, but not the server that should have", () => {
    const names = (mode: Mode, fault?: "dead"): string[] =>
      explainMode(mode, fault === undefined ? {} : { fault }).ladder.lifelines.map(({ name }) => name);
    expect(names("nat")).deep.equals(["client", "director", "rs1"]);
    expect(names("nat", "dead")).deep.equals(["client", "director", "rs1"]);
  });

  it("may be drawn of a request that is still under way", () => {
    const { topology } = explainMode("nat");
    const ladder = ladderOf(topology, "so far", { kind: "pending" });
    expect(ladder.outcome).equals(outcomeOf({ kind: "pending" }));
  });
});

describe("follow", () => {
  it("finds the packet before each that was forwarded, and none before those that hosts make", () => {
    const { topology } = explainMode("nat");
    const steps = follow(topology.network.hops);
    for (const { hop, before, inside } of steps) {
      if (before === undefined) {
        const maker = topology.hosts.find(({ name }) => name === hop.from);
        const own = maker?.stack.interfaces.flatMap(({ ipv4 }) => ipv4) ?? [];
        if (inside !== undefined)
          expect(own.map(({ address }) => formatAddress(address))).includes(formatAddress(inside.source.address));
      } else expect(before.hop.to).includes(hop.from);
    }
    expect(steps.filter(({ before }) => before !== undefined).length).equals(8);
  });
});
