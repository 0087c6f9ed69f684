import { expect } from "chai";
import { runIpvsadm } from "../../../src/core/control/interpreter.ts";
import type { Explanation } from "../../../src/core/explain/explanation.ts";
import { verdictSentence } from "../../../src/core/explain/sentences/sentences.ts";
import { whatIf } from "../../../src/core/explain/what-if.ts";
import type { Director } from "../../../src/core/host/director.ts";
import { PacketError } from "../../../src/core/packet/made-up-packet.ts";
import { parsePacket } from "../../../src/core/packet/read-packet.ts";
import { told, toldLab } from "./recordings.ts";

const tables = ({ server }: Director): string =>
  ["-Ln --stats --exact", "-Lnc", "-Ln --thresholds"]
    .map((words) => runIpvsadm(words.split(" "), { server }).out)
    .join("");

const ask = (words: string, present: Director): Explanation => whatIf(present, parsePacket(words));

const lineOf = ({ events }: Explanation): string => verdictSentence(events);

describe("what if", () => {
  it("takes a made-up packet through the director as it is after a frame", () => {
    const words = "tcp 10.1.0.1:40000 > 10.1.0.100:80 F. df";
    const before = told("nat_http", { until: 1 }).present;
    expect(lineOf(ask(words, before))).equals(
      "known connection, NAT to 10.2.0.4:8080, SYN_RECV -> TIME_WAIT; sent on eth1",
    );
    const after = told("nat_http", { until: 5 }).present;
    expect(lineOf(ask(words, after))).equals(
      "known connection, NAT to 10.2.0.4:8080, ESTABLISHED -> CLOSE_WAIT; sent on eth1",
    );
  });

  it("changes no table of the past: told again, it is as it was", () => {
    const words = "tcp 10.1.0.77:1 > 10.1.0.100:80 S";
    const past = told("nat_http", { until: 5 }).present;
    const asked = told("nat_http", { until: 5 }).present;
    expect(lineOf(ask(words, asked))).includes("new connection");
    // The one that was asked has a connection more; nobody else has.
    expect(tables(asked)).not.equals(tables(past));
    expect(tables(told("nat_http", { until: 5 }).present)).equals(tables(past));
    expect(told("nat_http").stories.length).greaterThan(5);
  });

  it("takes neighbors to answer ARP, and says so", () => {
    const explanation = ask("tcp 12.11.0.77:1 > 12.11.0.101:80 S", toldLab("nat", { until: 0 }).present);
    expect(explanation.assumptions).deep.equals(["172.16.1.3 answers ARP: it is at 02:fe:ac:10:01:03"]);
    expect(explanation.verdict).equals("sent");
    const packet = explanation.sent.at(-1);
    expect(packet?.fields?.find(({ layer, field }) => layer === "Ethernet" && field === "destination")?.after).equals(
      "02:fe:ac:10:01:03",
    );
    expect(packet?.fields?.find(({ layer, field }) => layer === "IPv4" && field === "destination")?.after).equals(
      "172.16.1.3",
    );
  });

  it("lets the client's neighbor answer, too, where the director tells it something", () => {
    const explanation = ask("tcp 12.11.0.77:1 > 12.11.0.101:81 S", toldLab("nat", { until: 0 }).present);
    expect(explanation.verdict).equals("delivered");
    expect(explanation.assumptions).lengthOf(1);
    expect(lineOf(explanation)).equals(
      "the director itself replies: 12.11.0.101:81 > 12.11.0.77:1 TCP R., 40 bytes, ttl 64, DF",
    );
  });

  it("arrives where the way back leads, or where it is told to", () => {
    const words = "tcp 10.2.0.4:8080 > 10.1.0.1:40000 SA";
    expect(ask(words, told("nat_http", { until: 1 }).present).port).equals("eth1");
    expect(ask(`${words} on eth0`, told("nat_http", { until: 1 }).present).port).equals("eth0");
    expect(() => ask(`${words} on eth7`, told("nat_http", { until: 1 }).present)).throws(
      PacketError,
      `"on eth7": expected one of the director's interfaces, eth0, eth1`,
    );
  });

  it("carries a firewall mark if it is to", () => {
    const explanation = ask("tcp 10.1.0.1:1 > 10.1.0.100:80 S mark 9", told("nat_http", { until: 1 }).present);
    expect(explanation.events.find(({ kind }) => kind === "marked")).deep.equals({ kind: "marked", mark: 9 });
  });
});
