/** How the network's time follows the viewer's: slowly enough to see each frame, fast where nothing or much happens. */
import type { Player } from "./model/player.ts";

/** Viewer's milliseconds from one moment to the next, at speed 1. */
const STEP = 900;
/** With more requests or frames at once, time runs evenly instead of from one arrival to the next. */
const CROWD = 4;
/** Microseconds of the network in a millisecond of the viewer's, in a crowd. */
const CROWD_PACE = 40;
/** At most so much time is leapt over in a picture. Microseconds. */
const LONGEST_LEAP = 100_000;
/** Milliseconds of work in one picture, so that it stays fluid. */
const BUDGET = 7;
/** The last stretch before an arrival takes most of the time that is seen. Microseconds, and its share. */
const LAST_STRETCH = 400;
const LAST_STRETCH_SHARE = 0.8;
/** Milliseconds that running down a timeout takes. */
const RUN_DOWN = 1000;

/** Who watches: how long they read, and whether they want to be asked before time goes on. */
export interface Viewer {
  /** Milliseconds at speed 1 that it takes to read what is said of this moment. */
  readonly readingTime: number;
  /** False while a question waits for them. */
  readonly mayGoOn: boolean;
}

const NOBODY: Viewer = { readingTime: 0, mayGoOn: true };

export const SPEEDS: readonly number[] = [0.25, 0.5, 1, 2, 4, 16];

/** From a moment to the next; what is shown in between is neither. */
interface Passage {
  readonly from: number;
  readonly to: number;
  readonly begun: number;
  readonly lasts: number;
}

/** What a picture needs to show: `moved` frames are elsewhere, `changed` everything may be other. */
export interface Progress {
  readonly moved: boolean;
  readonly changed: boolean;
}

const STILL: Progress = { moved: false, changed: false };
const MOVED: Progress = { moved: true, changed: false };
const CHANGED: Progress = { moved: true, changed: true };

export class Playback {
  readonly #player: () => Player;
  #passage: Passage | undefined;
  #runDown: Passage | undefined;
  /** Connections that had expired before time ran down. */
  #expired = 0;
  readonly #viewer: () => Viewer;
  /** It played until a question came. */
  #interrupted = false;
  /** Until then what was said of the last moment is read. */
  #readUntil = Number.NEGATIVE_INFINITY;
  #last = Number.NaN;
  #rushing = false;
  #crowded = false;
  playing = false;
  speed = 1;
  /** Nobody wants to see anything move. */
  still = false;

  /** The player may be replaced by another. */
  constructor(player: () => Player, viewer: () => Viewer = () => NOBODY) {
    this.#player = player;
    this.#viewer = viewer;
  }

  /** The network's time to be shown, in microseconds. `wall` is the viewer's, in milliseconds. */
  shown(wall: number): number {
    const { head } = this.#player();
    return this.#passage === undefined ? head : timeIn(this.#passage, wall);
  }

  /** Something is moving, or is to. */
  get active(): boolean {
    return (
      this.playing || this.#rushing || this.#passage !== undefined || this.#runDown !== undefined || this.#player().busy
    );
  }

  /** Frames move from one moment to the next. */
  get passing(): boolean {
    return this.#passage !== undefined;
  }

  /** Everything happens at once: nobody sees a single frame. */
  get rushing(): boolean {
    return this.#rushing;
  }

  /** So much happens at once that nobody reads all of it. */
  get hurried(): boolean {
    return this.#crowded || this.#rushing;
  }

  /**
   * One moment forward, unless a question waits. The moment is the player's at once, with all that is said of it; only the
   * frames take their time to get there, and whoever asks again meanwhile sees them arrive at once.
   */
  forward(wall: number): boolean {
    this.#passage = undefined;
    if (!this.#viewer().mayGoOn) return false;
    const player = this.#player();
    const from = player.head;
    if (!player.forward()) return false;
    const lasts = this.still ? 0 : STEP / this.speed;
    if (!this.still) this.#passage = { from, to: player.head, begun: wall, lasts };
    this.#readUntil = wall + lasts;
    return true;
  }

  /** Plays on, if a question came in between. */
  resume(): void {
    this.playing ||= this.#interrupted;
    this.#interrupted = false;
  }

  /** Everything that is left to happen but timeouts, at once. */
  rush(): void {
    this.halt();
    this.#rushing = true;
  }

  /** Lets time pass up to `time`, within a second; or until a connection has expired. */
  runDown(time: number, wall: number): void {
    this.halt();
    const player = this.#player();
    this.#runDown = { from: player.head, to: time, begun: wall, lasts: this.still ? 0 : RUN_DOWN };
    this.#expired = player.expired;
  }

  /** Nothing moves by itself any more. */
  halt(): void {
    this.playing = false;
    this.#interrupted = false;
    this.#rushing = false;
    this.#crowded = false;
    this.#passage = undefined;
    this.#runDown = undefined;
    this.#readUntil = Number.NEGATIVE_INFINITY;
  }

  /** The next picture is due. */
  picture(wall: number): Progress {
    const since = Number.isNaN(this.#last) ? 0 : wall - this.#last;
    this.#last = wall;
    const ends = performance.now() + BUDGET;
    const mayGoOn = (): boolean => performance.now() < ends;
    const player = this.#player();
    if (player.busy) return player.work(mayGoOn) ? CHANGED : STILL;
    if (this.#runDown !== undefined) return this.#pass(player, this.#runDown, wall, mayGoOn);
    if (this.#rushing) return this.#rush(player, mayGoOn);
    if (this.#passage !== undefined) {
      if (wall < this.#passage.begun + this.#passage.lasts) return MOVED;
      this.#passage = undefined;
      this.#readUntil = wall + this.#viewer().readingTime / this.speed;
      return MOVED;
    }
    return this.playing ? this.#play(player, wall, since, mayGoOn) : STILL;
  }

  #pass(player: Player, passage: Passage, wall: number, mayGoOn: () => boolean): Progress {
    const share = passage.lasts === 0 ? 1 : Math.min(1, (wall - passage.begun) / passage.lasts);
    player.goTo(Math.round(passage.from + (passage.to - passage.from) * share));
    if (player.work(mayGoOn) && (share === 1 || player.expired > this.#expired)) this.#runDown = undefined;
    return CHANGED;
  }

  #rush(player: Player, mayGoOn: () => boolean): Progress {
    this.#rushing = !player.rush(mayGoOn);
    return CHANGED;
  }

  #play(player: Player, wall: number, since: number, mayGoOn: () => boolean): Progress {
    this.#crowded = player.runs.some(({ simulation, inFlight }) => Math.max(simulation.waiting, inFlight) > CROWD);
    if (this.#crowded && !player.idle) {
      // Where nothing is on a wire, nobody waits for it.
      const even = player.head + since * CROWD_PACE * this.speed;
      player.goTo(Math.round(Math.max(even, Math.min(player.due, even + LONGEST_LEAP))));
      player.work(mayGoOn);
      return CHANGED;
    }
    if (wall < this.#readUntil) return STILL;
    if (!this.forward(wall)) {
      this.playing = false;
      this.#interrupted = !this.#viewer().mayGoOn;
    }
    // Where nothing moves, all of the pause is for reading.
    else if (this.still) this.#readUntil = wall + (STEP + this.#viewer().readingTime) / this.speed;
    return CHANGED;
  }
}

/** Where in a passage the network's time is. */
function timeIn({ from, to, begun, lasts }: Passage, wall: number): number {
  const share = Math.min(1, Math.max(0, (wall - begun) / lasts));
  const turn = Math.max(from, to - LAST_STRETCH);
  if (turn === from) return from + (to - from) * share;
  const before = 1 - LAST_STRETCH_SHARE;
  return share < before
    ? from + ((turn - from) * share) / before
    : turn + ((to - turn) * (share - before)) / LAST_STRETCH_SHARE;
}
