import { expect } from "chai";
import { follow } from "../../../../src/core/explain/flow.ts";
import { decisionsOf } from "../../../../src/core/explain/headlines/decisions.ts";
import { endingOf, seenByDirector } from "../../../../src/core/explain/headlines/ending.ts";
import { type Headline, headlineOf } from "../../../../src/core/explain/headlines/headline.ts";
import { type FaultName, faultOf, faultsOf } from "../../../../src/core/simulator/faults.ts";
import { MODES, type Mode } from "../../../../src/core/simulator/layout.ts";
import { buildTopology, request, type Topology } from "../../../../src/core/simulator/topologies.ts";
import { AF_INET, AF_INET6, type Family } from "../../../../src/core/wire/address.ts";

interface Told {
  readonly topology: Topology;
  readonly headlines: readonly Headline[];
  readonly ending: string;
}

function told(mode: Mode, fault?: FaultName, family: Family = AF_INET): Told {
  const topology = buildTopology(mode, { family, faults: fault === undefined ? [] : [fault] });
  const { hops } = topology.network;
  const client = request(topology, fault === undefined ? 0 : (faultOf(fault, mode, family)?.padding ?? 0));
  topology.network.run();
  const headlines = follow(hops).map((step) => headlineOf(topology, step));
  return { topology, headlines, ending: endingOf(topology, client.end, hops) };
}

const textsOf = ({ headlines }: Told): string[] => headlines.map(({ text }) => text);

describe("headlines", () => {
  for (const mode of MODES) {
    it(`tell in ${mode} who does what with every frame, and that nothing breaks`, () => {
      const { headlines } = told(mode);
      expect(headlines.length).greaterThan(15);
      for (const { text, breaks, detail } of headlines) {
        expect(text).matches(/^(The (client|director|router)|rs\d) [a-z]+s\b/);
        expect(text).not.matches(/undefined|NaN/);
        expect(detail).not.equals("");
        expect(breaks, text).equals(false);
      }
    });
  }

  it("say of each method what the director does, and where the reply goes", () => {
    expect(textsOf(told("nat")))
      .include("rs1 replies through the director, its gateway.")
      .and.include("The director knows the connection and rewrites the destination to rs1, 172.16.1.2:80.");
    expect(textsOf(told("dr"))).include(
      "The client replies by ARP. Now rs1 replies straight to the client. The director never sees it.",
    );
    expect(textsOf(told("tun"))).include("rs1 replies through the router to the client. The director never sees it.");
    expect(textsOf(told("fullnat"))).include("rs1 replies to 172.16.1.100, an address of the director.");
  });

  it("say who has the virtual address and must not reply for it, and which setting keeps it silent", () => {
    const [first] = textsOf(told("dr"));
    expect(first).includes("rs1 and rs2 have it too, on lo, but must not reply: arp_ignore is 1.");
    expect(textsOf(told("dr"))).include(
      "rs1 asks by ARP: who has 12.11.0.10? The client replies. It asks as 12.11.0.103, not as 12.11.0.101: arp_announce is 2.",
    );
  });

  for (const mode of MODES) {
    for (const family of [AF_INET, AF_INET6] as const) {
      for (const { name, title } of faultsOf(mode, family)) {
        if (family === AF_INET6 && mode === "fullnat") continue;
        it(`find where it breaks in ${mode}${family === AF_INET ? "" : " in IPv6"}: ${title}`, () => {
          expect(told(mode, name, family).headlines.some(({ breaks }) => breaks)).equals(true);
        });
      }
    }
  }

  it("name the moment from which it goes wrong", () => {
    const culprit = (of: Told): string => of.headlines.find(({ breaks }) => breaks)?.text ?? "";
    expect(culprit(told("dr", "arp"))).includes("From now on the client sends straight to rs1, past the director.");
    expect(culprit(told("nat", "gateway"))).includes("rs1 replies past the director, from its own address 172.16.1.2.");
    expect(culprit(told("nat", "dead"))).includes("Nobody replies: rs1 is dead.");
    expect(textsOf(told("nat", "gateway"))).include("The client refuses it: it never called 172.16.1.2.");
    expect(textsOf(told("dr", "arp"))).include(
      "The client's SYN goes straight to rs1. The director never sees it, so nothing is balanced.",
    );
  });
});

describe("the ending", () => {
  it("says how much of the connection the director saw", () => {
    expect(told("nat").ending).includes("The director saw 8 of 8 packets.");
    expect(told("dr").ending).includes("The director saw 5 of 8 packets: the replies went past it.");
    expect(told("dr", "arp").ending).includes("The director saw 0 packets of this connection: nothing was balanced.");
  });

  it("counts a packet once, however many hops it takes", () => {
    const { topology } = told("tun");
    expect(seenByDirector(topology, topology.network.hops)).deep.equals({ packets: 8, byDirector: 5 });
  });
});

describe("decisions", () => {
  const asked = (mode: Mode, fault?: FaultName): string[] => {
    const { topology } = told(mode, fault);
    return follow(topology.network.hops).flatMap((step) =>
      decisionsOf(topology, step).map(({ kind, choices, right }) => `${kind}: ${choices[right]}`),
    );
  };

  it("are asked with what they will be", () => {
    expect(asked("nat")).deep.equals([
      "reply: only the director",
      "pick: rs1",
      "change: the destination address",
      "route: back through the director",
      "client: accepts it",
    ]);
    expect(asked("dr")).deep.equals([
      "reply: only the director",
      "pick: rs1",
      "change: only the MAC addresses",
      "route: past the director",
      "client: accepts it",
    ]);
    expect(asked("tun")).include("change: nothing: it wraps the packet");
    expect(asked("fullnat")).include("change: both addresses");
  });

  it("come out otherwise where something is wrong", () => {
    expect(asked("dr", "arp")[0]).equals("reply: the director and a real server");
    expect(asked("nat", "gateway")).include("client: refuses it with a reset");
    expect(asked("tun", "rp-filter")).include("route: it sends none");
  });
});
