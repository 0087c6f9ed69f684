/** The tab where one network is watched: the methods, the drawing, the sentence, the timeline; all else is a click away. */
import type { Drawer } from "../drawers.ts";
import { momentOf } from "../model/moment.ts";
import { movingFrames } from "../model/motion.ts";
import type { Run } from "../model/run.ts";
import type { Setup } from "../model/setup.ts";
import { type CaptionState, caption } from "./caption.ts";
import { drawer, drawerTabs } from "./drawer.ts";
import { html, type Markup } from "./markup.ts";
import { methodChoice } from "./methods.ts";
import type { Places } from "./places.ts";
import { senderChoice } from "./settings.ts";
import { movingMarkup, stage } from "./stage.ts";
import { timeline } from "./timeline.ts";
import { type TransportState, transport } from "./transport.ts";

export interface WatchState extends CaptionState {
  readonly setup: Setup;
  readonly places: Places;
  readonly transport: TransportState;
  /** Number of the client that sends; -1 for each in turn. */
  readonly sender: number;
  readonly burst: number;
  readonly drawer: Drawer | undefined;
}

const SENDS: readonly (readonly [string, string, string])[] = [
  ["request", "Request", "R"],
  ["long", "Long", "L"],
  ["ping", "Ping", "I"],
  ["datagram", "Datagram", "U"],
  ["fragments", "Fragments", "F"],
];

const TITLES: Readonly<Record<string, string>> = {
  request: "A client asks for a page",
  long: "The same, as long as one segment can be",
  ping: "A client pings the virtual address",
  datagram: "A UDP datagram to the service",
  fragments: "A UDP datagram in three fragments",
};

/** Buttons for all that clients can send. */
export const sends = ({ setup, sender, burst }: Pick<WatchState, "setup" | "sender" | "burst">): Markup =>
  html`<div class="sends" role="group" aria-label="Send">
    ${SENDS.map(([action, label, key]) => html`<button data-do="${action}" title="${TITLES[action] ?? label} (${key})">${label}</button>`)}
    <span class="burst"><button data-do="burst" title="Burst (B)">Burst of</button><input type="number" data-set="burst" value="${burst}" min="1" max="10000" aria-label="Requests in a burst" inputmode="numeric"></span>
    ${senderChoice(setup.clients, sender)}
    <button data-do="clear" class="quiet" title="Nothing was sent, and the clock stands at 0 (C)">Clear</button>
  </div>`;

export function watch(state: WatchState): Markup {
  const { setup, run, places, outlook } = state;
  const moment = momentOf(run);
  // At first sight there is one question and one button; all else comes when something has happened, or is asked for.
  const isFirst = state.caption.number === "?" && state.drawer === undefined && !state.transport.playing;
  return html`<main class="watch${state.drawer === undefined ? "" : " open"}${isFirst ? " first" : ""}">
    <div class="choices-bar">${methodChoice("mode", setup.mode)}${drawerTabs(state.drawer)}</div>
    <section class="show" aria-label="The network">
      <div class="stage-frame panel">${stage(run.topology, places, moment, state.caption.hosts)}</div>
      ${caption(state)}
      <div class="controls panel">${timeline(outlook, moment.time, run.simulation.exchanges.at(-1))}${transport(state.transport)}${sends(state)}<button class="only-embedded" data-do="open-out" title="In a tab of its own, with everything beside it">Open in tapvs ↗</button></div>
    </section>
    ${drawer(state)}
  </main>`;
}

/** What moves in a stage at a time of the network's. */
export const moving = ({ topology }: Run, places: Places, time: number): Markup =>
  movingMarkup(topology, places, movingFrames(topology, time, MOST_MOVING));

const MOST_MOVING = 80;
