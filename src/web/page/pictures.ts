/** The loop: lets time pass, draws what may have changed, and rests when nothing does. */
import type { App } from "./app.ts";
import type { Run } from "./model/run.ts";
import { morphInto } from "./morph.ts";
import { page } from "./view/page.ts";
import type { Places } from "./view/places.ts";
import { placesOf } from "./view/stage.ts";
import { clockText } from "./view/times.ts";
import { moving } from "./view/watch.ts";

/** Milliseconds between two full pictures while much happens. */
const BUSY_PAUSE = 140;
/** The same while everything happens at once. */
const RUSHING_PAUSE = 1000;
/** So many times what a full picture costs lie between two of them while much happens. */
const COST_SHARE = 20;
/** Pixels between a row that is followed and the edge of its list. */
const ROOM = 48;

export class Pictures {
  readonly #app: App;
  readonly #root: Element;
  readonly #isNarrow: () => boolean;
  readonly #drawn: () => void;
  readonly #places = new WeakMap<Run, { readonly tall: boolean; readonly places: Places }>();
  readonly #followed = new WeakMap<Element, string>();
  #last = 0;
  /** Milliseconds that the last full picture took. */
  #cost = 0;
  #asked = false;
  #stale = true;

  /** `drawn` is told of each full picture. */
  constructor(app: App, root: Element, isNarrow: () => boolean, drawn: () => void) {
    this.#app = app;
    this.#root = root;
    this.#isNarrow = isNarrow;
    this.#drawn = drawn;
  }

  /** Everything may look other than it does. */
  readonly ask = (): void => {
    this.#stale = true;
    this.#root.toggleAttribute("data-stale", true);
    this.#wake();
  };

  #wake(): void {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame((wall) => this.#frame(wall));
  }

  #frame(wall: number): void {
    this.#asked = false;
    const { playback, player } = this.#app;
    // What was asked for is done before it is drawn, if that is quick.
    if (player.busy) this.#stale = playback.picture(wall).changed || this.#stale;
    const hurried = playback.hurried || player.busy;
    // What was pressed is answered at once; where much happens, by pictures that leave the frames between them fluid.
    const pause = Math.max(playback.rushing ? RUSHING_PAUSE : BUSY_PAUSE, this.#cost * COST_SHARE);
    if (this.#stale && (!hurried || wall - this.#last >= pause)) this.#draw(wall);
    const { moved, changed } = playback.picture(wall);
    this.#stale ||= changed;
    if (playback.rushing) this.#drawProgress();
    else if (moved) this.#drawMoving(wall);
    // Whoever reads the page by program must not read what is about to change.
    this.#root.toggleAttribute("data-stale", this.#stale || player.busy);
    if (playback.active || this.#stale) this.#wake();
  }

  #draw(wall: number): void {
    const begun = performance.now();
    morphInto(this.#root, page(this.#app, (run) => this.#placesFor(run)).text);
    this.#stale = false;
    this.#last = wall;
    this.#drawMoving(wall);
    this.#follow();
    this.#drawn();
    this.#cost = performance.now() - begun;
  }

  /** Lists that follow what happens are scrolled to their row of now, when it is another one. */
  #follow(): void {
    for (const box of this.#root.querySelectorAll("[data-follow]")) {
      const row = box.querySelector("[data-now]");
      const key = row?.getAttribute("data-key") ?? "";
      if (row === null || this.#followed.get(box) === key) continue;
      this.#followed.set(box, key);
      const [inner, outer] = [row.getBoundingClientRect(), box.getBoundingClientRect()];
      if (inner.top < outer.top + ROOM || inner.bottom > outer.bottom - ROOM)
        box.scrollTop += inner.top - outer.top - outer.height / 2;
    }
  }

  #drawMoving(wall: number): void {
    const time = this.#app.playback.shown(wall);
    this.#root.classList.toggle("passing", this.#app.playback.passing);
    const layers = this.#root.querySelectorAll("[data-moving]");
    for (const [index, run] of this.#app.player.runs.entries()) {
      const layer = layers[index];
      if (layer !== undefined) layer.innerHTML = moving(run, this.#placesFor(run), time).text;
    }
    this.#write("[data-clock]", clockText(time));
  }

  /** While everything happens at once: how far it is, and nothing else. */
  #drawProgress(): void {
    const { player } = this.#app;
    this.#write("[data-clock]", clockText(player.head));
    const last = player.runs[0]?.simulation.exchanges.at(-1);
    if (last !== undefined) this.#write(".sentence", last.status().text);
  }

  #write(selector: string, text: string): void {
    const place = this.#root.querySelector(selector);
    if (place !== null) place.textContent = text;
  }

  #placesFor(run: Run): Places {
    const tall = this.#isNarrow();
    const known = this.#places.get(run);
    if (known?.tall === tall) return known.places;
    const places = placesOf(run.topology, tall);
    this.#places.set(run, { tall, places });
    return places;
  }
}
