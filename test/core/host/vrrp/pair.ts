/** Several directors on one link, in memory: what one sends the others receive within a millisecond, as long as the link is up. */
import { HaDirector } from "./director.ts";

export class HaPair {
  readonly directors: readonly HaDirector[];
  /** Links that carry nothing, by their names. */
  readonly cut = new Set<string>();
  /** Whose frames are lost: it is dead, or nobody hears it. */
  readonly dead = new Set<HaDirector>();
  now = 0;
  readonly #onWire: { readonly from: HaDirector; readonly bytes: Uint8Array; readonly dev: string }[] = [];

  constructor(...directors: readonly HaDirector[]) {
    this.directors = directors;
    for (const one of directors) {
      one.onSend = ({ bytes, dev }) => {
        if (!this.cut.has(dev) && !this.dead.has(one)) this.#onWire.push({ from: one, bytes, dev });
      };
    }
  }

  #deliver(): void {
    for (let next = this.#onWire.shift(); next !== undefined; next = this.#onWire.shift()) {
      for (const other of this.directors) {
        if (other === next.from || this.dead.has(other)) continue;
        other.receive(next.bytes, next.dev);
      }
    }
  }

  /** Lets seconds pass on all that live. */
  pass(seconds: number): void {
    const end = this.now + seconds;
    const step = 0.001;
    while (this.now < end) {
      this.now = Math.min(end, this.now + step);
      for (const one of this.directors) if (!this.dead.has(one)) one.until(this.now);
      this.#deliver();
    }
  }

  get states(): string[] {
    return this.directors.map(({ state }) => state);
  }
}

/** A virtual router for 10.1.0.100 on eth0. */
export const one = (more: object = {}) => ({ interface: "eth0", id: 51, addresses: ["10.1.0.100/32"], ...more });
/** The same as all of a director's high availability. */
export const ha = (more: object = {}) => ({ vrrp: [one(more)] });

/** Two directors with such a router each. */
export const pair = (first: object, second: object): HaPair =>
  new HaPair(new HaDirector(1, ha(first)), new HaDirector(2, ha(second)));
