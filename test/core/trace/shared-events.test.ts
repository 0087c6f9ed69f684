import { expect } from "chai";
import type { WalkEvent } from "../../../src/core/trace/events.ts";
import { SharedEvents } from "../../../src/core/trace/shared-events.ts";
import { AF_INET, AF_INET6, ipv4 } from "../../../src/core/wire/address.ts";

/** Each way to make an event, by what varies: a hundred different ones, of which many have to share a place. */
const MAKERS: Readonly<Record<string, (shared: SharedEvents, number: number) => WalkEvent>> = {
  routed: (shared, number) => shared.routed(ADDRESSES[number] ?? ZERO, "forward", "eth1", undefined),
  "routed by a next hop": (shared, number) => shared.routed(ZERO, "forward", "eth1", ADDRESSES[number]),
  "routed by a port": (shared, number) => shared.routed(ZERO, "forward", `eth${number}`, undefined),
  neighbor: (shared, number) => shared.usedNeighbor(ADDRESSES[number] ?? ZERO, "02:00:00:00:00:01", "REACHABLE"),
  "neighbor's MAC": (shared, number) => shared.usedNeighbor(ZERO, `mac ${number}`, "STALE"),
  "neighbor's state": (shared, number) => shared.usedNeighbor(ZERO, "02:00:00:00:00:01", `state ${number}`),
  method: (shared, number) => shared.method("Masq", `10.2.0.${number}:80`, number & 7),
  "method's name": (shared, number) => shared.method(`method ${number}`, "10.2.0.2:80", 1),
  state: (shared, number) => shared.state("TCP", "input", `event ${number}`, "SYN_RECV", "ESTABLISHED", 900),
  "state before": (shared, number) => shared.state("TCP", "input", "ack", `state ${number}`, "ESTABLISHED", 900),
  "state after": (shared, number) => shared.state("TCP", "input", "ack", "SYN_RECV", `state ${number}`, 900),
  "state's protocol": (shared, number) => shared.state(`${number}`, "input", "ack", "SYN_RECV", "ESTABLISHED", 900),
  "state's direction": (shared, number) => shared.state("TCP", `${number}`, "ack", "SYN_RECV", "ESTABLISHED", 900),
  "state's timeout": (shared, number) => shared.state("TCP", "input", "ack", "SYN_RECV", "ESTABLISHED", number / 100),
  ttl: (shared, number) => shared.ttl(number % 2 === 0 ? AF_INET : AF_INET6, 2 + (number >> 1)),
  mtu: (shared, number) => shared.mtu(AF_INET, 40 + number, 1500, true, true),
  "mtu itself": (shared, number) => shared.mtu(AF_INET, 1500, 1280 + number, true, true),
  "mtu and what fits": (shared, number) =>
    shared.mtu((number & 1) === 0 ? AF_INET : AF_INET6, number >> 3, 1500, (number & 2) === 0, (number & 4) === 0),
  rewritten: (shared, number) => shared.rewritten("destination", "10.1.0.100:80", `10.2.0.${number}:80`, number & 7),
  "rewritten before": (shared, number) => shared.rewritten("source", `10.2.0.${number}:80`, "10.1.0.100:80", 1),
  "rewritten what": (shared, number) =>
    shared.rewritten(number % 2 === 0 ? "source" : "destination", `${number >> 1}`, "", 1),
};

const MANY = 100;
const ZERO = ipv4(0);
const ADDRESSES = Array.from({ length: MANY }, (_, number) => ipv4(0x0a020000 + number * 77));

describe("events that are shared", () => {
  for (const [name, make] of Object.entries(MAKERS)) {
    it(`say what they are to say, whatever was said before: ${name}`, () => {
      const shared = new SharedEvents();
      const fresh = Array.from({ length: MANY }, (_, number) => JSON.stringify(make(new SharedEvents(), number)));
      expect(new Set(fresh).size).equals(MANY);
      for (const numbers of [fresh.keys(), [...fresh.keys()].toReversed()])
        for (const number of numbers) {
          const event = make(shared, number);
          expect(JSON.stringify(event)).equals(fresh[number]);
          expect(make(shared, number), "said again").equals(event);
        }
    });
  }

  it("have the shape that is documented, and nothing else", () => {
    const shared = new SharedEvents();
    const to = ipv4(0x0a020002);
    expect(shared.routed(to, "local", "lo", undefined)).deep.equals({
      kind: "routed",
      destination: to,
      to: "local",
      dev: "lo",
      via: undefined,
    });
    expect(shared.ttl(AF_INET, 64)).deep.equals({ kind: "ttl", family: AF_INET, before: 64, after: 63 });
  });
});
