/** A simulation's life from the start: what happens is decided by the setup, the actions and the time, and by nothing else. */
import { connectionEntries } from "../../../core/control/connection-entry.ts";
import type { Hop } from "../../../core/simulator/network.ts";
import type { Topology } from "../../../core/simulator/topologies.ts";
import { activeDirector } from "../../../core/simulator/two-directors.ts";
import type { WalkEvent } from "../../../core/trace/events.ts";
import { type TimedAction, withAction } from "./action.ts";
import type { Setup } from "./setup.ts";
import { Simulation } from "./simulation.ts";

/** What the director did without a frame that arrived. */
export interface Housekeeping {
  readonly time: number;
  readonly event: Extract<WalkEvent, { readonly kind: "expired" }>;
}

const nothing = (): void => {};

export class Run {
  readonly simulation: Simulation;
  /** Moments at which a frame had come to everybody it was for, or somebody did something. Ascending, in microseconds. */
  readonly stops: number[] = [];
  readonly housekeeping: Housekeeping[] = [];
  #actions: readonly TimedAction[];
  #performed = 0;
  /** Frames that somebody has yet to get. */
  #inFlight: Hop[] = [];
  /** Hops that were looked at. */
  #seen = 0;

  /** The actions are in the order of their moments. */
  constructor(setup: Setup, actions: readonly TimedAction[]) {
    this.simulation = new Simulation(setup);
    this.#actions = actions;
  }

  /** One more action, not earlier than now. */
  add(action: TimedAction): void {
    this.#actions = withAction(this.#actions, action);
  }

  get topology(): Topology {
    return this.simulation.topology;
  }

  get now(): number {
    return this.topology.network.now;
  }

  /** When the next thing happens; Infinity if nothing is left. */
  get due(): number {
    return Math.min(this.topology.network.due, this.#actions[this.#performed]?.at ?? Number.POSITIVE_INFINITY);
  }

  /** Frames on the wires. */
  get inFlight(): number {
    return this.#inFlight.length;
  }

  get hasConnections(): boolean {
    return activeDirector(this.topology).stack.server.connections.table.rows.count > 0;
  }

  /** Whole seconds until the first connection expires; `undefined` if there is none. */
  get nextTimeout(): number | undefined {
    const entries = connectionEntries(activeDirector(this.topology).stack.server.connections);
    return entries.length === 0 ? undefined : Math.min(...entries.map(({ secondsLeft }) => secondsLeft));
  }

  /** The next thing happens; whether this is a moment to stop at. */
  step(): boolean {
    const { network } = this.topology;
    const action = this.#actions[this.#performed];
    if (action !== undefined && action.at < network.due) {
      this.#waitUntil(action.at);
      this.#performed++;
      this.simulation.perform(action);
      this.#note();
      return this.#stop();
    }
    this.#listen();
    network.step();
    return this.#note() && this.#stop();
  }

  /** Everything up to and with `time` happens, as long as `mayGoOn`; whether it has. */
  advance(time: number, mayGoOn: () => boolean = () => true): boolean {
    while (this.due <= time) {
      this.step();
      if (!mayGoOn()) return false;
    }
    this.#waitUntil(time);
    return true;
  }

  /** Lets timers run up to `time`, before which nothing else is due. */
  #waitUntil(time: number): void {
    const { network } = this.topology;
    if (network.now < time) network.after(time - network.now, nothing);
    this.#listen();
    while (network.step(time)) {
      this.#note();
      this.#listen();
    }
    network.runUntil(time);
  }

  /** Hears of connections that expire while no frame arrives. */
  #listen(): void {
    const { stack } = activeDirector(this.topology);
    if (stack.trace !== undefined || !this.topology.network.explains) return;
    stack.trace = {
      add: (event) => {
        if (event.kind === "expired") this.housekeeping.push({ time: this.topology.network.now, event });
      },
    };
  }

  /** Whether a frame has come to its last receiver since it was asked last. */
  #note(): boolean {
    const { hops } = this.topology.network;
    for (; this.#seen < hops.length; this.#seen++) {
      const hop = hops[this.#seen];
      if (hop !== undefined) this.#inFlight.push(hop);
    }
    const before = this.#inFlight.length;
    this.#inFlight = this.#inFlight.filter(({ to, receptions }) => receptions.length < to.length);
    return this.#inFlight.length < before;
  }

  #stop(): true {
    if (this.stops.at(-1) !== this.now) this.stops.push(this.now);
    return true;
  }
}
