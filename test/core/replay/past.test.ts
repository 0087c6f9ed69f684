import { expect } from "chai";
import { runIpvsadm } from "../../../src/core/control/interpreter.ts";
import type { Explanation } from "../../../src/core/explain/explanation.ts";
import { explanationJson } from "../../../src/core/explain/explanation.ts";
import { plainLine } from "../../../src/core/explain/styled.ts";
import { briefText, otherStoryText, walkText } from "../../../src/core/explain/walk-text.ts";
import { told, toldLab } from "../explain/recordings.ts";

const numbered = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

function explanationAt(name: string, number: number): Explanation {
  const [story] = told(name, { only: number, until: number }).stories;
  if (story?.kind !== "walk") throw new Error(`frame ${number} of ${name} did not arrive`);
  return story.explanation;
}

describe("the past of a director", () => {
  for (const lab of ["nat", "dr", "tun"]) {
    it(`tells every frame of the ${lab} lab, and finds for each that was sent the one that made the director send it`, () => {
      const { stories } = toldLab(lab);
      expect(stories.map(({ number }) => number)).deep.equals(numbered(stories.length));
      const causes = stories.flatMap((story) =>
        story.kind === "sent" ? [{ number: story.number, cause: story.cause }] : [],
      );
      expect(causes.length).greaterThan(50);
      for (const { number, cause } of causes) {
        expect(cause, `frame ${number}`).not.equals(undefined);
        expect(cause).lessThan(number);
      }
      expect(stories.filter(({ kind }) => kind === "passed-over").map(({ number }) => number)).deep.equals([]);
    });
  }

  it("finds the cause of every frame of a transcript that the kernel sent", () => {
    for (const name of ["nat_http", "tun_mtu", "nat_fragments", "icmp_errors_tun", "arp", "not_ours"]) {
      const { stories } = told(name);
      const sent = stories.filter((story) => story.kind === "sent");
      expect(sent.length, name).greaterThan(0);
      for (const story of sent) expect(story.kind === "sent" && story.cause, `${name} ${story.number}`).is.a("number");
    }
  });

  it("tells one frame as it tells it among all", () => {
    const all = told("nat_http").stories;
    for (const story of all)
      expect(told("nat_http", { only: story.number }).stories.at(0)?.number).equals(story.number);
    const [fifth] = told("nat_http", { only: 5, until: 5 }).stories;
    expect(fifth?.kind === "walk" && explanationJson(fifth.explanation)).deep.equals(
      all[4]?.kind === "walk" && explanationJson(all[4].explanation),
    );
  });

  it("ends where it is told to", () => {
    const listing = (until: number): string =>
      runIpvsadm(["-Lnc"], { server: told("nat_http", { until }).present.server }).out;
    expect(listing(1)).includes("SYN_RECV");
    expect(listing(5)).includes("ESTABLISHED");
    expect(toldLab("nat", { until: 3 }).stories.length).equals(3);
  });
});

describe("an explanation", () => {
  it("compares what was sent with what came, and leaves alone what the director made itself", () => {
    const request = explanationAt("nat_http", 1);
    expect(request.verdict).equals("sent");
    const fields = request.sent[0]?.fields ?? [];
    expect(fields.find(({ layer, field }) => layer === "IPv4" && field === "destination")).deep.equals({
      layer: "IPv4",
      field: "destination",
      before: "10.1.0.100",
      after: "10.2.0.4",
    });
    const refused = explanationAt("not_ours", 1);
    expect(refused.verdict).equals("delivered");
    expect(refused.sent.map(({ fields: compared }) => compared)).deep.equals([undefined]);
    const arp = explanationAt("arp", 1);
    expect(arp.sent.map(({ fields: compared }) => compared)).deep.equals([undefined]);
  });

  it("is told in lines no wider than asked for, but for frames and candidates", () => {
    for (const story of told("persistence").stories) {
      if (story.kind !== "walk") continue;
      const lines = walkText(story.explanation, 90).map(plainLine);
      expect(lines[0]).matches(/^packet \d+ /);
      for (const line of lines.filter((text) => /^ {2,4}\d|unchanged/.test(text))) expect(line.length).lessThan(91);
      expect(lines.at(-1)).matches(/The end|In the kernel|later|^ {6}/);
    }
  });

  it("shows what the scheduler saw, the picked one marked, and the fields before and after", () => {
    const lines = walkText(explanationAt("nat_http", 1)).map(plainLine);
    expect(lines.filter((line) => line.includes("-> 10.2.0.4:8080  weight 1"))).lengthOf(1);
    expect(lines.filter((line) => /^ {9}10\.2\.0\.[23]:8080 {2}weight 1/.test(line))).lengthOf(2);
    expect(lines).includes("      TCP destination port  80                 -> 8080");
    expect(lines.some((line) => line.includes("unchanged: Ethernet type, IPv4 source"))).equals(true);
  });

  it("names the reason of a drop and the kernel's function", () => {
    const { stories } = told("ttl");
    const dropped = stories.find((story) => story.kind === "walk" && story.explanation.verdict === "ttl-exceeded");
    const lines = dropped?.kind === "walk" ? walkText(dropped.explanation, 200).map(plainLine) : [];
    expect(lines.find((line) => line.includes("=>"))).includes(
      "The end: dropped (ttl-exceeded). The TTL ran out. In the kernel: ",
    );
  });

  it("has a line for each packet, and for each that the director sent", () => {
    const lines = told("nat_http").stories.map((story) =>
      plainLine(story.kind === "walk" ? briefText(story.explanation) : otherStoryText(story)),
    );
    expect(lines[0]).equals(
      "    1     0.075597  eth0  10.1.0.1:40000 > 10.1.0.100:80 TCP S  => new connection by rr, NAT to 10.2.0.4:8080, NONE -> SYN_RECV; sent on eth1",
    );
    expect(lines[1]).equals(
      "    2     0.076442  eth1  10.1.0.1:40000 > 10.2.0.4:8080 TCP S  => the director sent it because of packet 1",
    );
  });

  it("tells of connections that expire before the next packet", () => {
    const { stories } = told("timeouts_and_expiry");
    const sentences = JSON.stringify(
      stories.map((story) => (story.kind === "walk" ? explanationJson(story.explanation) : {})),
    );
    expect(sentences).includes("A connection expired in the state");
  });
});
