/** Headlines of ARP and neighbor discovery: who asks where an address is, who replies, and who must not. */
import type { Host } from "../../simulator/host.ts";
import type { Reception } from "../../simulator/network.ts";
import type { Topology } from "../../simulator/topologies.ts";
import { type Address, formatAddress, sameAddress } from "../../wire/address.ts";
import { ARP_REQUEST } from "../../wire/arp.ts";
import { macText } from "../../wire/ethernet.ts";
import { type FrameFacts, factsOf } from "../decode/facts.ts";
import type { FlowStep } from "../flow.ts";
import { listed } from "../sentences/words.ts";
import { type HostWords, hasAddress, hostWords, isDirector, isServer } from "./host-words.ts";
import { nounOf } from "./nouns.ts";
import { replyStatement, responsesOf } from "./reply.ts";
import type { Statement } from "./statement.ts";

/** A message of either protocol. */
interface Resolution {
  readonly by: "ARP" | "neighbor discovery";
  readonly asks: boolean;
  /** The address that is looked for, or told of. */
  readonly target: Address;
  /** Who a request says that it is from; `undefined` for `::`. */
  readonly asker: Address | undefined;
  readonly mac: number;
}

function resolutionIn({ arp, ip, sourceMac }: FrameFacts): Resolution | undefined {
  if (arp !== undefined) {
    const asks = arp.operation === ARP_REQUEST;
    return { by: "ARP", asks, target: asks ? arp.targetIp : arp.senderIp, asker: arp.senderIp, mac: arp.senderMac };
  }
  const discovery = ip?.transport?.kind === "icmp" ? ip.transport.discovery : undefined;
  if (discovery === undefined) return undefined;
  const { asks, target, mac = sourceMac } = discovery;
  return { by: "neighbor discovery", asks, target, asker: ip?.headers[0]?.source, mac };
}

/** What a request or reply is about, and who replied to it; `undefined` for any other frame. */
export function resolutionOf({
  hop,
  facts,
}: FlowStep): { readonly asks: boolean; readonly target: Address; readonly repliers: readonly string[] } | undefined {
  const told = resolutionIn(facts);
  if (told === undefined) return undefined;
  const repliers = hop.receptions.filter((reception) => repliesTo(reception, told.target)).map(({ host }) => host);
  return { asks: told.asks, target: told.target, repliers };
}

/** The statement about a frame of ARP or neighbor discovery; `undefined` for any other. */
export function resolutionHeadline(
  topology: Topology,
  { hop, facts }: FlowStep,
  receptions: readonly Reception[],
): Statement | undefined {
  const told = resolutionIn(facts);
  if (told === undefined) return undefined;
  return told.asks
    ? requestStatement(topology, hop.from, hop.to, told, receptions)
    : toldStatement(topology, hop.from, told, receptions[0]);
}

// --- requests

function requestStatement(
  topology: Topology,
  from: string,
  to: readonly string[],
  told: Resolution,
  receptions: readonly Reception[],
): Statement {
  const { by, target, asker } = told;
  const { subject } = hostWords(topology, from);
  if (asker !== undefined && sameAddress(asker, target)) return announcementStatement(subject, told, receptions);
  const asks = `${subject} asks by ${by}: who has ${formatAddress(target)}?`;
  const { virtualAddress } = topology;
  if (asker !== undefined && sameAddress(asker, virtualAddress) && !isDirector(topology, from)) {
    const why = `Whoever hears it may believe that ${formatAddress(asker)} is there: arp_announce is 0.`;
    return { text: `${subject} asks by ${by} in the name of ${formatAddress(asker)}. ${why}`, breaks: true };
  }
  const repliers = receptions.filter((reception) => repliesTo(reception, target)).map(({ host }) => host);
  const silent = topology.hosts.filter(
    (host) => to.includes(host.name) && !repliers.includes(host.name) && hasAddress(host, target),
  );
  if (repliers.length === 0) {
    const dead = silent.find(({ alive }) => !alive);
    return { text: `${asks} Nobody replies${dead === undefined ? "" : `: ${dead.name} is dead`}.`, breaks: true };
  }
  const wrong = sameAddress(target, virtualAddress) && repliers.some((name) => !isDirector(topology, name));
  const [first = ""] = repliers;
  if (repliers.length > 1)
    return { text: `${asks} ${listed(repliers)} reply, and the first reply wins.`, breaks: false };
  if (wrong) return { text: `${asks} ${first} replies, and not the director.`, breaks: true };
  const named = asker === undefined ? "" : announcement(topology, from, asker);
  return { text: `${asks} ${silentWords(hostWords(topology, first), silent)}${named}`, breaks: false };
}

/** Gratuitous ARP: nobody asked, and who knew the address elsewhere has it right from now on. */
function announcementStatement(
  subject: string,
  { target, mac }: Resolution,
  receptions: readonly Reception[],
): Statement {
  const believers = receptions.filter(({ events }) =>
    events.some((event) => event.kind === "neighbor" && event.what === "learnt"),
  );
  const names = listed(believers.map(({ host }) => host));
  const effect =
    believers.length === 0
      ? "Nobody had it elsewhere."
      : `From now on ${names} ${believers.length === 1 ? "sends" : "send"} there.`;
  return {
    text: `${subject} announces by ARP: ${formatAddress(target)} is at ${macText(mac)}. ${effect}`,
    breaks: false,
  };
}

/** A server that has the virtual address as well could ask in its name, and must not. */
function announcement({ servers, virtualAddress }: Topology, from: string, asker: Address): string {
  const server = servers.find(({ name }) => name === from);
  if (server === undefined || !hasAddress(server, virtualAddress)) return "";
  const announce = server.stack.sysctl.strictest(server.interfaces[0]?.name ?? "", "arp_announce");
  const names = ` It asks as ${formatAddress(asker)}, not as ${formatAddress(virtualAddress)}`;
  return announce > 0 ? `${names}: arp_announce is ${announce}.` : "";
}

/** Who replies; and who has the address as well, and rightly keeps it to itself. */
function silentWords({ subject, object }: HostWords, silent: readonly Host[]): string {
  const [first] = silent;
  if (first === undefined) return `${subject} replies.`;
  const names = listed(silent.map(({ name }) => name));
  const ignore = first.stack.sysctl.strictest(first.interfaces[0]?.name ?? "", "arp_ignore");
  const why = ignore > 0 ? `arp_ignore is ${ignore}` : "nobody can ask for it there";
  return `Only ${object} replies. ${names} ${silent.length === 1 ? "has" : "have"} it too, on lo, but must not reply: ${why}.`;
}

/** Whether the host answered the request, by what it sent. */
const repliesTo = ({ events }: Reception, target: Address): boolean =>
  events.some((event) => {
    const facts = event.kind === "sent" ? factsOf(event.bytes) : undefined;
    const told = facts === undefined ? undefined : resolutionIn(facts);
    return told !== undefined && !told.asks && sameAddress(told.target, target);
  });

// --- replies

function toldStatement(
  topology: Topology,
  from: string,
  { by, target, mac }: Resolution,
  reception: Reception | undefined,
): Statement {
  const { subject, object } = hostWords(topology, from);
  const receiver = hostWords(topology, reception?.host ?? "");
  const address = formatAddress(target);
  const refused = reception?.events.some((event) => event.kind === "neighbor" && event.what === "refused") === true;
  if (refused) {
    return {
      text: `${subject} replies too late: ${receiver.object} has believed another reply already.`,
      breaks: true,
    };
  }
  const replies = `${subject} replies by ${by}: ${address} is at ${macText(mac)}.`;
  if (sameAddress(target, topology.virtualAddress) && isServer(topology, from)) {
    return {
      text: `${replies} From now on ${receiver.object} sends straight to ${object}, past the director.`,
      breaks: true,
    };
  }
  const released = responsesOf(reception?.events ?? [])[0];
  if (released === undefined || reception === undefined) return { text: replies, breaks: false };
  if (isServer(topology, reception.host)) {
    const reply = replyStatement(topology, reception.host, released);
    return { text: `${subject} replies by ${by}. Now ${reply.text}`, breaks: reply.breaks };
  }
  const label = nounOf(released.facts, released.bytes);
  return { text: `${replies} ${receiver.subject} sends the waiting ${label}.`, breaks: false };
}
