/** A ladder as a sequence diagram in the language of Mermaid, for Markdown pages. */
import type { Ladder } from "./ladder.ts";
import type { Message } from "./message.ts";

/** The text of the diagram, without a fence around it. */
export function ladderMermaid(ladder: Ladder): string {
  const { lifelines, messages, outcome } = ladder;
  const nameOf = (place: number): string => lifelines[place]?.name ?? "";
  return [
    "sequenceDiagram",
    ...lifelines.map(
      ({ name, addresses }) =>
        `    participant ${name} as ${[name, ...addresses].map((text) => safe(text)).join("<br/>")}`,
    ),
    ...messages.flatMap((message) => messageLines(message, nameOf)),
    `    Note over ${lifelines[0]?.name ?? ""}: ${safe(outcome)}`,
    "",
  ].join("\n");
}

function messageLines(message: Message, nameOf: (place: number) => string): string[] {
  const { from, to, label, lines, lost, again } = message;
  const packet = lines
    .map((pieces) => pieces.map(({ text, changed }) => (changed ? `*${text}` : text)).join(""))
    .join("<br/>");
  const arrow = lost === "" ? "->>" : "-x";
  const notes = [
    lost,
    again.length === 0 ? "" : `again at ${again.map((time) => (time / 1e6).toFixed(0)).join(", ")} s`,
  ].filter(Boolean);
  return [
    ...to.map((place) => `    ${nameOf(from)}${arrow}${nameOf(place)}: ${safe(label)}<br/>${safe(packet, true)}`),
    ...notes.map((note) => `    Note over ${nameOf(to[0] ?? from)}: ${safe(note)}`),
  ];
}

/** Semicolons end a statement and # begins an entity; < and > would be tags, but for the line breaks of our own. */
function safe(text: string, keepsBreaks = false): string {
  const parts = keepsBreaks ? text.split("<br/>") : [text];
  const clean = parts.map((part) =>
    part
      .replaceAll("#", "#35;")
      .replaceAll(/(?<!#35);/g, "#59;")
      .replaceAll("<", "#lt;")
      .replaceAll(">", "#gt;"),
  );
  return clean.join("<br/>");
}
