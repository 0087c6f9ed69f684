/** Connects the page's state with the browser: one listener for each kind of event, one loop (pictures.ts). */
import { ladderOf } from "../../core/explain/drawings/ladder.ts";
import { ladderSvg } from "../../core/explain/drawings/ladder-svg.ts";
import { culpritOf, modeName } from "../../core/explain/mode.ts";
import { App } from "./app.ts";
import { command, commandOfKey, sessionsOfKey } from "./commands.ts";
import { captureFile, runFile } from "./download.ts";
import { Feed } from "./live/feed.ts";
import { copyText, nextTheme, restoreTheme, saveFile, showFragment } from "./outside.ts";
import { pictureOf, pngOf } from "./picture-file.ts";
import { Pictures } from "./pictures.ts";
import { help } from "./view/page.ts";

/** Milliseconds that a notice stands. */
const NOTICE = 2500;

const root = document.querySelector("#page") ?? document.body;
const dialog = document.querySelector("dialog");
const notice = document.querySelector("#notice");
const narrow = matchMedia("(max-width: 640px)");
const quiet = matchMedia("(prefers-reduced-motion: reduce)");
const embedded = new URLSearchParams(location.search).has("embed");
const app = new App(location.hash, document.documentElement.dataset.director ?? "", embedded);
app.foresees = false;
const pictures = new Pictures(app, root, () => narrow.matches, drawn);
const feed = new Feed(app.live, pictures.ask);

function drawn(): void {
  if (!app.foresees) {
    app.foresees = true;
    pictures.ask();
  }
  document.documentElement.classList.toggle("presenting", app.presenting);
  document.documentElement.classList.toggle("embedded", app.embedded);
  showFragment(() => app.fragment);
  if (app.tab === "live") feed.begin();
}

// --- what only a page can do

function tell(text: string): void {
  if (notice === null) return;
  notice.textContent = text;
  notice.classList.add("shown");
  setTimeout(() => notice.classList.remove("shown"), NOTICE);
}

async function share(): Promise<void> {
  const link = `${location.href.split("#")[0]}#${app.fragment}`;
  tell((await copyText(link)) ? "The link is on the clipboard." : "The link is in the address bar.");
}

function download(): void {
  if (app.tab === "capture") saveFile("tapvs-capture.pcapng", captureFile(app.capture));
  else for (const run of app.player.runs) saveFile(`tapvs-${run.topology.mode}.pcapng`, runFile(run));
}

function showHelp(): void {
  if (dialog === null || dialog.open) return;
  dialog.innerHTML = help().text;
  dialog.showModal();
}

async function takeFiles(files: readonly File[]): Promise<void> {
  const taken = files.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }));
  app.capture.take(await Promise.all(taken));
  if (app.tab !== "capture") app.open("capture");
  pictures.ask();
}

function exportGuesses(): void {
  const link = `${location.href.split("#")[0]}#${app.fragment}`;
  const report = app.prediction?.report(link) ?? "";
  saveFile("tapvs-predictions.json", new TextEncoder().encode(report), "application/json");
}

/** The drawing as it stands, with its sentence. */
async function picture(kind: "svg" | "png"): Promise<void> {
  const svg = pictureOf(document.querySelector(".stage"), app.caption);
  if (svg === undefined) return;
  const name = `tapvs-${app.setup.mode}-${app.caption?.number ?? ""}`.replace(/[^a-z0-9-]+/g, "-").replace(/-+$/, "");
  if (kind === "svg") saveFile(`${name}.svg`, new TextEncoder().encode(svg), "image/svg+xml");
  else saveFile(`${name}.png`, await pngOf(svg), "image/png");
}

/** The ladder as a slide: the moment that breaks is marked, what is said again is said once. */
function ladderSlide(): void {
  for (const { topology, simulation } of app.player.runs) {
    const end = simulation.exchanges.at(-1)?.end ?? { kind: "pending" };
    const title = `${modeName(topology.mode, topology.family)}, ladder`;
    const svg = ladderSvg(ladderOf(topology, title, end), { culprit: culpritOf(topology), slide: true });
    saveFile(`tapvs-${topology.mode}-ladder.svg`, new TextEncoder().encode(svg), "image/svg+xml");
  }
}

const HERE: Readonly<Record<string, () => void>> = {
  export: exportGuesses,
  "save-lesson": () =>
    saveFile(
      `tapvs-lesson-${app.lessons.lesson.number}.json`,
      new TextEncoder().encode(app.lessons.json),
      "application/json",
    ),
  slide: ladderSlide,
  "open-out": () => void open(`${location.pathname}#${app.fragment}`, "_blank"),
  svg: () => void picture("svg"),
  png: () => void picture("png"),
  share: () => void share(),
  download,
  theme: () => tell(`Colours: ${nextTheme()}.`),
  help: showHelp,
  unlisten: () => feed.stop(),
};

function perform(name: string, target: string, time: number): void {
  const here = Object.hasOwn(HERE, name) ? HERE[name] : undefined;
  if (here !== undefined) here();
  else command(app, name, { name: target, time, wall: performance.now() });
  pictures.ask();
}

// --- events

type Actor = HTMLElement | SVGElement;

const actorOf = ({ target }: Event): Actor | null =>
  target instanceof Element ? target.closest<Actor>("[data-do]") : null;

function performOn({ dataset }: Actor): void {
  perform(dataset.do ?? "", dataset.name ?? "", Number(dataset.time ?? 0));
}

document.addEventListener("click", (event) => {
  const actor = actorOf(event);
  if (actor instanceof HTMLAnchorElement) event.preventDefault();
  if (actor !== null && !(actor instanceof HTMLFormElement)) performOn(actor);
  const menu = document.querySelector("details.menu");
  if (event.target instanceof Node && menu?.querySelector("summary")?.contains(event.target) !== true)
    menu?.removeAttribute("open");
});

/** Keys that mean something to what has the focus. */
function isTakenBy(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches("input:not([type=checkbox]), textarea, select")) return true;
  return (key === " " || key === "Enter") && target.matches("button, summary, input, a");
}

/** What the remote controls of presenters send. */
const REMOTE: Readonly<Record<string, string>> = { PageDown: "ArrowRight", PageUp: "ArrowLeft" };

document.addEventListener("keydown", (event) => {
  const { target } = event;
  const key = (app.presenting ? REMOTE[event.key] : undefined) ?? event.key;
  if (event.ctrlKey || event.metaKey || event.altKey || dialog?.open === true || isTakenBy(target, key)) return;
  const actor = actorOf(event);
  const sessions = app.tab === "schedulers" ? sessionsOfKey(app.schedulers, key) : undefined;
  if (sessions !== undefined) {
    event.preventDefault();
    perform("session-go", String(sessions), 0);
    return;
  }
  if (/^[1-9]$/.test(key) && Number(key) <= (app.prediction?.pending?.decision.choices.length ?? 0)) {
    perform("guess", String(Number(key) - 1), 0);
    return;
  }
  const known = app.tab === "watch" || app.tab === "compare" ? commandOfKey(key) : undefined;
  if (key === "Enter" && actor?.matches("[tabindex]") === true) performOn(actor);
  else if (key === "?") perform("help", "", 0);
  else if (key === "Escape" && app.presenting) perform("present", "", 0);
  else if (known !== undefined) {
    event.preventDefault();
    perform(known.command, known.name, 0);
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.dataset.do === undefined) return;
  event.preventDefault();
  const values = new FormData(form);
  if (form.dataset.do === "listen") void feed.listen(String(values.get("filter") ?? ""));
  else {
    app.run(String(values.get("line") ?? ""));
    form.reset();
  }
  pictures.ask();
});

document.addEventListener("input", ({ target }) => {
  if (!(target instanceof HTMLInputElement)) return;
  if (target.dataset.set === "wait") app.pull(Number(target.value));
  else if (target.dataset.set === "packet-filter") app.capture.filter = target.value;
  else return;
  pictures.ask();
});

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

const isField = (target: EventTarget | null): target is Field =>
  target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement;

document.addEventListener("change", ({ target }) => {
  if (!isField(target)) return;
  const { set = "", place = "0", name = "" } = target.dataset;
  const input = target instanceof HTMLInputElement ? target : undefined;
  if (set === "files") void takeFiles([...(input?.files ?? [])]);
  else if (set === "lesson-file") app.lessons.write(name, target.value);
  else if (set === "predict-goals") app.lessons.predicting = input?.checked === true;
  else if (set === "configuration" || set === "rules") app.capture.write(set, target.value);
  else if (set === "wait") {
    app.wait = 0;
    target.value = "0";
  } else {
    const value = set === "fault" ? name : target.value;
    app.set({ name: set, value, place: Number(place), checked: input?.checked === true });
  }
  pictures.ask();
});

document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  void takeFiles([...(event.dataTransfer?.files ?? [])]);
});

// A link within the page, or the reader's way back.
addEventListener("hashchange", () => {
  if (location.hash === `#${app.fragment}`) return;
  app.follow(location.hash);
  pictures.ask();
});

function followReader(): void {
  app.playback.still = quiet.matches;
}

quiet.addEventListener("change", followReader);
narrow.addEventListener("change", pictures.ask);
followReader();
restoreTheme();
pictures.ask();
