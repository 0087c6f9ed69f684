/** The whole page: its head with the tabs, and the tab that is open. */
import { type App, TABS, type Tab } from "../app.ts";
import type { Run } from "../model/run.ts";
import { captureTab } from "./capture.ts";
import { compareTab } from "./compare.ts";
import { lessonsTab } from "./lessons.ts";
import { liveTab } from "./live.ts";
import { html, type Markup } from "./markup.ts";
import type { Places } from "./places.ts";
import { schedulersTab } from "./schedulers.ts";
import type { TransportState } from "./transport.ts";
import { watch } from "./watch.ts";

const TITLES: Readonly<Record<Tab, string>> = {
  watch: "Watch",
  schedulers: "Schedulers",
  lessons: "Lessons",
  compare: "Compare",
  capture: "Your capture",
  live: "Live",
};

/** What the page looks like; `placesFor` lays out a run's network as the window allows. */
export function page(app: App, placesFor: (run: Run) => Places): Markup {
  const tabs = TABS.filter((tab) => tab !== "live" || app.live.there);
  return html`<header class="top">
    <h1>tapvs <small>Linux Virtual Server, packet by packet</small></h1>
    <nav class="tabs" role="tablist" aria-label="What to see">${tabs.map(
      (tab) =>
        html`<button role="tab" data-do="tab" data-name="${tab}" aria-selected="${tab === app.tab ? "true" : "false"}">${TITLES[tab]}</button>`,
    )}</nav>
    <div class="tools">
      ${app.lessonBehind > 0 && app.tab !== "lessons" && html`<button data-do="lesson" data-name="${app.lessonBehind}" title="Back to the lesson">← Lesson ${app.lessonBehind}</button>`}
      ${
        app.tab === "watch" &&
        html`<button data-do="predict" class="quiet" aria-pressed="${app.prediction === undefined ? "false" : "true"}" title="Say what comes before it comes (Q)">Predict</button>
      <button data-do="present" class="quiet" title="Drawing and sentence only (P)">Present</button>`
      }
      ${app.tab !== "live" && saving(app)}
      <button data-do="theme" class="quiet" title="Light or dark">◐</button>
      <button data-do="help" class="quiet" title="Keys (?)">?</button></div>
  </header>
  ${app.problems.length > 0 && html`<div class="link-problems" role="alert"><ul>${app.problems.map((problem) => html`<li>${problem}</li>`)}</ul><button class="quiet" data-do="understood">OK</button></div>`}
  ${tabMarkup(app, placesFor)}`;
}

/** What takes away what is seen. */
const saving = ({ tab, fragment }: App): Markup =>
  html`<details class="menu" data-key="menu"><summary>Save</summary><div>
    ${fragment !== "" && html`<button data-do="share" class="quiet">Copy the link</button>`}
    ${tab === "watch" && html`<button data-do="svg" class="quiet">Picture, SVG</button><button data-do="png" class="quiet">Picture, PNG</button><button data-do="slide" class="quiet">Ladder, SVG</button>`}
    ${tab !== "schedulers" && tab !== "lessons" && html`<button data-do="download" class="quiet">Frames, pcapng</button>`}</div></details>`;

function tabMarkup(app: App, placesFor: (run: Run) => Places): Markup {
  const { setup, sender, burst, player, drawer, outlook, prediction, caption, changes } = app;
  const shared = { setup, sender, burst, transport: transportOf(app) };
  const [run] = player.runs;
  switch (app.tab) {
    case "watch":
      if (run === undefined || caption === undefined) return html``;
      return watch({ ...shared, run, places: placesFor(run), drawer, outlook, prediction, caption, changes });
    case "compare":
      return compareTab({ ...shared, sides: player.runs.map((side) => ({ run: side, places: placesFor(side) })) });
    case "schedulers":
      return schedulersTab(app.schedulers);
    case "lessons":
      return lessonsTab(app.lessons);
    case "capture":
      return captureTab(app.capture);
    case "live":
      return liveTab(app.live);
  }
}

function transportOf(app: App): TransportState {
  const { player, playback, wait } = app;
  const { head, idle, again, runs } = player;
  return {
    playing: playback.playing,
    speed: playback.speed,
    head,
    idle,
    again,
    frames: app.outlook?.frames.length ?? 0,
    number: app.caption?.number ?? "",
    wait,
    hasTimeouts: runs.some(({ hasConnections }) => hasConnections),
    hasty: playback.hurried,
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
  ["I U F", "a ping, a datagram, fragments"],
  ["K", "the first of two directors dies, or the dead one starts again"],
  ["T", "to the next timeout"],
  ["X", "to the moment that breaks"],
  ["P", "presentation: drawing and sentence only"],
  ["Q", "predict: say what comes before it comes"],
  ["D", "what stands beside the drawing, or nothing"],
  ["C", "clear"],
];

/** What the keys do. */
export const help = (): Markup =>
  html`<h2>Keys</h2><dl class="keys">${KEYS.map(([keys, action]) => html`<div><dt>${keys.split(" ").map((key) => html`<kbd>${key}</kbd>`)}</dt><dd>${action}</dd></div>`)}</dl>
    <p>A row of the ladder goes to its moment when clicked, a client sends a request.</p><form method="dialog"><button class="primary">Close</button></form>`;
