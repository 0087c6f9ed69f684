/** The tab where the same happens in two networks. */
import { MODE_NAMES } from "../../../core/explain/mode.ts";
import type { Mode } from "../../../core/simulator/layout.ts";
import { captionOf } from "../model/caption.ts";
import { momentOf } from "../model/moment.ts";
import type { Run } from "../model/run.ts";
import { exchanges, faultNotes } from "./exchanges.ts";
import { ladder } from "./ladder.ts";
import { html, type Markup } from "./markup.ts";
import { methodChoice, methodWords } from "./methods.ts";
import type { Places } from "./places.ts";
import { faultSwitches, settings } from "./settings.ts";
import { stage } from "./stage.ts";
import { servicesTable } from "./tables.ts";
import { transport } from "./transport.ts";
import { walk } from "./walk.ts";
import { sends, type WatchState } from "./watch.ts";

export interface CompareState extends Pick<WatchState, "setup" | "transport" | "sender" | "burst"> {
  readonly sides: readonly { readonly run: Run; readonly places: Places }[];
}

const SETS = ["mode", "other"] as const;

export function compareTab(state: CompareState): Markup {
  const { setup, sides } = state;
  const modes = sides.map(({ run }) => run.topology.mode);
  return html`<main class="compare">
    <div class="controls panel">${sends(state)}${transport(state.transport)}</div>
    <div class="sides">${sides.map(({ run, places }, index) => side(run, places, SETS[index] ?? "other", state.transport.hasty))}</div>
    <div class="panel pair"><details data-key="both"><summary>Service and hosts, in both</summary>${settings(setup)}</details>
      <details data-key="both-faults"><summary>What is wrong, where it can be</summary>${faultSwitches(setup, modes)}</details></div>
  </main>`;
}

function side(run: Run, places: Places, set: "mode" | "other", hasty: boolean): Markup {
  const { topology, simulation } = run;
  const { mode, director }: { mode: Mode; director: typeof topology.director } = topology;
  const moment = momentOf(run);
  const said = captionOf(run, moment, undefined, run.due === Number.POSITIVE_INFINITY);
  return html`<section class="side" aria-label="${MODE_NAMES[mode]}" data-key="${set}">
    <div class="panel">${methodChoice(set, mode)}${methodWords(mode, topology.family)}</div>
    <div class="stage-frame panel">${stage(topology, places, moment)}</div>
    <div class="panel results"><p class="said ${said.tone}">${said.text}</p>${exchanges(simulation)}${faultNotes(simulation)}</div>
    <div class="panel ladder-frame" data-follow><h2>Who said what to whom</h2>${ladder(run, hasty)}</div>
    <div class="panel moment"><h2>What happened last</h2>${walk(moment, director.name)}</div>
    <div class="panel tables">${servicesTable(director.stack, topology.client.address)}</div>
  </section>`;
}
