/** Connects the page's state with the browser: one loop, one listener for each kind of event. */
import { App } from "./app.ts";
import { command, commandOfKey } from "./commands.ts";
import { captureFile, runFile } from "./download.ts";
import { Feed } from "./live/feed.ts";
import type { Run } from "./model/run.ts";
import { morphInto } from "./morph.ts";
import { copyText, nextTheme, restoreTheme, saveFile, showFragment } from "./outside.ts";
import { help, page } from "./view/page.ts";
import type { Places } from "./view/places.ts";
import { placesOf } from "./view/stage.ts";
import { clockText } from "./view/times.ts";
import { moving } from "./view/watch.ts";

/** Milliseconds between two full pictures while much happens. */
const BUSY_PAUSE = 140;

const root = document.querySelector("#page") ?? document.body;
const dialog = document.querySelector("dialog");
const notice = document.querySelector("#notice");
const narrow = matchMedia("(max-width: 640px)");
const app = new App(location.hash, document.documentElement.dataset["director"] ?? "");
const feed = new Feed(app.live, () => picture());
const placesByRun = new WeakMap<Run, { readonly tall: boolean; readonly places: Places }>();

function placesFor(run: Run): Places {
  const tall = narrow.matches;
  const known = placesByRun.get(run);
  if (known?.tall === tall) return known.places;
  const places = placesOf(run.topology, tall);
  placesByRun.set(run, { tall, places });
  return places;
}

// --- pictures

let pictured = 0;
let asked = false;
let stale = true;

/** Everything may look other than it does. */
function picture(): void {
  stale = true;
  wake();
}

function wake(): void {
  if (asked) return;
  asked = true;
  requestAnimationFrame(frame);
}

function frame(wall: number): void {
  asked = false;
  const { playback, player } = app;
  // What is between two moments is drawn when it is over; first of all the present one.
  const hurried = playback.playing || player.busy;
  if (stale && !playback.passing && (!hurried || wall - pictured >= BUSY_PAUSE)) draw(wall);
  const { moved, changed } = playback.picture(wall);
  stale ||= changed;
  if (moved) drawMoving(wall);
  if (playback.active || stale) wake();
}

function draw(wall: number): void {
  const following = [...root.querySelectorAll("[data-follow]")].filter((box) => box.scrollTop + box.clientHeight >= box.scrollHeight - 40);
  morphInto(root, page(app, placesFor).text);
  for (const box of following) box.scrollTop = box.scrollHeight;
  stale = false;
  pictured = wall;
  drawMoving(wall);
  showFragment(() => app.fragment);
  if (app.tab === "live") feed.begin();
}

function drawMoving(wall: number): void {
  const time = app.playback.shown(wall);
  const layers = root.querySelectorAll("[data-moving]");
  for (const [index, run] of app.player.runs.entries()) {
    const layer = layers[index];
    if (layer !== undefined) layer.innerHTML = moving(run, placesFor(run), time).text;
  }
  const clock = root.querySelector("[data-clock]");
  if (clock !== null) clock.textContent = clockText(time);
}

// --- what people do

function tell(text: string): void {
  if (notice === null) return;
  notice.textContent = text;
  notice.classList.add("shown");
  setTimeout(() => notice.classList.remove("shown"), 2500);
}

async function share(): Promise<void> {
  const link = `${location.href.split("#")[0]}#${app.fragment}`;
  tell((await copyText(link)) ? "The link is on the clipboard." : "The link is in the address bar.");
}

function download(): void {
  if (app.tab === "capture") return saveFile("tapvs-capture.pcapng", captureFile(app.capture));
  for (const run of app.player.runs) saveFile(`tapvs-${run.topology.mode}.pcapng`, runFile(run));
}

/** What only a page can do; false if it is none of these. */
function doHere(name: string, target: string): boolean {
  switch (name) {
    case "share":
      void share();
      return true;
    case "download":
      download();
      return true;
    case "theme":
      tell(`Colours: ${nextTheme()}.`);
      return true;
    case "help":
      if (dialog !== null && !dialog.open) {
        dialog.innerHTML = help().text;
        dialog.showModal();
      }
      return true;
    case "packet":
      app.capture.chosen = Number(target);
      return true;
    case "packet-page":
      app.capture.page = Math.max(0, Number(target));
      return true;
    case "unlisten":
      feed.stop();
      return true;
    default:
      return false;
  }
}

function perform(name: string, target: string, time: number): void {
  if (!doHere(name, target)) command(app, name, { name: target, time, wall: performance.now() });
  picture();
}

function performOn(element: HTMLElement | SVGElement): void {
  const { dataset } = element;
  perform(dataset["do"] ?? "", dataset["name"] ?? "", Number(dataset["time"] ?? 0));
}

const actorOf = (event: Event): HTMLElement | SVGElement | null =>
  event.target instanceof Element ? event.target.closest<HTMLElement | SVGElement>("[data-do]") : null;

document.addEventListener("click", (event) => {
  const actor = actorOf(event);
  if (actor !== null && !(actor instanceof HTMLFormElement)) performOn(actor);
});

document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || dialog?.open === true) return;
  const writes = target instanceof HTMLElement && target.matches("input:not([type=checkbox]), textarea, select");
  const actor = actorOf(event);
  if (key === "Enter" && actor !== null && actor.matches("[tabindex]")) return performOn(actor);
  if (writes || (key === " " && target instanceof HTMLElement && target.matches("button, summary, input"))) return;
  if (key === "?") return perform("help", "", 0);
  const known = app.tab === "watch" || app.tab === "compare" ? commandOfKey(key) : undefined;
  if (known === undefined) return;
  event.preventDefault();
  perform(known.command, known.name, 0);
});

document.addEventListener("submit", (event) => {
  if (!(event.target instanceof HTMLFormElement) || event.target.dataset["do"] === undefined) return;
  event.preventDefault();
  const values = new FormData(event.target);
  if (event.target.dataset["do"] === "listen") void feed.listen(String(values.get("filter") ?? ""));
  else {
    const line = String(values.get("line") ?? "").trim().replace(/^ipvsadm\s+/, "");
    if (line !== "") app.act({ kind: "ipvsadm", line });
    event.target.reset();
  }
  picture();
});

document.addEventListener("input", (event) => {
  const { target } = event;
  if (!(target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement)) return;
  if (target.dataset["set"] === "wait") app.pull(Number(target.value));
  else if (target.dataset["set"] === "packet-filter") app.capture.filter = target.value;
  else return;
  picture();
});

document.addEventListener("change", (event) => {
  const { target } = event;
  if (!(target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement)) return;
  const { set = "", place = "0", name = "" } = target.dataset;
  const checked = target instanceof HTMLInputElement && target.checked;
  if (set === "files" && target instanceof HTMLInputElement) void takeFiles([...(target.files ?? [])]);
  else if (set === "configuration" || set === "rules") {
    app.capture[set] = target.value;
    app.capture.tell();
  } else if (set === "wait") {
    app.wait = 0;
    if (target instanceof HTMLInputElement) target.value = "0";
  } else app.set(set, set === "fault" ? name : target.value, Number(place), checked);
  picture();
});

async function takeFiles(files: readonly File[]): Promise<void> {
  const taken = await Promise.all(files.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })));
  app.capture.take(taken);
  if (app.tab !== "capture") app.open("capture");
  picture();
}

document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  void takeFiles([...(event.dataTransfer?.files ?? [])]);
});

const quiet = matchMedia("(prefers-reduced-motion: reduce)");
const setStill = (): void => {
  app.playback.still = quiet.matches;
};
quiet.addEventListener("change", setStill);
narrow.addEventListener("change", picture);
setStill();
restoreTheme();
picture();
