/** The tab where one network is watched. */
import { modeName, modeWords } from "../../../core/explain/mode.ts";
import { momentOf } from "../model/moment.ts";
import { movingFrames } from "../model/motion.ts";
import type { Run } from "../model/run.ts";
import type { Setup } from "../model/setup.ts";
import { ladder } from "./ladder.ts";
import { html, type Markup } from "./markup.ts";
import type { Places } from "./places.ts";
import { faultSwitches, modeChoice, senderChoice, settings } from "./settings.ts";
import { movingMarkup, stage } from "./stage.ts";
import { connectionsTable, servicesTable, verdictCounts } from "./tables.ts";
import { commands, talks } from "./talks.ts";
import { type TransportState, transport } from "./transport.ts";
import { walk } from "./walk.ts";

export interface WatchState {
  readonly setup: Setup;
  readonly run: Run;
  readonly places: Places;
  readonly transport: TransportState;
  /** Number of the client that sends; -1 for each in turn. */
  readonly sender: number;
  readonly burst: number;
}

const SENDS: readonly (readonly [string, string, string])[] = [
  ["request", "Request", "R"],
  ["long", "Long", "L"],
  ["ping", "Ping", "P"],
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
    ${SENDS.map(([deed, label, key], index) => html`<button data-do="${deed}"${index === 0 && html` class="primary"`} title="${TITLES[deed] ?? label} (${key})">${label}</button>`)}
    <span class="burst"><button data-do="burst" title="Burst (B)">Burst of</button><input type="number" data-set="burst" value="${burst}" min="1" max="1000" aria-label="Requests in a burst" inputmode="numeric"></span>
    ${senderChoice(setup.clients, sender)}
    <button data-do="clear" class="quiet" title="Nothing was sent, and the clock stands at 0 (C)">Clear</button>
  </div>`;

export function watch(state: WatchState): Markup {
  const { setup, run, places } = state;
  const { topology, scene } = run;
  const moment = momentOf(run);
  const { director } = topology;
  return html`<main class="watch">
    <aside class="setup panel" aria-label="Set-up">
      ${modeChoice("mode", setup.mode)}
      <p class="mode-words"><b>${modeName(setup.mode, topology.family)}.</b> ${modeWords(setup.mode, topology.family)}</p>
      <details data-key="settings" open><summary>Service and hosts</summary>${settings(setup)}</details>
      <details data-key="faults" open><summary>What is wrong</summary>${faultSwitches(setup, [setup.mode])}</details>
    </aside>
    <section class="show" aria-label="The network">
      <div class="stage-frame panel">${stage(topology, places, moment)}</div>
      <div class="controls panel">${sends(state)}${transport(state.transport)}</div>
      <div class="panel results" aria-live="polite">${talks(scene)}</div>
      <div class="panel ladder-frame" data-follow><h2>Who said what to whom</h2>${ladder(run, state.transport.hasty)}</div>
    </section>
    <section class="told" aria-label="What happened">
      <div class="panel moment"><h2>What happened</h2>${walk(moment, director.name)}</div>
      <div class="panel tables"><h2>The director's tables</h2>${servicesTable(director.stack, topology.client.address)}
        <h3>Connections</h3>${connectionsTable(director.stack)}
        <h3>How packets ended</h3>${verdictCounts(director.stack)}
        <h3>ipvsadm</h3>${commands(scene)}
        <form data-do="ipvsadm"><label class="command"><span>ipvsadm</span><input name="line" autocomplete="off" spellcheck="false" placeholder="-Ln --stats" aria-label="Command line of ipvsadm"></label><button>Run</button></form>
      </div>
    </section>
  </main>`;
}

/** What moves in a stage at a time of the network's. */
export const moving = ({ topology }: Run, places: Places, time: number): Markup =>
  movingMarkup(topology, places, movingFrames(topology, time, MOST_MOVING));

const MOST_MOVING = 80;
