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
/** Whoever scrolled up further than this many pixels reads, and is not taken to the end of the ladder. */
const FOLLOWING = 40;

const isAtItsEnd = ({ scrollTop, clientHeight, scrollHeight }: Element): boolean =>
  scrollTop + clientHeight >= scrollHeight - FOLLOWING;

export class Pictures {
  readonly #app: App;
  readonly #root: Element;
  readonly #isNarrow: () => boolean;
  readonly #drawn: () => void;
  readonly #places = new WeakMap<Run, { readonly tall: boolean; readonly places: Places }>();
  #last = 0;
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
    const hurried = playback.crowded || player.busy;
    // Between two moments neither is drawn.
    if (this.#stale && !playback.passing && (!hurried || wall - this.#last >= BUSY_PAUSE)) this.#draw(wall);
    const { moved, changed } = playback.picture(wall);
    this.#stale ||= changed;
    if (moved) this.#drawMoving(wall);
    if (playback.active || this.#stale) this.#wake();
  }

  #draw(wall: number): void {
    const reading = new Set([...this.#following()].filter((box) => !isAtItsEnd(box)));
    morphInto(this.#root, page(this.#app, (run) => this.#placesFor(run)).text);
    for (const box of this.#following()) if (!reading.has(box)) box.scrollTop = box.scrollHeight;
    this.#stale = false;
    this.#last = wall;
    this.#drawMoving(wall);
    this.#drawn();
  }

  /** What scrolls along with what happens. */
  #following(): Iterable<Element> {
    return this.#root.querySelectorAll("[data-follow]");
  }

  #drawMoving(wall: number): void {
    const time = this.#app.playback.shown(wall);
    const layers = this.#root.querySelectorAll("[data-moving]");
    for (const [index, run] of this.#app.player.runs.entries()) {
      const layer = layers[index];
      if (layer !== undefined) layer.innerHTML = moving(run, this.#placesFor(run), time).text;
    }
    const clock = this.#root.querySelector("[data-clock]");
    if (clock !== null) clock.textContent = clockText(time);
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
