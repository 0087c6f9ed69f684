/** The page's state, and what each control does to it. Knows nothing of the browser: main.ts connects the two. */
import { type FaultName, FAULT_NAMES } from "../../core/network/faults.ts";
import { MODES, type Mode } from "../../core/network/topologies.ts";
import { CaptureTab } from "./capture/capture-tab.ts";
import { LiveTab } from "./live/live-tab.ts";
import { type Deed, MOST_IN_BURST } from "./model/action.ts";
import { fragmentOf, parseFragment } from "./model/link.ts";
import { Player } from "./model/player.ts";
import { FIRST_SETUP, type Setup, soundSetup, weightsFor } from "./model/setup.ts";
import { Playback, SPEEDS } from "./playback.ts";
import { secondsOf } from "./view/transport.ts";

export const TABS = ["watch", "compare", "capture", "live"] as const;
export type Tab = (typeof TABS)[number];

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
  readonly capture = new CaptureTab();
  readonly live: LiveTab;
  readonly playback: Playback;
  player: Player;
  #setup: Setup;

  /** `fragment` is a shared link's; `director` the name of the running director, if there is one. */
  constructor(fragment: string, director: string) {
    const shared = parseFragment(fragment);
    this.#setup = shared?.setup ?? FIRST_SETUP;
    if (shared?.other !== undefined) {
      this.tab = "compare";
      this.other = shared.other;
    }
    this.live = new LiveTab(director);
    if (shared === undefined && this.live.there) this.tab = "live";
    this.player = new Player(this.#setups(), shared?.actions ?? [{ kind: "request", client: 0, at: 0 }], shared?.head ?? 0);
    this.playback = new Playback(() => this.player);
  }

  get setup(): Setup {
    return this.#setup;
  }

  /** The link's fragment for what is seen; empty where it cannot be shared. */
  get fragment(): string {
    if (this.tab !== "watch" && this.tab !== "compare") return "";
    const other = this.tab === "compare" ? this.other : undefined;
    return fragmentOf({ setup: this.#setup, other, actions: this.player.actions, head: this.player.head });
  }

  #setups(): Setup[] {
    const { mode } = this.#setup;
    return this.tab === "compare" ? [this.#setup, { ...this.#setup, mode: this.other === mode ? otherThan(mode) : this.other }] : [this.#setup];
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
    if (this.other === this.#setup.mode) this.other = otherThan(this.#setup.mode);
    this.player.choose(this.#setups());
  }

  chooseOther(mode: Mode): void {
    this.other = mode;
    if (mode === this.#setup.mode) this.#setup = { ...this.#setup, mode: otherThan(mode) };
    this.player.choose(this.#setups());
  }

  /** A value from a form. Values that make no sense change nothing. */
  set(name: string, value: string, place: number, checked: boolean): void {
    const number = Number(value);
    switch (name) {
      case "scheduler":
        return this.choose({ scheduler: value });
      case "servers":
        return this.choose({ weights: weightsFor(this.#setup.weights, number) });
      case "weight":
        return this.choose({ weights: this.#setup.weights.map((weight, index) => (index === place ? number : weight)) });
      case "clients":
        return this.choose({ clients: number });
      case "persistent":
        return this.choose({ persistentSeconds: number });
      case "mtu":
        return this.choose({ mtu: number });
      case "fault":
        return this.#switch(value, checked);
      case "speed":
        this.playback.speed = SPEEDS.find((speed) => speed === number) ?? 1;
        return;
      case "sender":
        this.sender = number;
        return;
      case "burst":
        this.burst = Math.min(MOST_IN_BURST, Math.max(1, Math.round(number) || 1));
    }
  }

  #switch(name: string, on: boolean): void {
    const fault: FaultName | undefined = FAULT_NAMES.find((known) => known === name);
    const others = this.#setup.faults.filter((known) => known !== fault);
    this.choose({ faults: fault !== undefined && on ? [...others, fault] : others });
  }

  /** The number of the client whose turn it is. */
  get #client(): number {
    const sent = this.player.actions.filter((action) => "client" in action).length;
    return this.sender === IN_TURN ? sent % this.#setup.clients : Math.min(this.sender, this.#setup.clients - 1);
  }

  /** Sends something now, and lets it run. */
  send(kind: "request" | "long" | "ping" | "datagram" | "fragments" | "burst"): void {
    const deed: Deed = kind === "burst" ? { kind, count: this.burst } : { kind, client: this.#client };
    this.act(deed);
    this.playback.playing = true;
  }

  act(deed: Deed): void {
    this.playback.halt();
    this.player.act(deed);
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

  /** Seconds until the first connection expires, in either network; `undefined` if there are none. */
  get nextTimeout(): number | undefined {
    const left = this.player.runs.flatMap(({ nextTimeout }) => nextTimeout ?? []);
    return left.length === 0 ? undefined : Math.min(...left);
  }
}

const otherThan = (mode: Mode): Mode => MODES.find((candidate) => candidate !== mode) ?? mode;
