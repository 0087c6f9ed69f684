/** Lesson 4: a real server of direct routing that answers ARP for the virtual address. */
import { factsOf } from "../explain/decode/facts.ts";
import type { HostOptions } from "../simulator/host.ts";
import { VIRTUAL_ADDRESS } from "../simulator/layout.ts";
import { formatAddress, sameAddress } from "../wire/address.ts";
import { ARP_REQUEST } from "../wire/arp.ts";
import { macText } from "../wire/ethernet.ts";
import { goal, type Lesson, type Report, sentences, type WorkFiles } from "./lesson.ts";
import { giveRules } from "./rules.ts";
import { Scene } from "./scene.ts";
import { Settings } from "./settings.ts";

const RULES = `-A -t 12.11.0.101:80 -s rr
-a -t 12.11.0.101:80 -r 12.11.0.103:80 -g
-a -t 12.11.0.101:80 -r 12.11.0.104:80 -g
`;

const NETWORK = `# On each real server: sysctl net.ipv4.conf.all.arp_ignore and net.ipv4.conf.all.arp_announce.
rs1.arp_ignore   = 0
rs1.arp_announce = 0
rs2.arp_ignore   = 1
rs2.arp_announce = 2
`;

const VISITS = 4;

export const arpProblem: Lesson = {
  number: 4,
  title: "Direct routing and the ARP problem",
  task: "get the traffic back to a director that sees none of it",
  watch: "mode=dr&faults=arp&do=r0@0",
  text: `Everybody is on one segment. With direct routing the director changes nothing in a packet but the Ethernet address: the
real server gets a packet for 12.11.0.101 and must take it. So each real server has the virtual address, too, on \`lo\`.

    client   12.11.0.10  --+-- 12.11.0.102 director   VIP 12.11.0.101
                           +-- 12.11.0.103 rs1        VIP 12.11.0.101 on lo
                           +-- 12.11.0.104 rs2        VIP 12.11.0.101 on lo

Since yesterday rs2 is idle and rs1 is hot; \`ipvsadm -Ln\` on the director counts nothing at all. Yesterday rs1 was
reinstalled.

Three hosts have the address 12.11.0.101, but only one may say so. Linux, left alone, answers ARP for any address it has, on any
interface. Two settings change that:

| setting | it answers "who has 12.11.0.101?" | as sender of its own questions it names |
| --- | --- | --- |
| \`arp_ignore = 0\` | yes, whichever interface has the address | |
| \`arp_ignore = 1\` | only if the interface that was asked has it; nobody asks \`lo\` | |
| \`arp_announce = 0\` | | the source of the packet to be sent, even if that is 12.11.0.101 |
| \`arp_announce = 2\` | | always an address of the interface that the question leaves by |

**To do:** repair \`network.conf\`.`,
  files: { "network.conf": NETWORK },
  hints: [
    "Look at what ARP tells the client. Whose Ethernet address stands for 12.11.0.101? (02:00 and the IP address: 0c:0b:00:67 is 12.11.0.103.)",
    "Compare rs1 with rs2. One of the settings stops answers, the other one stops questions that give the address away.",
    "rs1.arp_ignore = 1 and rs1.arp_announce = 2: both are needed.",
  ],
  solution: {
    "network.conf": NETWORK.replace("rs1.arp_ignore   = 0", "rs1.arp_ignore   = 1").replace(
      "rs1.arp_announce = 0",
      "rs1.arp_announce = 2",
    ),
  },
  why: `arp_ignore keeps a server from answering for the virtual address, arp_announce from naming it when it asks for somebody
else: an ARP request tells who asks, and everybody who knows that address already notes the new place. Set both before the address is
put on lo; otherwise a neighbour may have learnt it already. Note also that direct routing cannot change the port, and that answers never
pass the director: it sees only half of each connection.`,
  check,
};

function check(files: WorkFiles): Report {
  const settings = new Settings(files, "network.conf");
  const sysctl = (name: string) => ({
    "net.ipv4.conf.all.arp_ignore": settings.number(`${name}.arp_ignore`, 0, 2),
    "net.ipv4.conf.all.arp_announce": settings.number(`${name}.arp_announce`, 0, 2),
  });
  const byName: Readonly<Record<string, HostOptions["sysctl"]>> = { rs1: sysctl("rs1"), rs2: sysctl("rs2") };
  settings.done();
  const scene = new Scene("dr", { server: (options) => ({ ...options, sysctl: byName[options.name] ?? {} }) });
  giveRules(scene.director, { rules: RULES }, "rules");
  scene.visitInTurn(VISITS);
  const passed = throughDirector(scene);
  const said = announcements(scene);
  return {
    exhibits: [
      ...scene.story(),
      sentences(
        "What ARP says about 12.11.0.101",
        said.map(({ text }) => text),
      ),
      scene.listing("-Lnc"),
    ],
    goals: [
      goal("Every visit is answered.", scene.allAnswered, "See above where it was lost."),
      goal(
        `The director sees all ${VISITS} connections.`,
        passed === VISITS,
        `It sees ${passed}. The others went straight to a real server, because ARP had told the client that the address is there.`,
      ),
      goal(
        "Only the director says that it has 12.11.0.101.",
        said.every(({ by }) => by === "director"),
        advice(said.filter(({ by }) => by !== "director").map(({ text }) => text)),
      ),
    ],
  };
}

function advice(betrayals: readonly string[]): string {
  return betrayals.some((text) => text.includes("answers"))
    ? "A real server answers for it: that is what arp_ignore is about."
    : "A real server no longer answers for it, but still gives it away in its own questions: that is what arp_announce is about.";
}

/** Connections that the director got to see. */
const throughDirector = ({ directorEvents }: Scene): number =>
  directorEvents.filter(({ kind }) => kind === "created").length;

/** Everything that ARP tells about the virtual address, and to whom it points. */
function announcements({ network }: Scene): { readonly by: string; readonly text: string }[] {
  return network.hops.flatMap((hop) => {
    const arp = factsOf(hop.bytes)?.arp;
    if (arp === undefined || !sameAddress(arp.senderIp, VIRTUAL_ADDRESS)) return [];
    const how =
      arp.operation === ARP_REQUEST
        ? `asks who has ${formatAddress(arp.targetIp)}, and names 12.11.0.101 as its own`
        : "answers: it is";
    return [
      { by: hop.from, text: `${(hop.time / 1e6).toFixed(4)} s: ${hop.from} ${how} at ${macText(arp.senderMac)}.` },
    ];
  });
}
