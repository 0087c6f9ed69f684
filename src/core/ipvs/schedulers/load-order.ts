/**
 * Which destination of a service has the least load per weight, without a look at all of them: a tournament. Two neighbors of the list meet, then the
 * winners of two such pairs, and so on; when a load changes, only the matches that it has been in are played again. The kernel looks at all
 * of its list for each connection; the winner is the same, of equals the first.
 *
 * What has changed is noted when it changes and settled when somebody asks.
 */
import type { Destination, LoadListener } from "../destination.ts";
import type { Service } from "../service.ts";
import { heavier } from "./load.ts";
import { usable } from "./scheduler.ts";

/** What is compared: a load, and the weight that it is divided by, above 0. Of usable destinations only. */
export interface LoadPerWeight {
  load(destination: Destination): number;
  weight(destination: Destination): number;
}

/** What most schedulers divide by. */
export const ownWeight = ({ weight }: Destination): number => weight;

export class LoadOrder implements LoadListener {
  readonly #destinations: readonly Destination[];
  readonly #compared: LoadPerWeight;
  /** By place in the list. */
  #loads = new Float64Array();
  #weights = new Float64Array();
  #isUsable = new Uint8Array();
  #isStale = new Uint8Array();
  /** Places whose load has changed. */
  #stale = new Int32Array();
  #staleCount = 0;
  /** The places that won: match n was played by the winners of 2n and 2n+1, from #size on by the places themselves. */
  #winners = new Int32Array();
  /** A power of two; places behind the last one are never usable. */
  #size = 0;
  /** Whether destinations have come or gone since. */
  #isOutdated = true;

  constructor({ destinations }: Service, compared: LoadPerWeight) {
    this.#destinations = destinations;
    this.#compared = compared;
  }

  /** The usable destination with the least load per weight, the first of equals; `undefined` when none is usable. */
  least(): Destination | undefined {
    if (this.#isOutdated) this.#lineUp();
    for (let index = 0; index < this.#staleCount; index++) {
      const place = this.#stale[index] ?? 0;
      this.#look(place);
      this.#play(place);
    }
    this.#staleCount = 0;
    const winner = this.#winners[1] ?? 0;
    return this.#isUsable[winner] === 1 ? this.#destinations[winner] : undefined;
  }

  loadChanged({ place }: Destination): void {
    if (this.#isStale[place] !== 0) return;
    this.#isStale[place] = 1;
    this.#stale[this.#staleCount++] = place;
  }

  /** Destinations have come: those behind them stand elsewhere now. */
  destinationAdded(): void {
    this.#isOutdated = true;
  }

  destinationRemoved(destination: Destination): void {
    destination.loadListener = undefined;
    this.#isOutdated = true;
  }

  /** The service lets go of it. */
  unbind(): void {
    for (const destination of this.#destinations) destination.loadListener = undefined;
  }

  #lineUp(): void {
    const count = this.#destinations.length;
    let size = 1;
    while (size < count) size *= 2;
    this.#size = size;
    this.#loads = new Float64Array(size);
    this.#weights = new Float64Array(size).fill(1);
    this.#isUsable = new Uint8Array(size);
    this.#isStale = new Uint8Array(size);
    this.#stale = new Int32Array(size);
    this.#staleCount = 0;
    this.#winners = new Int32Array(2 * size);
    for (const [place, destination] of this.#destinations.entries()) {
      destination.loadListener = this;
      destination.place = place;
      this.#look(place);
    }
    for (let place = 0; place < size; place++) this.#winners[size + place] = place;
    for (let match = size - 1; match > 0; match--) this.#meet(match);
    this.#isOutdated = false;
  }

  /** Reads what is compared of a destination. */
  #look(place: number): void {
    const destination = this.#destinations[place];
    this.#isStale[place] = 0;
    if (destination === undefined) return;
    const isUsable = usable(destination);
    this.#isUsable[place] = isUsable ? 1 : 0;
    if (!isUsable) return;
    this.#loads[place] = this.#compared.load(destination);
    this.#weights[place] = this.#compared.weight(destination);
  }

  /** Plays again what a place has been in. */
  #play(place: number): void {
    for (let match = (this.#size + place) >> 1; match > 0; match >>= 1) this.#meet(match);
  }

  #meet(match: number): void {
    const first = this.#winners[2 * match] ?? 0;
    const second = this.#winners[2 * match + 1] ?? 0;
    this.#winners[match] = this.#isBetter(second, first) ? second : first;
  }

  #isBetter(second: number, first: number): boolean {
    if (this.#isUsable[second] !== 1) return false;
    if (this.#isUsable[first] !== 1) return true;
    return heavier(
      this.#loads[first] ?? 0,
      this.#weights[first] ?? 1,
      this.#loads[second] ?? 0,
      this.#weights[second] ?? 1,
    );
  }
}
