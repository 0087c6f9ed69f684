/** Lesson 5: a tunnel takes 20 bytes, a link on the way has fewer still, and a firewall swallows the message about it. */
import { goal, type Lesson, type Report, type WorkFiles } from "./lesson.ts";
import { giveRules } from "./rules.ts";
import { Scene } from "./scene.ts";
import { Settings } from "./settings.ts";

const RULES = `-A -t 12.11.0.101:80 -s rr
-a -t 12.11.0.101:80 -r 172.16.1.2:80 -i
-a -t 12.11.0.101:80 -r 172.16.2.2:80 -i
`;

const NETWORK = `# On each real server: ip route replace default via ... mtu NUMBER. Nothing else is in your hands.
rs1.route_mtu = 1500
rs2.route_mtu = 1500
`;

/** Of the links behind the router. */
const LINK_MTU = 1400;
const OUTER_HEADER = 20;
/** Makes the request one packet of 1500 bytes, if the servers take such. */
const LONG_REQUEST = 1429;
const LARGEST = LINK_MTU - OUTER_HEADER;

export const tunnelMtu: Lesson = {
  number: 5,
  title: "The tunnel and the MTU",
  task: "short requests work, long ones hang: make both work",
  watch: "mode=tun&faults=black-hole&do=r0@0",
  text: `The real servers are in other networks. The director puts each packet for them whole into another packet: IP in IP.

    client 12.11.0.10   --+
    director 12.11.0.102 -+-- 12.11.0.254 router --- (MTU ${LINK_MTU}) --- rs1 172.16.1.2   VIP on tunl0
    VIP 12.11.0.101                              --- (MTU ${LINK_MTU}) --- rs2 172.16.2.2   VIP on tunl0

Pages come, but as soon as somebody sends a form with much text, the browser hangs. Two things meet here:

- A packet may be as long as the link's *MTU*, 1500 bytes on Ethernet. The outer header of the tunnel takes ${OUTER_HEADER} of them, and the
  links behind the router carry only ${LINK_MTU}.
- TCP sets DF, "don't fragment". A host that cannot pass such a packet on drops it and reports by ICMP "fragmentation needed" how
  much would fit, and the sender sends less. But the client's firewall lets no ICMP in, and it is not your firewall.

One more way to tell the client: when a connection begins, each side says how much data it takes in one packet (the *MSS*). A Linux server
says the MTU of its route to the client minus 40. So a smaller MTU there makes the *client* send smaller packets.

**To do:** choose the largest \`route_mtu\` in \`network.conf\` with which long requests arrive.`,
  files: { "network.conf": NETWORK },
  hints: [
    "How many bytes does the whole packet have behind the director, outer header included? How many fit through the last link?",
    `What the client sends may have ${LINK_MTU} bytes less the outer header.`,
    `${LINK_MTU} - ${OUTER_HEADER} = ${LARGEST}, on both servers.`,
  ],
  solution: { "network.conf": NETWORK.replaceAll("1500", String(LARGEST)) },
  why: `${LARGEST} bytes and the outer header of ${OUTER_HEADER} make ${LINK_MTU}. The clean cure is to let ICMP type 3 code 4 pass every
firewall: then hosts find out by themselves, and IPVS passes the router's message about the tunnel's packet on to the client as one about
its own. Where that is out of reach, a smaller MSS helps for TCP: ip route ... mtu ${LARGEST}, or advmss ${LARGEST - 40}.`,
  check,
};

function check(files: WorkFiles): Report {
  const settings = new Settings(files, "network.conf");
  const mtus: Readonly<Record<string, number>> = {
    rs1: settings.number("rs1.route_mtu", 576, 1500),
    rs2: settings.number("rs2.route_mtu", 576, 1500),
  };
  settings.done();
  const scene = new Scene("tun", { faults: ["black-hole"] });
  for (const { name, stack } of scene.servers)
    stack.ip.learnPathMtu(stack.addresses.of(scene.client.address), mtus[name] ?? 0);
  giveRules(scene.director, { rules: RULES }, "rules");
  scene.visitInTurn(2);
  scene.visitInTurn(2, { padding: LONG_REQUEST });
  const [first, second, third, fourth] = scene.visits.map(({ program }) => program.end.kind === "answered");
  const given = Object.values(mtus);
  return {
    exhibits: scene.story(),
    goals: [
      goal("Both short visits are answered.", first === true && second === true, "See above where they were lost."),
      goal(
        "Both long visits (3 and 4) are answered.",
        third === true && fourth === true,
        `Add up: the client's packet of ${Math.max(...given)} bytes and the outer header of ${OUTER_HEADER}; the last link carries ${LINK_MTU}.`,
      ),
      goal(
        "No packet is smaller than it has to be.",
        given.every((mtu) => mtu >= LARGEST),
        `It works, but more fits than ${Math.min(...given)} bytes.`,
      ),
    ],
  };
}
