/** The whole page: its head with the tabs, and the tab that is open. */
import { type App, TABS, type Tab } from "../app.ts";
import type { Run } from "../model/run.ts";
import { captureTab } from "./capture.ts";
import { compareTab } from "./compare.ts";
import { liveTab } from "./live.ts";
import { html, type Markup } from "./markup.ts";
import type { Places } from "./places.ts";
import type { TransportState } from "./transport.ts";
import { watch } from "./watch.ts";

const TITLES: Readonly<Record<Tab, string>> = {
  watch: "Watch",
  compare: "Compare",
  capture: "Your capture",
  live: "Live",
};

/** What the page looks like; `placesFor` lays out a run's network as the window allows. */
export function page(app: App, placesFor: (run: Run) => Places): Markup {
  const tabs = TABS.filter((tab) => tab !== "live" || app.live.there);
  return html`<header class="top">
    <h1>tapvs <small>Linux Virtual Server, packet by packet</small></h1>
    <nav role="tablist" aria-label="What to see">${tabs.map(
      (tab) =>
        html`<button role="tab" data-do="tab" data-name="${tab}" aria-selected="${tab === app.tab ? "true" : "false"}">${TITLES[tab]}</button>`,
    )}</nav>
    <div class="tools">
      ${app.fragment !== "" && html`<button data-do="share" class="quiet" title="Copies a link to what is seen">Share</button>`}
      ${app.tab !== "live" && html`<button data-do="download" class="quiet" title="What is seen as a pcapng file">pcapng</button>`}
      <button data-do="theme" class="quiet" title="Light or dark">◐</button>
      <button data-do="help" class="quiet" title="Keys (?)">?</button></div>
  </header>
  ${tabMarkup(app, placesFor)}`;
}

function tabMarkup(app: App, placesFor: (run: Run) => Places): Markup {
  const { setup, sender, burst, player } = app;
  const shared = { setup, sender, burst, transport: transportOf(app) };
  const [run] = player.runs;
  switch (app.tab) {
    case "watch":
      return run === undefined ? html`` : watch({ ...shared, run, places: placesFor(run) });
    case "compare":
      return compareTab({ ...shared, sides: player.runs.map((side) => ({ run: side, places: placesFor(side) })) });
    case "capture":
      return captureTab(app.capture);
    case "live":
      return liveTab(app.live);
  }
}

function transportOf({ player, playback, wait }: App): TransportState {
  const { head, idle, again, runs } = player;
  const [first, second] = runs.map(({ stops }) => stops);
  return {
    playing: playback.playing,
    speed: playback.speed,
    head,
    idle,
    again,
    moments: second === undefined ? (first?.length ?? 0) : new Set([...(first ?? []), ...second]).size,
    wait,
    hasTimeouts: runs.some(({ hasConnections }) => hasConnections),
    hasty: playback.crowded,
  };
}

const KEYS: readonly (readonly [string, string])[] = [
  ["Space", "run, pause"],
  ["→ ←", "one moment forward, back"],
  ["Home End", "to the start, to the end"],
  ["+ -", "faster, slower"],
  ["1 2 3 4", "NAT, DR, TUN, FULLNAT"],
  ["R L", "a request, a long one"],
  ["B", "a burst"],
  ["P U F", "a ping, a datagram, fragments"],
  ["T", "to the next timeout"],
  ["C", "clear"],
];

/** What the keys do. */
export const help = (): Markup =>
  html`<h2>Keys</h2><dl class="keys">${KEYS.map(([keys, deed]) => html`<div><dt>${keys.split(" ").map((key) => html`<kbd>${key}</kbd>`)}</dt><dd>${deed}</dd></div>`)}</dl>
    <p>A row of the ladder goes to its moment when clicked, a client sends a request.</p><form method="dialog"><button class="primary">Close</button></form>`;
