/** A ladder as a sequence diagram in the language of Mermaid, for Markdown pages. */

import type { Message } from "../message.ts";
import { againWords, isHandedOver, type Ladder, ladderRows } from "./ladder.ts";

/** The text of the diagram, without a fence around it. */
export function ladderMermaid(ladder: Ladder): string {
  const { lifelines, outcome } = ladder;
  const nameOf = (place: number): string => lifelines[place]?.name ?? "";
  return [
    "sequenceDiagram",
    ...lifelines.map(
      ({ name, addresses }) => `    participant ${name} as ${[name, ...addresses].map(safe).join("<br/>")}`,
    ),
    ...ladderRows(ladder).flatMap(({ message, happening }) =>
      message === undefined
        ? [`    Note over ${nameOf(happening.of)}: ${safe(happening.text)}`]
        : messageLines(ladder, message, nameOf),
    ),
    `    Note over ${lifelines[0]?.name ?? ""}: ${safe(outcome)}`,
    "",
  ].join("\n");
}

function messageLines(ladder: Ladder, message: Message, nameOf: (place: number) => string): string[] {
  const { from, to, label, lost, again } = message;
  const arrow = lost === "" ? "->>" : "-x";
  const words = [label, ...packetLines(ladder, message)].map(safe).join("<br/>");
  const notes = [lost, again.length === 0 ? "" : againWords(again)].filter(Boolean);
  return [
    ...to.map((place) => `    ${nameOf(from)}${arrow}${nameOf(place)}: ${words}`),
    ...notes.map((note) => `    Note over ${nameOf(to[0] ?? from)}: ${safe(note)}`),
  ];
}

/** The packet's lines, with a star before what changed; where nothing else did, the MAC address. */
function packetLines(ladder: Ladder, message: Message): string[] {
  const { lines, destinationMac } = message;
  const texts = lines.map((pieces) => pieces.map(({ text, changed }) => (changed ? `*${text}` : text)).join(""));
  return isHandedOver(ladder, message) ? [...texts, `*MAC ${destinationMac}`] : texts;
}

/** Semicolons end a statement, # begins an entity, and < and > would be tags. */
const safe = (text: string): string =>
  text.replaceAll(/[#;<>]/g, (letter) => ({ "#": "#35;", ";": "#59;", "<": "#lt;", ">": "#gt;" })[letter] ?? letter);
