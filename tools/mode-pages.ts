/**
 * Makes the page of each forwarding method, docs/modes/nat.md and so on, with its drawings, from what the built-in networks
 * really do: a packet that changes otherwise changes its row and its arrow.
 *
 * `node dist/tools/mode-pages.js` writes the files; with `--check` it only says which are not as they should be.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { argv, exit } from "node:process";
import { compareModes } from "../src/core/explain/comparison.ts";
import { compare, type FieldChange, isChanged } from "../src/core/explain/decode/changes.ts";
import type { Ladder } from "../src/core/explain/drawings/ladder.ts";
import { ladderSvg } from "../src/core/explain/drawings/ladder-svg.ts";
import { ladderText } from "../src/core/explain/drawings/ladder-text.ts";
import { topologySvg } from "../src/core/explain/drawings/topology-svg.ts";
import { type FlowStep, follow } from "../src/core/explain/flow.ts";
import type { Message, Piece } from "../src/core/explain/message.ts";
import { explainMode, type ModeExplanation, modeOption, modeWords } from "../src/core/explain/mode.ts";
import { insideSteps } from "../src/core/explain/mode-text.ts";
import type { Requirement } from "../src/core/explain/requirements.ts";
import { plainText } from "../src/core/explain/styled.ts";
import { stepLines } from "../src/core/explain/walk-text.ts";
import type { Fault } from "../src/core/simulator/faults.ts";
import { MODES, type Mode } from "../src/core/simulator/layout.ts";
import type { WalkEvent } from "../src/core/trace/events.ts";
import { AF_INET6 } from "../src/core/wire/address.ts";

const DIRECTORY = "docs/modes";
const WIDTH = 110;

/** Title, what the program's words leave out, anchor in the checklist, limits. */
interface Said {
  readonly title: string;
  readonly more: string;
  readonly checklist: string;
  readonly limits: readonly string[];
}

const SAID: Readonly<Record<Mode, Said>> = {
  nat: {
    title: "NAT",
    more: "The real servers need no other setting than that gateway, and may run any system.",
    checklist: "nat",
    limits: [
      "All traffic passes the director, answers too: its network card and its processor are the limit, not the real servers.",
      "The director must be on the path back. Real servers that have another gateway, or clients in the servers' own network, cannot be served.",
      "Addresses inside the data are not changed, but for [FTP](../ftp.md), which has a helper.",
      "Connections that real servers open themselves are not balanced: to reach the outside they need masquerading by netfilter.",
    ],
  },
  dr: {
    title: "Direct routing",
    more: "So the director carries requests only, which are small, and replies take the short way.",
    checklist: "direct-routing",
    limits: [
      "Director and real servers share a segment: a MAC address does not lead beyond a router.",
      "The real server's port is the service's, for nothing changes it. Another one given in `-r` is replaced by it silently.",
      "Every real server needs the virtual address and must keep quiet about it: two settings, in this order.",
      "The director sees the client's half only. It guesses states from that, and cannot know that a server refused.",
    ],
  },
  tun: {
    title: "Tunnel",
    more: "",
    checklist: "tunnel",
    limits: [
      "20 bytes of each packet are the outer header's: a link of 1500 bytes carries 1480 of the client's. What is longer is refused by ICMP, or cut where it may be.",
      "The real server's port is the service's, and its system must unpack IPIP. (GRE and GUE can be had: `--tun-type`.)",
      "The real servers' network must let out packets whose source is the virtual address.",
      "Nothing is encrypted, and a real server believes whoever sends it IPIP: let it take that from the director only.",
      "The director sees the client's half only, as with direct routing.",
    ],
  },
  fullnat: {
    title: "FULLNAT",
    more: "Linux does not have it; tapvs does what alibaba/LVS and DPVS do.",
    checklist: "fullnat",
    limits: [
      "All traffic passes the director, answers too.",
      "The real servers log a local address of the director in place of the client's. They know the client only by the TCP option TOA, with a module in their kernel.",
      "Each local address has ports for about 60,000 connections to one real server (5000 to 65535). More need more local addresses.",
      "The TTL is not counted down by the director: a routing loop through it would not end.",
      "TCP timestamps are taken out of the client's SYN, so neither side uses them.",
    ],
  },
};

/** Every page and drawing: path from the top of the project, and content. */
export function modePages(): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const mode of MODES) {
    const explanation = explainMode(mode);
    files[`${DIRECTORY}/${mode}.md`] = page(explanation);
    files[`${DIRECTORY}/${mode}-topology.svg`] = topologySvg(explanation.topology);
    files[`${DIRECTORY}/${mode}-ladder.svg`] = ladderSvg(explanation.ladder);
  }
  return files;
}

function page(explanation: ModeExplanation): string {
  const { mode, words, faults } = explanation;
  const { title, more, checklist, limits } = SAID[mode];
  return [
    `# ${title}`,
    "<!-- Made by `make docs`. -->",
    `${words} ${more}`.trim(),
    `In \`ipvsadm\` it is ${optionWords(mode)}.`,
    `![The network: ${altOf(explanation)}](${mode}-topology.svg)`,
    `- [Hop by hop](#hop-by-hop)\n- [Inside the director](#inside-the-director)\n- [What to set up](#what-to-set-up)\n- [What goes wrong](#what-goes-wrong)\n- [In IPv6](#in-ipv6)\n- [Limits](#limits)`,
    "## Hop by hop",
    `Watch it packet by packet: ${watchLink(`mode=${mode}`)}.`,
    `One request and its reply, as \`tapvs explain ${mode}\` makes them. Red is what the sender made changed to it.`,
    `![The request and its answer as arrows between the hosts; the table below says the same](${mode}-ladder.svg)`,
    "The same packet by packet. **Bold** is what the sender made other; the last column names every header field that is other than one hop before.",
    packetTable(explanation),
    ...insideParts(explanation),
    "## What to set up",
    "### The director",
    ...requirementParts(explanation, "director"),
    "### Every real server",
    ...requirementParts(explanation, "real server"),
    "## What goes wrong",
    `Symptoms, and how to find the cause: [checklist](../checklist.md#${checklist}). Here each mistake in this network:`,
    ...faults.flatMap((fault) => faultParts(mode, fault)),
    "## In IPv6",
    `\`tapvs explain ${mode} --ipv6\` shows the same network with IPv6 addresses. ${modeWords(mode, AF_INET6)} What is different: [IPv6](../ipv6.md).`,
    "## Limits",
    numbersTable(mode),
    limits.map((limit) => `- ${limit}`).join("\n"),
    `All four methods side by side: [comparison](README.md).\n`,
  ].join("\n\n");
}

/** The page in the state that is told here. */
const watchLink = (setup: string): string =>
  `[on the page](http://127.0.0.1:8078/#${setup}&do=r0@0), while \`tapvs serve\` runs`;

const optionWords = (mode: Mode): string =>
  modeOption(mode)
    .replace("ipvsadm ", "")
    .split(", ")
    .map((option) => `\`${option}\``)
    .join(" or ");

const altOf = ({ topology }: ModeExplanation): string =>
  topology.network.segments
    .map(({ name, plugs }) => `${plugs.map(({ host }) => host).join(", ")} on ${name}`)
    .join("; ");

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** A row for each arrow of the ladder, by the same number. */
function packetTable({ ladder, topology }: ModeExplanation): string {
  const steps = new Map(follow(topology.network.hops).map((step) => [step.hop.number, step]));
  const rows = ladder.messages.map((message, index) => [
    String(index + 1),
    message.label,
    nameAt(ladder, message.from),
    message.to.map((place) => nameAt(ladder, place)).join(", "),
    ...packetCells(message, steps.get(message.hop)),
  ]);
  return table(["hop", "packet", "from", "to", "source", "destination", "MAC to", "TTL", "what changed"], rows);
}

const nameAt = ({ lifelines }: Ladder, place: number): string => lifelines[place]?.name ?? "";

/** Source, destination, MAC address, TTL, changes; a tunnel's header stands above the packet in it. */
function packetCells({ lines, destinationMac, kind }: Message, step: FlowStep | undefined): string[] {
  const mac = step?.before === undefined ? destinationMac : `**${destinationMac}**`;
  if (kind === "arp" || step === undefined)
    return [
      "",
      "",
      mac,
      "",
      lines
        .flat()
        .map(({ text }) => text)
        .join(""),
    ];
  const ends = lines.map(endsOf);
  return [
    ends.map(([source]) => source).join("<br>"),
    ends.map(([, destination]) => destination).join("<br>"),
    mac,
    (step.facts.ip?.headers ?? []).map(({ ttl }) => ttl).join("<br>"),
    step.before === undefined ? "" : changeWords(compare(step.before.hop.bytes, step.hop.bytes).filter(isChanged)),
  ];
}

/** `A > B`, in pieces or in one with the tunnel's name before it, as two cells. */
function endsOf(pieces: readonly Piece[]): readonly [string, string] {
  const [first, , third] = pieces;
  const mark = (text: string, piece: Piece | undefined): string => (piece?.changed === true ? `**${text}**` : text);
  if (third !== undefined) return [mark(first?.text ?? "", first), mark(third.text, third)];
  const [source = "", destination = ""] = (first?.text ?? "").split(" > ");
  return [mark(source, first), mark(destination, first)];
}

/** `MAC addresses; IPv4: destination, TTL, checksum`; of a header that came or went only that. */
function changeWords(changes: readonly FieldChange[]): string {
  const layers = [...new Set(changes.map(({ layer }) => layer))];
  return layers
    .map((layer) => {
      const own = changes.filter((change) => change.layer === layer);
      if (layer === "Ethernet") return "MAC addresses";
      if (own.every(({ before }) => before === undefined)) return `${layer} header put before`;
      if (own.every(({ after }) => after === undefined)) return `${layer} header taken off`;
      return `${layer}: ${own.map(({ field }) => field).join(", ")}`;
    })
    .join("; ");
}

/** What the director does with the client's SYN and, where it comes by, with the server's answer. */
function insideParts({ mode, walk, topology, ladder }: ModeExplanation): string[] {
  const { director, network } = topology;
  const answer = ladder.messages.find(
    ({ label, to }) => label === "SYN ACK" && to.some((place) => nameAt(ladder, place) === director.name),
  );
  const hop = network.hops.find(({ number }) => number === answer?.hop);
  const answerWalk = hop?.receptions.find(({ host }) => host === director.name)?.events ?? [];
  const about = answerWalk.length === 0 ? "Replies do not pass the director." : "Both directions pass the director.";
  return [
    "## Inside the director",
    `Every decision, in order. ${about} How the server is picked: [schedulers](../schedulers.md).`,
    walkDetails("When the client's SYN arrives", walk),
    ...(answerWalk.length === 0 ? [] : [walkDetails("When the real server's SYN ACK comes back", answerWalk)]),
    `A packet of your own: [what if](../explain.md#what-if). The director's configuration for this network: [examples/${mode}](../../examples/${mode}).`,
  ];
}

const walkDetails = (title: string, walk: readonly WalkEvent[]): string =>
  details(title, plainText(stepLines(insideSteps({ walk }), 1, WIDTH)));

const details = (title: string, text: string): string =>
  `<details>\n<summary>${title}</summary>\n\n\`\`\`text\n${text.trimEnd()}\n\`\`\`\n\n</details>`;

const requirementParts = ({ requirements }: ModeExplanation, of: Requirement["of"]): string[] =>
  requirements
    .filter((requirement) => requirement.of === of)
    .flatMap(({ why, commands }) => [
      why,
      ...(commands.length === 0 ? [] : [`\`\`\`sh\n${commands.join("\n")}\n\`\`\``]),
    ]);

function faultParts(mode: Mode, { name, title, sign, cure }: Fault): string[] {
  const drawing = plainText(ladderText(explainMode(mode, { fault: name }).ladder, { width: WIDTH + 10 }));
  return [
    `### ${title}`,
    `**The symptom:** ${sign}`,
    `**The cure:** ${cure}`,
    `See it break, and repair it: ${watchLink(`mode=${mode}&faults=${name}`)}.`,
    details(`<code>tapvs explain ${mode} --fault ${name}</code>`, drawing),
  ];
}

/** What was counted on this network's wires. */
function numbersTable(mode: Mode): string {
  const counted = [
    "replies pass the director",
    "frames through the director",
    "room for the client's packet",
    "TTL at the real server",
  ];
  const rows = compareModes().rows.filter(({ what }) => counted.includes(what));
  return table(
    ["", ""],
    rows.map(({ what, cells }) => [what, cells[mode].join(" ")]),
  );
}

/** Paths of those whose file is not there or says something else. */
export const outdated = (pages: Readonly<Record<string, string>>): string[] =>
  Object.entries(pages).flatMap(([path, text]) =>
    existsSync(path) && readFileSync(path, "utf8") === text ? [] : [path],
  );

if (import.meta.filename === argv[1]) {
  const pages = modePages();
  const wrong = outdated(pages);
  if (!argv.includes("--check")) for (const path of wrong) writeFileSync(path, pages[path] ?? "");
  else if (wrong.length > 0) {
    console.error(`not what the program makes: ${wrong.join(", ")}: run \`make docs\``);
    exit(1);
  }
}
