/** The network drawn: hosts, segments, and the frames between them. */

import { factsOf } from "../../../core/explain/decode/facts.ts";
import { messagesOf } from "../../../core/explain/drawings/ladder.ts";
import { tellingReceptions } from "../../../core/explain/receptions.ts";
import type { Hop } from "../../../core/simulator/network.ts";
import type { Topology } from "../../../core/simulator/topologies.ts";
import { isMaster } from "../../../core/simulator/two-directors.ts";
import type { Moment } from "../model/moment.ts";
import { type MovingFrame, toneOf } from "../model/motion.ts";
import { type CardLine, cardsOf, learntText, roleText } from "./cards.ts";
import { html, type Markup, NOTHING } from "./markup.ts";
import { type Box, LINE_HEIGHT, type Places, pathOf, pointAt, TITLE_HEIGHT } from "./places.ts";
import { placesTall } from "./places-tall.ts";
import { placesWide } from "./places-wide.ts";

export const placesOf = (topology: Topology, tall: boolean): Places =>
  tall
    ? placesTall(topology, cardsOf(topology, topology.network.segments.length <= MOST_RAILS))
    : placesWide(topology, cardsOf(topology, false));

/** With more rails beside them, boxes are too narrow for two things in a line. */
const MOST_RAILS = 2;

/** The drawing without what moves; that goes into its last group, `data-moving`. */
export function stage(topology: Topology, places: Places, moment: Moment, about: readonly string[] = []): Markup {
  const { width, height, rails, stubs, boxes, upright } = places;
  const acting = new Set(moment.arrivals.flatMap(({ receptions }) => receptions.map(({ host }) => host)));
  return html`<svg class="stage" viewBox="0 0 ${width} ${height}" style="--natural: ${width}px" role="img" aria-label="${descriptionOf(topology)}">
    ${rails.map(
      ({ segment, x, top, bottom, label }) => html`<line class="rail" x1="${x}" x2="${x}" y1="${top}" y2="${bottom}"/>
      <text class="segment" x="${label.x}" y="${label.y}"${upright && html` transform="rotate(-90 ${label.x} ${label.y})"`}>${segment}</text>`,
    )}
    ${stubs.map(({ box, rail }) => html`<line class="stub" x1="${box.x}" y1="${box.y}" x2="${rail.x}" y2="${rail.y}"/>`)}
    ${moment.arrivals.map(({ step }) => trail(places, step.hop))}
    ${boxes.map((box) => boxMarkup(topology, box, acting.has(box.name), about.length > 0 && !about.includes(box.name)))}
    ${moment.arrivals.map(({ step }) => lostMark(places, step.hop, topology))}
    <g data-moving="${topology.mode}"></g>
  </svg>`;
}

const descriptionOf = ({ clients, directors, servers }: Topology): string =>
  `${clients.map(({ name }) => name).join(", ")}, the ${directors.map(({ name }) => name).join(", the ")}, and the real servers ${servers.map(({ name }) => name).join(", ")}`;

function boxMarkup(topology: Topology, box: Box, acting: boolean, aside: boolean): Markup {
  const { name, role, lines, x, y, width, height } = box;
  const alive = topology.hosts.find((host) => host.name === name)?.alive !== false;
  const top = y + 6 + TITLE_HEIGHT / 2 + 5;
  const isMortal = role === "director" && topology.directors.length > 1;
  const does = role === "client" ? "from" : "strike";
  const action = role === "client" || isMortal ? html` data-do="${does}" data-name="${name}"` : NOTHING;
  return html`<g class="host ${role}${isMortal ? " mortal" : ""}${acting ? " acting" : ""}${aside ? " aside" : ""}${alive ? "" : " dead"}"${action}>
    <rect class="box" x="${x}" y="${y}" width="${width}" height="${height}" rx="7"/>
    <text class="name" x="${x + 11}" y="${top}">${name}${!alive && html` <tspan class="off">dead</tspan>`}</text>
    ${lines.map((line, index) => lineMarkup(topology, name, line, x + 11, top + (index + 1) * LINE_HEIGHT + 2))}
  </g>`;
}

/** Width of a letter of what a client has learnt. */
const LETTER = 6.33;

function lineMarkup(topology: Topology, name: string, { text, tone }: CardLine, x: number, y: number): Markup {
  if (tone === "role" || tone === "moving") return heldBy(topology, name, { text, tone }, x, y);
  if (tone !== "learnt") return html`<text class="line ${tone}" x="${x}" y="${y}">${text}</text>`;
  const learnt = learntText(topology, name);
  if (learnt === "") return NOTHING;
  return html`<rect class="learnt-mark" x="${x - 4}" y="${y - 10.5}" width="${(learnt.length * LETTER + 8).toFixed(1)}" height="14" rx="4"/><text class="line learnt" x="${x}" y="${y}">${learnt}</text>`;
}

/** What one of two directors is, and has, at the moment. */
function heldBy({ hosts }: Topology, name: string, { text, tone }: CardLine, x: number, y: number): Markup {
  const host = hosts.find((one) => one.name === name);
  if (host?.alive !== true || (tone === "moving" && !isMaster(host))) return NOTHING;
  const shown = tone === "role" ? roleText(host) : text;
  return html`<text class="line ${isMaster(host) ? "virtual" : "address"}" x="${x}" y="${y}">${shown}</text>`;
}

/** The path that the frame took. */
function trail(places: Places, hop: Hop): Markup[] {
  return listenersOf(hop).map((to) => {
    const points = pathOf(places, hop.segment, hop.from, to)
      .map(({ x, y }) => `${x},${y}`)
      .join(" ");
    return html`<polyline class="trail ${toneOf(hop.bytes)}" points="${points}"/>`;
  });
}

/** Of what directors tell each other only the path to who listens is drawn. */
const listenersOf = (hop: Hop): readonly string[] =>
  toneOf(hop.bytes) === "peer" ? tellingReceptions(hop).map(({ host }) => host) : hop.to;

/** A cross where a frame was lost. */
function lostMark(places: Places, hop: Hop, topology: Topology): Markup {
  const [message] = messagesOf(topology, [hop]);
  if (message === undefined || message.lost === "") return NOTHING;
  const { x, y } = pointAt(pathOf(places, hop.segment, hop.from, listenersOf(hop)[0] ?? ""), 1);
  return html`<g class="lost" transform="translate(${x} ${y})"><circle r="10"/><path d="M-4-4L4 4M4-4L-4 4"/></g>`;
}

/** The frames in flight. Where there are many, they are dots. */
export function movingMarkup(topology: Topology, places: Places, frames: readonly MovingFrame[]): Markup {
  const dots = frames.length > MOST_LABELS;
  return html`${frames.map(({ hop, to, progress }) => {
    const { x, y } = pointAt(pathOf(places, hop.segment, hop.from, to), progress, dots ? 0 : INSET);
    return dots ? dot(hop, x, y) : pill(topology, hop, x, y, places.width);
  })}`;
}

const MOST_LABELS = 12;
/** About half a label's width: labels begin and end beside the boxes. */
const INSET = 26;

const dot = (hop: Hop, x: number, y: number): Markup =>
  html`<circle class="dot ${toneOf(hop.bytes)}" cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="4"/>`;

/** A label that stays within the drawing. */
function pill(topology: Topology, hop: Hop, middle: number, y: number, room: number): Markup {
  const label = messagesOf(topology, [hop])[0]?.label ?? "";
  const width = 14 + label.length * 7;
  const x = Math.min(room - width / 2 - 5, Math.max(width / 2 + 5, middle));
  const wrapped = (factsOf(hop.bytes)?.ip?.headers.length ?? 0) > 1;
  return html`<g class="frame pill ${toneOf(hop.bytes)}" transform="translate(${x.toFixed(1)} ${y.toFixed(1)})">
    ${wrapped && html`<rect class="wrapping" x="${-width / 2 - 4}" y="-14" width="${width + 8}" height="28" rx="9"/>`}
    <rect x="${-width / 2}" y="-10" width="${width}" height="20" rx="10"/><text>${label}</text></g>`;
}
