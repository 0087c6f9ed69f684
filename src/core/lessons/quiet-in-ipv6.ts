/** Lesson 13: direct routing in IPv6, and the interface that has the virtual address. */
import { factsOf } from "../explain/decode/facts.ts";
import { alone, type HostOptions } from "../simulator/host.ts";
import { type Address, AF_INET6, sameAddress } from "../wire/address.ts";
import { macText } from "../wire/ethernet.ts";
import { goal, type Lesson, type Report, sentences, type WorkFiles } from "./lesson.ts";
import { giveRules } from "./rules.ts";
import { Scene } from "./scene.ts";
import { Settings } from "./settings.ts";

const RULES = `-A -t [fd00:11::101]:80 -s rr
-a -t [fd00:11::101]:80 -r [fd00:11::103]:80 -g
-a -t [fd00:11::101]:80 -r [fd00:11::104]:80 -g
`;

const NETWORK = `# On each real server: the interface that has fd00:11::101/128, lo or eth0.
rs1.vip_dev = eth0
rs2.vip_dev = lo
`;

const DEVICES = ["lo", "eth0"] as const;
const VISITS = 4;

export const quietInIpv6: Lesson = {
  number: 13,
  title: "Direct routing in IPv6",
  task: "make connections hold that begin at one host and are reset by another",
  watch: "mode=dr&family=ipv6&faults=nodad&do=r0@0",
  text: `The network of lesson 4, in IPv6. Each real server has the virtual address, or it would not take the packets.

    client   fd00:11::10  --+-- fd00:11::102 director   VIP fd00:11::101
                            +-- fd00:11::103 rs1        VIP fd00:11::101 on ?
                            +-- fd00:11::104 rs2        VIP fd00:11::101 on ?

A colleague looked for \`arp_ignore\` in IPv6, found none, and put the address where it seemed to belong. It did not work, so
he switched duplicate address detection off (\`nodad\`). Now connections begin and are reset.

In IPv6 nobody asks by ARP. A host *solicits* a neighbor by ICMPv6, and the neighbor *advertises* itself. Linux is stricter here than
with ARP:

| | IPv4 | IPv6 |
| --- | --- | --- |
| answers for an address | on all interfaces (\`arp_ignore\`) | only on the interface that has it |
| asks in its name | on all interfaces (\`arp_announce\`) | only on the interface that has it |
| looks for a duplicate | no | on the interface that has it; not on \`lo\` |

**To do:** repair \`network.conf\`.`,
  files: { "network.conf": NETWORK },
  hints: [
    "Who advertises fd00:11::101 to the client? There should be one, and the client believes whom it hears last.",
    "Compare rs1 with rs2. Nobody on the segment can solicit what is on lo.",
    "rs1.vip_dev = lo. No sysctl is needed.",
  ],
  solution: { "network.conf": NETWORK.replace("rs1.vip_dev = eth0", "rs1.vip_dev = lo") },
  why: `In IPv6 an address belongs to an interface. On lo it makes the host take packets for it, and nothing else: no advertisement,
no solicitation in its name, no duplicate that could be found. On eth0 duplicate address detection would have found the director and
disabled the address (ip address shows dadfailed): switching that off takes the warning away, not the mistake.`,
  check,
};

function check(files: WorkFiles): Report {
  const settings = new Settings(files, "network.conf");
  const device = (name: string): string => settings.answerWords(`${name}.vip_dev`, DEVICES, 1)[0] ?? "";
  const devices: Readonly<Record<string, string>> = { rs1: device("rs1"), rs2: device("rs2") };
  settings.done();
  const scene = new Scene("dr", {
    family: AF_INET6,
    server: (options) => withAddressOn(options, devices[options.name] ?? ""),
  });
  giveRules(scene.director, { rules: RULES }, "rules");
  scene.visitInTurn(VISITS);
  const said = advertisements(scene, scene.virtualAddress);
  return {
    exhibits: [
      ...scene.story(),
      sentences(
        "Who advertises fd00:11::101",
        said.map(({ text }) => text),
      ),
      scene.listing("-Lnc"),
    ],
    goals: [
      goal("Every visit is answered.", scene.allAnswered, "See above who refused it, and to whom it was sent before."),
      goal(
        "Only the director advertises fd00:11::101.",
        said.every(({ by }) => by === "director"),
        "A real server does so, too: on which interface is it asked?",
      ),
      goal(
        "Both real servers answer.",
        ["rs1", "rs2"].every((name) => scene.share(name) > 0),
        "One of them does not take packets for fd00:11::101: has it the address at all?",
      ),
    ],
  };
}

/** The host with its virtual address on this interface instead of `lo`; without one if the name is empty. */
function withAddressOn({ loopback = [], ...options }: HostOptions, device: string): HostOptions {
  if (device === "lo") return { ...options, loopback };
  const [first, ...others] = options.interfaces;
  if (device === "" || first === undefined) return options;
  const addresses = [...first.addresses, ...loopback.map(alone)];
  return { ...options, interfaces: [{ ...first, addresses }, ...others] };
}

/** What neighbor discovery tells about an address, and to whom it points. */
function advertisements({ network }: Scene, address: Address): { readonly by: string; readonly text: string }[] {
  return network.hops.flatMap((hop) => {
    const facts = factsOf(hop.bytes);
    const transport = facts?.ip?.transport;
    const discovery = transport?.kind === "icmp" ? transport.discovery : undefined;
    if (facts === undefined || discovery === undefined || discovery.asks) return [];
    if (!sameAddress(discovery.target, address)) return [];
    const mac = macText(discovery.mac ?? facts.sourceMac);
    return [{ by: hop.from, text: `${(hop.time / 1e6).toFixed(4)} s: ${hop.from} advertises it at ${mac}.` }];
  });
}
