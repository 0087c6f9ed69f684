/** The page's state, and what each control does to it. Knows nothing of the browser: main.ts connects the two. */

import { LESSONS } from "../../core/lessons/lessons.ts";
import { FAULT_NAMES } from "../../core/simulator/faults.ts";
import { MODES, type Mode } from "../../core/simulator/layout.ts";
import { CaptureTab } from "./capture/capture-tab.ts";
import type { Drawer } from "./drawers.ts";
import { type FormValue, schedulersChange, setupChange } from "./forms.ts";
import { LessonsTab } from "./lessons/lessons-tab.ts";
import { LiveTab } from "./live/live-tab.ts";
import { type Action, MOST_IN_BURST } from "./model/action.ts";
import { type Caption, captionOf } from "./model/caption.ts";
import type { Change } from "./model/changes.ts";
import { Foresight } from "./model/foresight.ts";
import { fragmentOf, parseFragment, type Shared } from "./model/link.ts";
import { LinkWords } from "./model/link-words.ts";
import { momentOf } from "./model/moment.ts";
import type { Outlook } from "./model/outlook.ts";
import { Player } from "./model/player.ts";
import { Prediction } from "./model/prediction.ts";
import type { Run } from "./model/run.ts";
import { FIRST_SETUP, type Setup, soundSetup } from "./model/setup.ts";
import { strikeOf } from "./model/strike.ts";
import { Playback, SPEEDS } from "./playback.ts";
import { readSchedulersFragment, schedulersFragment } from "./schedulers/schedulers-link.ts";
import { SchedulersTab } from "./schedulers/schedulers-tab.ts";
import { secondsOf } from "./view/transport.ts";

export const TABS = ["watch", "schedulers", "compare", "lessons", "capture", "live"] as const;
export type Tab = (typeof TABS)[number];

/** Milliseconds to read a letter, and at least. */
const READING_LETTER = 18;
const READING_LEAST = 400;

/** Each client in turn. */
const IN_TURN = -1;
const SECOND = 1e6;

export class App {
  tab: Tab = "watch";
  sender = 0;
  burst = 100;
  /** Where the slider stands, and the time from which it counts. */
  wait = 0;
  #waitBase = 0;
  other: Mode = "dr";
  /** `undefined` while the drawing stands alone. */
  drawer: Drawer | undefined;
  /** Drawing and sentence only, for the back row. */
  presenting = false;
  /** Part of another page: nothing but what is watched. */
  readonly embedded: boolean;
  /** Predict mode: before each decision the viewer is asked; `undefined` while it is off. */
  prediction: Prediction | undefined;
  /** Number of the lesson that led here; 0 if none did. */
  lessonBehind = 0;
  /** Whether what comes is worked out ahead; the first picture does not wait for it. */
  foresees = true;
  /** What of the link could not be, each in a sentence. */
  problems: readonly string[] = [];
  readonly schedulers = new SchedulersTab();
  readonly lessons = new LessonsTab();
  readonly capture = new CaptureTab();
  readonly live: LiveTab;
  readonly playback: Playback;
  player: Player;
  #setup: Setup = FIRST_SETUP;
  readonly #foresight = new Foresight();

  /** `fragment` is a shared link's; `director` the name of the running director, if there is one. */
  constructor(fragment: string, director: string, embedded = false) {
    this.embedded = embedded;
    this.live = new LiveTab(director);
    if (fragment === "" && this.live.there) this.tab = "live";
    const shared = this.#opened(fragment);
    this.#setup = shared?.setup ?? FIRST_SETUP;
    this.player = new Player(
      this.#setups(),
      shared?.actions ?? [{ kind: "request", client: 0, at: 0 }],
      shared?.head ?? 0,
    );
    this.playback = new Playback(
      () => this.player,
      () => this,
    );
  }

  /** Goes where a link leads; what it says of a network, if it does. */
  #opened(fragment: string): Shared | undefined {
    const [, name = ""] = /^#?(lesson|schedulers)=/.exec(fragment) ?? [];
    if (name === "lesson") {
      this.tab = "lessons";
      const words = new LinkWords(fragment);
      this.lessons.open(words.number("lesson", 1, LESSONS.length, 1));
      this.problems = words.problems;
      return undefined;
    }
    if (name === "schedulers") {
      this.tab = "schedulers";
      this.problems = readSchedulersFragment(this.schedulers, fragment);
      return undefined;
    }
    const { shared, problems } = parseFragment(fragment);
    this.problems = problems;
    this.drawer = shared?.drawer;
    this.presenting = shared?.presenting === true;
    if (shared?.predicting === true) this.prediction = new Prediction();
    if (shared !== undefined) this.tab = shared.other === undefined ? "watch" : "compare";
    this.other = shared?.other ?? this.other;
    return shared;
  }

  /** Another link is followed within the page. */
  follow(fragment: string): void {
    this.playback.halt();
    this.prediction = undefined;
    const shared = this.#opened(fragment);
    if (shared === undefined) return;
    this.#setup = shared.setup;
    this.player = new Player(this.#setups(), shared.actions, shared.head);
  }

  // --- what is seen of the first run

  get #run(): Run | undefined {
    return this.player.runs[0];
  }

  /** The setup that is watched, of a comparison the first. */
  get #watched(): Setup {
    return this.player.setups[0] ?? this.#setup;
  }

  /** All that is going to happen; `undefined` where that is more than anybody follows. */
  get outlook(): Outlook | undefined {
    return this.foresees ? this.#foresight.outlookOf(this.#watched, this.player.actions) : undefined;
  }

  /** What would turn the bad end into a good one; `undefined` before anybody asked. */
  get changes(): readonly Change[] | undefined {
    return this.#foresight.changesOf(this.#watched, this.player.actions);
  }

  /** Tries what would. */
  findChanges(): void {
    this.#foresight.tryChanges(this.#watched, this.player.actions);
  }

  /** Lives through it with the change of this place, from the start. */
  applyChange(place: number): void {
    const change = this.changes?.[place];
    if (change === undefined) return;
    this.playback.halt();
    this.#setup = change.setup;
    this.player = new Player(this.#setups(), change.actions);
    this.playback.playing = true;
  }

  get caption(): Caption | undefined {
    const run = this.#run;
    if (run === undefined) return undefined;
    return captionOf(run, momentOf(run), this.outlook, this.player.idle);
  }

  // --- for the playback

  get readingTime(): number {
    return Math.max(READING_LEAST, READING_LETTER * (this.caption?.text.length ?? 0));
  }

  /** Asks, where something is to be guessed. */
  get mayGoOn(): boolean {
    return this.tab !== "watch" || this.prediction?.ask(this.outlook, this.player.head) === undefined;
  }

  /** The viewer's guess; then time goes on. */
  guess(choice: number, wall: number): void {
    this.prediction?.guess(choice);
    if (!this.mayGoOn) return;
    this.playback.forward(wall);
    this.playback.resume();
  }

  get setup(): Setup {
    return this.#setup;
  }

  /** The link's fragment for what is seen; empty where it cannot be shared. */
  get fragment(): string {
    if (this.tab === "lessons") return `lesson=${this.lessons.lesson.number}`;
    if (this.tab === "schedulers") return schedulersFragment(this.schedulers);
    if (this.tab !== "watch" && this.tab !== "compare") return "";
    const other = this.tab === "compare" ? this.other : undefined;
    const { drawer, presenting } = this;
    const { actions, head } = this.player;
    const predicting = this.prediction !== undefined;
    return fragmentOf({ setup: this.#setup, other, actions, head, drawer, presenting, predicting });
  }

  #setups(): Setup[] {
    const { mode } = this.#setup;
    return this.tab === "compare"
      ? [this.#setup, { ...this.#setup, mode: this.other === mode ? otherThan(mode) : this.other }]
      : [this.#setup];
  }

  /** Another tab. What was done is done in both networks of a comparison. */
  open(tab: Tab): void {
    this.playback.halt();
    this.tab = tab;
    if (this.other === this.#setup.mode) this.other = otherThan(this.#setup.mode);
    if (tab === "watch" || tab === "compare") this.player.choose(this.#setups());
  }

  /** Takes over another set-up, as far as it is sound. */
  choose(change: Partial<Setup>): void {
    this.#setup = soundSetup({ ...this.#setup, ...change });
    this.playback.halt();
    if (this.prediction !== undefined) this.prediction = new Prediction();
    if (this.other === this.#setup.mode) this.other = otherThan(this.#setup.mode);
    this.player.choose(this.#setups());
  }

  chooseOther(mode: Mode): void {
    this.other = mode;
    if (mode === this.#setup.mode) this.#setup = { ...this.#setup, mode: otherThan(mode) };
    this.player.choose(this.#setups());
  }

  /** A value from a form. Values that make no sense change nothing. */
  set(field: FormValue): void {
    const { name, value } = field;
    const number = Number(value);
    const change = setupChange(this.#setup, field);
    const dealt = schedulersChange(this.schedulers.setup, field);
    if (change !== undefined) this.choose(change);
    else if (dealt !== undefined) this.schedulers.choose(dealt);
    else if (name === "speed") this.playback.speed = SPEEDS.find((speed) => speed === number) ?? 1;
    else if (name === "sender") this.sender = number;
    else if (name === "burst") this.burst = Math.min(MOST_IN_BURST, Math.max(1, Math.round(number) || 1));
  }

  /** The number of the client whose turn it is. */
  get #client(): number {
    const sent = this.player.actions.filter((action) => "client" in action).length;
    return this.sender === IN_TURN ? sent % this.#setup.clients : Math.min(this.sender, this.#setup.clients - 1);
  }

  /** Sends something now, and lets it run. */
  send(kind: "request" | "long" | "ping" | "datagram" | "fragments" | "burst"): void {
    const action: Action = kind === "burst" ? { kind, count: this.burst } : { kind, client: this.#client };
    this.act(action);
    this.playback.playing = true;
  }

  act(action: Action): void {
    this.playback.halt();
    this.player.act(action);
  }

  /** Puts right what is wrong, now, and asks once more. */
  repair(name: string): void {
    const fault = FAULT_NAMES.find((known) => known === name);
    if (fault === undefined) return;
    this.act({ kind: "repair", fault });
    this.send("request");
  }

  /** Kills a director, or starts a dead one again; without a name the one that is dead, or the first. */
  strike(name: string): void {
    const strike = strikeOf(this.#run?.topology.directors ?? [], name);
    if (strike === undefined) return;
    this.act(strike);
    this.playback.playing = true;
  }

  /** A command line of ipvsadm, with or without the program's name; nothing else is one. */
  run(line: string): void {
    const words = line.trim().replace(/^ipvsadm(\s+|$)/, "");
    if (words !== "") this.act({ kind: "ipvsadm", line: words });
  }

  /** The slider is pulled: time goes on from where it was, and back again. */
  pull(place: number): void {
    if (this.wait === 0) {
      this.playback.halt();
      this.#waitBase = this.player.head;
    }
    this.wait = place;
    this.player.goTo(this.#waitBase + Math.round(secondsOf(place) * SECOND));
  }
}

const otherThan = (mode: Mode): Mode => MODES.find((candidate) => candidate !== mode) ?? mode;
