/**
 * Events that say what one before them said are that one. Most of what a packet of a connection meets, others met before it: the route, the
 * real server, the next hop. An event that is there already costs a look, and a listener that keeps it no memory.
 *
 * Each kind has some places; where an event is looked for is told by a number of it that varies.
 */
import type { Address, Family } from "../wire/address.ts";
import type { Rewritten, WalkEvent } from "./events.ts";

type Kept<Event> = (Event | undefined)[];

const PLACES = 64;
const places = <Kind extends WalkEvent["kind"]>(): Kept<WalkEvent<Kind>> =>
  Array.from({ length: PLACES }, () => undefined);

/** The event that is at this place from now on. */
function keep<Event extends WalkEvent>(kept: Kept<Event>, place: number, event: Event): Event {
  kept[place] = event;
  return event;
}

const placeOf = (number: number): number => (Math.imul(number, 0x9e3779b1) >>> 26) & (PLACES - 1);

export class SharedEvents {
  readonly #routed = places<"routed">();
  readonly #neighbor = places<"neighbor">();
  readonly #method = places<"method">();
  readonly #state = places<"state">();
  readonly #ttl = places<"ttl">();
  readonly #mtu = places<"mtu">();
  readonly #rewritten = places<"rewritten">();

  routed(
    destination: Address,
    to: WalkEvent<"routed">["to"],
    dev: string,
    via: Address | undefined,
  ): WalkEvent<"routed"> {
    const place = placeOf(destination.words[0] ^ destination.words[3]);
    const kept = this.#routed[place];
    if (
      kept !== undefined &&
      kept.destination === destination &&
      kept.to === to &&
      kept.dev === dev &&
      kept.via === via
    )
      return kept;
    return keep(this.#routed, place, { kind: "routed", destination, to, dev, via });
  }

  /** A frame goes to it. */
  usedNeighbor(address: Address, mac: string, state: string): WalkEvent<"neighbor"> {
    const place = placeOf(address.words[0] ^ address.words[3]);
    const kept = this.#neighbor[place];
    if (kept !== undefined && kept.address === address && kept.mac === mac && kept.state === state) return kept;
    return keep(this.#neighbor, place, { kind: "neighbor", what: "used", address, mac, state });
  }

  /** `near`: the real server's handle. */
  method(method: string, destination: string, near: number): WalkEvent<"method"> {
    const place = placeOf(near);
    const kept = this.#method[place];
    if (kept !== undefined && kept.destination === destination && kept.method === method) return kept;
    return keep(this.#method, place, { kind: "method", method, destination });
  }

  state(
    protocol: string,
    direction: string,
    event: string,
    before: string,
    after: string,
    timeoutSeconds: number,
  ): WalkEvent<"state"> {
    const place = placeOf(timeoutSeconds | 0) ^ direction.length;
    const kept = this.#state[place];
    if (
      kept !== undefined &&
      kept.timeoutSeconds === timeoutSeconds &&
      kept.after === after &&
      kept.before === before &&
      kept.event === event &&
      kept.direction === direction &&
      kept.protocol === protocol
    )
      return kept;
    return keep(this.#state, place, { kind: "state", protocol, direction, event, before, after, timeoutSeconds });
  }

  /** One less. */
  ttl(family: Family, before: number): WalkEvent<"ttl"> {
    const place = placeOf(before);
    const kept = this.#ttl[place];
    if (kept !== undefined && kept.before === before && kept.family === family) return kept;
    return keep(this.#ttl, place, { kind: "ttl", family, before, after: before - 1 });
  }

  /** Of a frame that is one packet. */
  mtu(family: Family, length: number, mtu: number, dontFragment: boolean, fits: boolean): WalkEvent<"mtu"> {
    const place = placeOf(length);
    const kept = this.#mtu[place];
    if (
      kept !== undefined &&
      kept.length === length &&
      kept.mtu === mtu &&
      kept.dontFragment === dontFragment &&
      kept.fits === fits &&
      kept.family === family
    )
      return kept;
    return keep(this.#mtu, place, { kind: "mtu", family, length, mtu, dontFragment, fits });
  }

  /** `near`: of the handles of both, whatever varies with them. */
  rewritten(what: Rewritten, before: string, after: string, near: number): WalkEvent<"rewritten"> {
    const place = placeOf(near);
    const kept = this.#rewritten[place];
    if (kept !== undefined && kept.after === after && kept.before === before && kept.what === what) return kept;
    return keep(this.#rewritten, place, { kind: "rewritten", what, before, after });
  }
}
