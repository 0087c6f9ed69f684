import { expect } from "chai";
import { DROP_SENTENCES } from "../../../../src/core/explain/sentences/drops.ts";
import { scheduledHead, sentence, verdictSentence } from "../../../../src/core/explain/sentences/sentences.ts";
import type { WalkEvent } from "../../../../src/core/trace/events.ts";
import { DROP_REASONS, type VerdictName } from "../../../../src/core/trace/verdict.ts";
import { CONNECTION, EXAMPLES, ip, SYN_FRAME } from "../examples.ts";

describe("sentences", () => {
  for (const [kind, examples] of Object.entries(EXAMPLES)) {
    it(`say what a ${kind} event is`, () => {
      for (const [event, words] of examples) expect(sentence(event)).equals(words);
    });
  }

  it("name every reason of a drop, its sentence and the kernel's function", () => {
    for (const { name, kernel } of DROP_REASONS) {
      const words = sentence({ kind: "verdict", verdict: name, kernel });
      expect(words).equals(`The end: dropped (${name}). ${DROP_SENTENCES[name]} In the kernel: ${kernel}.`);
    }
    expect(DROP_REASONS.length).greaterThan(40);
  });

  it("say who was picked without what the scheduler saw", () => {
    const [event] = EXAMPLES.scheduled[0] ?? [];
    expect(event && scheduledHead(event)).equals("The scheduler wlc picks 10.2.0.2:80.");
  });
});

const verdict = (name: VerdictName): WalkEvent => ({ kind: "verdict", verdict: name, kernel: "" });
const received: WalkEvent = { kind: "received", dev: "eth0", bytes: SYN_FRAME };
const sent: WalkEvent = { kind: "sent", dev: "eth1", bytes: SYN_FRAME };
const method: WalkEvent = { kind: "method", method: "Masq", destination: "10.2.0.2:8080" };
const opening: WalkEvent = {
  kind: "state",
  protocol: "TCP",
  direction: "input",
  event: "syn",
  before: "NONE",
  after: "SYN_RECV",
  timeoutSeconds: 60,
};
const scheduled: WalkEvent = { kind: "scheduled", scheduler: "rr", state: "", candidates: [], picked: "10.2.0.2:8080" };

const CASES: readonly (readonly [string, readonly WalkEvent[], string])[] = [
  [
    "a new connection",
    [
      received,
      { kind: "connection", found: "none" },
      scheduled,
      { kind: "created", connection: CONNECTION },
      opening,
      method,
      sent,
      verdict("sent"),
    ],
    "new connection by rr, NAT to 10.2.0.2:8080, NONE -> SYN_RECV; sent on eth1",
  ],
  [
    "a new connection under a template",
    [
      received,
      { kind: "template", what: "found", connection: CONNECTION },
      { kind: "created", connection: CONNECTION },
      method,
      sent,
      verdict("sent"),
    ],
    "new connection by its template, NAT to 10.2.0.2:8080; sent on eth1",
  ],
  [
    "a known connection's packet that waits",
    [
      received,
      { kind: "connection", found: "request", connection: CONNECTION },
      method,
      { kind: "neighbor", what: "awaited", address: ip("10.2.0.2"), mac: "", state: "" },
      verdict("parked"),
    ],
    "known connection, NAT to 10.2.0.2:8080; waits for the MAC address of 10.2.0.2",
  ],
  [
    "an answer",
    [
      received,
      { kind: "connection", found: "answer", connection: CONNECTION },
      { kind: "rewritten", what: "source", before: "10.2.0.2:8080", after: "10.1.0.100:80" },
      { ...opening, before: "ESTABLISHED", after: "ESTABLISHED" },
      sent,
      verdict("sent"),
    ],
    "reply of 10.2.0.2:8080, source becomes 10.1.0.100:80, ESTABLISHED; sent on eth1",
  ],
  [
    "a packet nobody may take",
    [
      received,
      { ...scheduled, picked: "" },
      { kind: "icmp", type: 3, code: 3, to: ip("10.1.0.1") },
      verdict("no-destination"),
    ],
    "rr picks no server; dropped (no-destination): The service has no usable real server; ICMP port unreachable to 10.1.0.1",
  ],
  [
    "plain forwarding",
    [
      received,
      { kind: "routed", destination: ip("10.2.0.9"), to: "forward", dev: "eth1", via: undefined },
      { kind: "connection", found: "no-answer" },
      sent,
      verdict("sent"),
    ],
    "plain forwarding to 10.2.0.9, sent on eth1",
  ],
  [
    "several fragments",
    [
      received,
      { kind: "connection", found: "request", connection: CONNECTION },
      method,
      sent,
      sent,
      { kind: "fragmented", pieces: [1024, 8] },
      verdict("sent"),
    ],
    "known connection, NAT to 10.2.0.2:8080; sent on eth1 in 2 fragments",
  ],
  ["a fragment", [received, verdict("held")], "a fragment; waits for the other fragments"],
  [
    "an answer of the host itself",
    [received, { kind: "host", what: "reset" }, sent, verdict("delivered")],
    "the director itself replies: 10.1.0.1:40000 > 10.1.0.100:80 TCP S, 40 bytes, ttl 64, DF",
  ],
  [
    "ARP",
    [
      received,
      { kind: "arp", operation: 2, sender: ip("10.1.0.100"), target: ip("10.1.0.1"), mac: "02:00:00:00:01:64" },
      verdict("delivered"),
    ],
    "the director answers ARP: 10.1.0.100 is at 02:00:00:00:01:64",
  ],
  ["what a timer sends", [sent], "sent on eth1: 10.1.0.1:40000 > 10.1.0.100:80 TCP S, 40 bytes, ttl 64, DF"],
  ["nothing at all", [], "nothing happened"],
];

describe("verdictSentence", () => {
  for (const [title, events, words] of CASES) {
    it(`tells ${title} in one line`, () => expect(verdictSentence(events)).equals(words));
  }

  it("names every reason of a drop", () => {
    for (const { name } of DROP_REASONS) {
      const words = DROP_SENTENCES[name].replace(/\.$/, "");
      expect(verdictSentence([received, verdict(name)])).equals(`dropped (${name}): ${words}`);
    }
  });
});
