/** Lesson 8: full NAT, the local addresses and ports that it needs, and the option that says who the client was. */

import { follow } from "../explain/flow.ts";
import { TOA_KIND } from "../ipvs/forwarding/toa.ts";
import type { Hop } from "../simulator/network.ts";
import { ANY, formatEndpoint, ipv4 } from "../wire/address.ts";
import { ETHERNET_HEADER } from "../wire/ethernet.ts";
import { headerLength } from "../wire/ipv4.ts";
import { findOption } from "../wire/tcp-options.ts";
import { goal, type Lesson, listing, type Report, type WorkFiles } from "./lesson.ts";
import { giveRules } from "./rules.ts";
import { Scene } from "./scene.ts";
import { Settings } from "./settings.ts";

const GIVEN = `-A -t 12.11.0.101:80 -s rr
-a -t 12.11.0.101:80 -r 172.16.2.2:80 -b
-a -t 12.11.0.101:80 -r 172.16.2.3:80 -b
`;

const RIGHT = `-A -t 12.11.0.101:80 -s rr --toa dpvs
-P -t 12.11.0.101:80 -z 172.16.1.100
-a -t 12.11.0.101:80 -r 172.16.2.2:80 -b
-a -t 12.11.0.101:80 -r 172.16.2.3:80 -b
`;

const QUESTION = `# How many connections can be open at once, with one local address and the two real servers?
connections =
`;

/** The ports of one local address, towards one real server. */
const PORTS = 65_535 - 5000 + 1;

export const fullnatToa: Lesson = {
  number: 8,
  title: "FULLNAT: local ports, and who the client was",
  task: "give the director a local address, and tell the servers who asks",
  watch: "mode=fullnat&do=r0@0",
  text: `The servers stand in another network, behind a router that is not yours, and know no path to the clients:

    client  12.11.0.10 --+-- 12.11.0.1 director 172.16.1.1 --- router ---+--- rs1 172.16.2.2
    client2 12.11.0.11 --+   12.11.0.101                                 +--- rs2 172.16.2.3

FULLNAT (\`-b\`; not in Linux itself, but in alibaba/LVS and DPVS) changes both ends of a packet: the destination into the
real server, as NAT does, and the *source* into a local address of the director. So replies come back to the director, wherever the server is.

- \`-P -t SERVICE -z ADDRESS\` gives a service a local address. 172.16.1.100 is set aside for it; the director will answer ARP for it.
- Many connections share that address, so each gets a *local port*: 5000, 5001, ... up to 65535, and then again from 5000. Towards each
  real server a port can be in use once.
- Now every request in the servers' logs comes from 172.16.1.100. With \`--toa dpvs\` behind \`-A\` the director puts a TCP option
  (number 254) into the first packets, with the client's address and port; a module on the server reads it.

**To do:** add what is missing in \`rules.ipvs\`, and answer the question in \`answers.txt\`.`,
  files: { "rules.ipvs": GIVEN, "answers.txt": QUESTION },
  hints: [
    "Two changes: a line with -P behind the one with -A, and something at the end of the line with -A.",
    "-P -t 12.11.0.101:80 -z 172.16.1.100, and --toa dpvs.",
    "From 5000 to 65535 there are 65535 - 5000 + 1 ports. The same port may be in use towards rs1 and towards rs2 at once.",
  ],
  solution: { "rules.ipvs": RIGHT, "answers.txt": QUESTION.replace("=\n", `= ${2 * PORTS}\n`) },
  why: `A connection is known by protocol and both ends, so the same local port may lead to two servers at once: ${PORTS} connections
for each pair of local address and real server. More local addresses make more. Where TOA does not fit (no module, a packet that is
full, UDP), servers know only the local address, and what depends on it (bans, statistics, limits for each client) hits everybody.`,
  check,
};

function check(files: WorkFiles): Report {
  const settings = new Settings(files, "answers.txt");
  const answer = settings.answerNumber("connections", 1, 999_999_999);
  settings.done();
  const scene = new Scene("fullnat", { clients: 2 });
  giveRules(scene.director, files, "rules.ipvs");
  for (const client of [...scene.clients, ...scene.clients]) {
    scene.visitInTurn(1, { client });
  }
  const requests = requestsOf(scene);
  return {
    exhibits: [
      ...scene.story(),
      ...(requests.length === 0 ? [] : [listing("In the logs of the servers", requests.map(logLine).join("\n"))]),
      scene.listing("-Ln"),
      scene.listing("-G"),
    ],
    goals: [
      goal("Every visit is answered.", scene.allAnswered, adviceOnAnswers(scene)),
      goal(
        "The servers learn who the client is.",
        requests.length > 0 && requests.every(({ client }) => client !== ""),
        requests.length === 0
          ? "No request has come to a server yet."
          : "They see the local address only. The option --toa belongs to the service, behind -A.",
      ),
      goal("The question is answered.", answer === 2 * PORTS, adviceOnNumber(answer)),
    ],
  };
}

function adviceOnAnswers({ director }: Scene): string {
  const service = director.stack.server.services.list().at(0);
  const pool = service?.localAddresses ?? [];
  if (service === undefined || service.destinations.length === 0)
    return "The service and its two servers have to stay.";
  if (pool.length === 0)
    return "The director has no local address to send from: it drops the packet. Give it one with -P.";
  return "It sends from the local address, but no reply comes back: is it one that the router can reach, 172.16.1.100?";
}

function adviceOnNumber(answer: number | undefined): string {
  if (answer === undefined) return "Write a number behind connections = in answers.txt.";
  if (answer === PORTS) return `${answer} is right for one real server. There are two.`;
  return `${answer} is not it. How many ports are there from 5000 to 65535, and what if two connections go to different servers?`;
}

interface Request {
  readonly server: string;
  readonly from: string;
  /** As the TOA option says; empty if there was none. */
  readonly client: string;
}

const logLine = ({ server, from, client }: Request): string =>
  `${server}  GET /  from ${from.padEnd(18)}  client ${client === "" ? "unknown" : client}`;

/** The requests that came to the servers. */
function requestsOf({ network, servers }: Scene): Request[] {
  const names = servers.map(({ name }) => name);
  return follow(network.hops).flatMap(({ hop, facts, inside }) => {
    const server = hop.to.find((name) => names.includes(name));
    const transport = facts.ip?.transport;
    if (server === undefined || transport?.kind !== "tcp" || transport.payload === 0) return [];
    return [{ server, from: formatEndpoint(inside?.source.address ?? ANY, transport.sourcePort), client: toaOf(hop) }];
  });
}

function toaOf({ bytes }: Hop): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const option = findOption(view, ETHERNET_HEADER + headerLength(view, ETHERNET_HEADER), TOA_KIND);
  return option < 0 ? "" : formatEndpoint(ipv4(view.getUint32(option + 4)), view.getUint16(option + 2));
}
