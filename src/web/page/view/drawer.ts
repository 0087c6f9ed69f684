/** What stands beside the drawing when it is asked for: one of several lists, always at the moment that is shown. */
import { DRAWERS, type Drawer } from "../drawers.ts";
import { momentOf } from "../model/moment.ts";
import { exchanges, faultNotes } from "./exchanges.ts";
import { ladder } from "./ladder.ts";
import { html, type Markup, NOTHING } from "./markup.ts";
import { methodWords } from "./methods.ts";
import { faultSwitches, settings } from "./settings.ts";
import { tables } from "./tables-drawer.ts";
import { walk } from "./walk.ts";
import type { WatchState } from "./watch.ts";

const TITLES: Readonly<Record<Drawer, string>> = {
  steps: "Step by step",
  ladder: "Ladder",
  tables: "Tables",
  setup: "Setup",
  faults: "What if …",
};

/** The buttons that open and shut it. */
export const drawerTabs = (open: Drawer | undefined): Markup =>
  html`<div class="drawer-tabs" role="group" aria-label="Beside the drawing">${DRAWERS.map(
    (drawer) =>
      html`<button data-do="drawer" data-name="${drawer}" aria-pressed="${drawer === open ? "true" : "false"}">${TITLES[drawer]}</button>`,
  )}</div>`;

export const drawer = (state: WatchState): Markup =>
  state.drawer === undefined
    ? NOTHING
    : html`<aside class="drawer panel" aria-label="${TITLES[state.drawer]}" data-key="${state.drawer}"${state.drawer === "ladder" && html` data-follow`}>
        <button class="quiet close" data-do="drawer" data-name="" title="Close (D)" aria-label="Close">✕</button>${contents(state, state.drawer)}</aside>`;

function contents({ run, setup, transport }: WatchState, name: Drawer): Markup {
  const { topology, simulation } = run;
  switch (name) {
    case "steps":
      return html`<div class="moment"><h2>What happened</h2>${walk(momentOf(run), topology.director.name)}</div>
        <div class="results"><h2>What became of each request</h2>${exchanges(simulation)}</div>`;
    case "ladder":
      return html`<h2>Frame by frame</h2>${ladder(run, transport.hasty)}`;
    case "tables":
      return tables(run, transport.hasty);
    case "setup":
      return html`${methodWords(setup.mode, topology.family)}<h2>Service and hosts</h2>${settings(setup)}`;
    case "faults":
      return html`<h2>What if …</h2>${faultSwitches(setup, [setup.mode])}${faultNotes(simulation)}`;
  }
}
