/** Lesson 3: the answers of a NAT server that do not come back to the director. */
import type { HostOptions } from "../simulator/host.ts";
import { defaultRoute, ip } from "../simulator/layout.ts";
import { type Address, ANY, formatAddress, sameAddress } from "../wire/address.ts";
import { goal, type Lesson, type Report, type WorkFiles } from "./lesson.ts";
import { giveRules } from "./rules.ts";
import { Scene } from "./scene.ts";
import { Settings } from "./settings.ts";

const OTHER_ROUTER = ip(172, 16, 1, 254);

const RULES = `-A -t 12.11.0.101:80 -s rr
-a -t 12.11.0.101:80 -r 172.16.1.2:80 -m
-a -t 12.11.0.101:80 -r 172.16.1.3:80 -m
`;

const NETWORK = `# The default gateways of the real servers, as \`ip route\` shows them on each.
rs1.gateway = 172.16.1.1
rs2.gateway = 172.16.1.254
`;

export const wrongGateway: Lesson = {
  number: 3,
  title: "NAT and the wrong gateway",
  task: "find out why every second visitor gets no page, and put it right",
  watch: "mode=nat&faults=gateway&do=r0@0",
  text: `The service of lesson 1 is up, but every second visitor complains. \`ipvsadm -Ln\` looks perfect. A colleague says: "From rs2
I can ping the client, so the network is fine."

    client 12.11.0.10 --+-- 12.11.0.1   director 172.16.1.1   --+-- rs1 172.16.1.2
                        |   VIP 12.11.0.101                     +-- rs2 172.16.1.3
                        +-- 12.11.0.254 router   172.16.1.254 --+

With NAT the director changes the *destination* of a request from 12.11.0.101 to the real server. The server replies from its
own address, 172.16.1.3, and somebody has to change that back into 12.11.0.101 before the client sees it.

**To do:** run the check first and look at what becomes of the visits. Then repair \`network.conf\`; the rules are right.

\`tapvs explain nat\` shows how it should go, packet by packet.`,
  files: { "network.conf": NETWORK },
  hints: [
    "Who sends the reset in the report, and from which address came the packet that it resets?",
    "The client called 12.11.0.101. It gets a reply from 172.16.1.3, whom it never called. The reply went past the director.",
    "A real server sends its answers to its default gateway. With NAT that has to be the director: 172.16.1.1.",
  ],
  solution: { "network.conf": NETWORK.replace("172.16.1.254", "172.16.1.1") },
  why: `With NAT both directions must pass the director, so it is the default gateway of every real server. On Linux: ip route
replace default via 172.16.1.1. That rs2 could ping the client proves only that there is some way, not that it is the right one.
The same happens if client and servers are in one network: then they talk directly, whatever the gateway.`,
  check,
};

function check(files: WorkFiles): Report {
  const settings = new Settings(files, "network.conf");
  const gateways: Readonly<Record<string, Address>> = {
    rs1: settings.address("rs1.gateway"),
    rs2: settings.address("rs2.gateway"),
  };
  settings.done();
  const server = (options: HostOptions): HostOptions => ({
    ...options,
    routes: defaultRoute(gateways[options.name] ?? ANY),
  });
  const scene = new Scene("nat", { faults: ["gateway"], server });
  giveRules(scene.director, { rules: RULES }, "rules");
  scene.visitInTurn(4);
  return {
    exhibits: [...scene.story(), scene.listing("-Lnc")],
    goals: ["rs1", "rs2"].map((name) =>
      goal(`Two visits are answered by ${name}.`, scene.share(name) === 2, advice(name, gateways[name] ?? ANY)),
    ),
  };
}

function advice(name: string, gateway: Address): string {
  const shown = formatAddress(gateway);
  return sameAddress(gateway, OTHER_ROUTER)
    ? `${name} sends its answers to ${shown}. From there they do reach the client, but from which address? Who should have changed it?`
    : `${name} sends its answers to ${shown}, and nobody there passes them on. The drawing shows who could.`;
}
