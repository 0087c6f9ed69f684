/**
 * The dataplane: one loop that waits for frames, hands each to the director, and looks after the clock and the main
 * thread's requests between rounds. It runs in a thread of its own and never leaves the loop until it is told to stop.
 */
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { VRRP_CAUSES } from "../../core/explain/decode/vrrp.ts";
import type { HostConfig } from "../../core/host/config/config.ts";
import { Director } from "../../core/host/director.ts";
import { heard } from "../../core/host/listening.ts";
import { EXPIRIES_AT_ONCE } from "../../core/ipvs/connection-timers.ts";
import { parseMac } from "../../core/wire/address.ts";
import { macText } from "../../core/wire/ethernet.ts";
import { CaptureOutput } from "../capture-output.ts";
import { discard } from "../system/discard.ts";
import { DeviceError } from "../system/errors.ts";
import { addressOf, LITTLE_ENDIAN, POLLIN, poll, read } from "../system/libc.ts";
import { type Ring, ringFor } from "../system/uring.ts";
import { affordableConnections } from "./affordable-connections.ts";
import { ENTRIES } from "./all-at-once.ts";
import { answerRequest } from "./answers.ts";
import { Explainer, explain } from "./explainer.ts";
import { HeldServers } from "./held-servers.ts";
import {
  type DataplaneMessage,
  type DataplaneSetup,
  type DirectorRequest,
  type NumberedRequest,
  SIGNAL_EXPLAINED,
  SIGNAL_MESSAGES,
} from "./messages.ts";
import { Observer, type Walk } from "./observer.ts";
import { Port } from "./port.ts";
import { Ports } from "./ports.ts";
import { Refusal } from "./refusal.ts";

/** Frames taken from a port before the others have their turn. */
const BURST = 256;
/** The longest wait, in milliseconds: timers of the connection table need no better. */
const LONGEST_WAIT = 100;
/** struct pollfd: descriptor, events wanted, events found. */
const POLLFD = 8;
const WANTED = 4;
const FOUND = 6;
/** Explained packets that may be on their way; more are dropped and counted. */
const MOST_EXPLAINED = 4096;

export class Dataplane {
  readonly director: Director;
  readonly ports: Ports;
  readonly held: HeldServers;
  readonly explainer = new Explainer();
  readonly setup: DataplaneSetup;
  rounds = 0;
  /** The configuration that was read last; the one in force is the director's. */
  read: HostConfig;
  /** Frames are taken: not before the rules are there, or a client of a service would be refused. Until then they wait in their device. */
  #begun = false;
  /** Set by the request to stop. */
  stopping = false;
  readonly #main: MessagePort;
  readonly #observer = new Observer();
  readonly #polled: DataView;
  readonly #drained = new Uint8Array(8);
  #lost = 0;

  constructor(setup: DataplaneSetup, main: MessagePort) {
    this.setup = setup;
    this.#main = main;
    const names = setup.host.interfaces.map(({ name }) => name);
    const ports = setup.descriptors.map((descriptor, index) => new Port(names[index] ?? "", descriptor));
    this.ports = new Ports(ports, setup.offloads, setup.uring ? this.#openRing() : undefined);
    this.director = new Director(setup.host, {
      wallClock: wallClock() - clock(),
      seed: setup.seed,
      mostConnections: affordableConnections(),
      vrrpWaits: true,
      link: {
        send: (frame, port) => {
          if (this.#observer.watches) this.#observer.sent(frame, port);
          this.ports.send(frame, port);
        },
      },
    });
    this.director.vrrp.onMoved = ({ config, state }, before, cause) => {
      const message = `VRRP ${config.interface} ${config.id}: ${before} -> ${state}: ${VRRP_CAUSES[cause]}`;
      this.#say({ kind: "notice", message });
    };
    if (setup.remembers) this.director.tracing.remember();
    this.ports.piece = this.director.piece;
    const { connections } = this.director.server;
    connections.timers.mostExpiries = EXPIRIES_AT_ONCE;
    connections.compaction.discard = discard;
    this.read = this.director.config;
    this.held = new HeldServers(this.director.server);
    const watched = [...setup.descriptors, setup.wake];
    this.#polled = new DataView(new ArrayBuffer(watched.length * POLLFD));
    for (const [index, descriptor] of watched.entries()) {
      this.#polled.setInt32(index * POLLFD, descriptor, LITTLE_ENDIAN);
      this.#polled.setInt16(index * POLLFD + WANTED, POLLIN, LITTLE_ENDIAN);
    }
    if (!setup.succeeds) this.#openCapture(false);
  }

  /** Whether frames are taken. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Takes frames from now on. */
  begin(): void {
    if (this.#observer.capture === undefined) this.#openCapture(true);
    this.#begun = true;
    this.director.vrrp.start();
  }

  /** Frames wait in their devices, and a successor may write the capture. */
  pause(): void {
    this.#begun = false;
    // What was found there last is not looked at again.
    for (let port = 0; port < this.ports.list.length; port++) this.#polled.setInt16(port * POLLFD + FOUND, 0);
    this.#observer.capture?.close();
    this.#observer.capture = undefined;
  }

  /** Runs until it is told to stop; takes frames when it is told to begin. */
  run(): void {
    this.director.advance(clock());
    this.#say({ kind: "ready" });
    const polled = new Uint8Array(this.#polled.buffer);
    const address = addressOf(polled);
    const count = polled.length / POLLFD;
    while (!this.stopping) {
      // The last one is the eventfd.
      if (this.#begun) poll(address, count, this.#patience());
      else poll(address + (count - 1) * POLLFD, 1, this.#patience());
      this.#round(clock());
    }
    this.#observer.capture?.close();
  }

  #round(now: number): void {
    this.rounds++;
    this.director.advance(now);
    const ports = this.ports.list.length;
    for (let port = 0; port < ports; port++) {
      if (this.#polled.getInt16(port * POLLFD + FOUND, LITTLE_ENDIAN) === 0) continue;
      this.#drain(port, now);
    }
    if (this.#observer.watches) this.#tellObserver();
    // While frames keep coming, the signal is seen sooner than the eventfd is asked; and it may be seen before the eventfd
    // is written, which must be read all the same.
    const woken = this.#polled.getInt16(ports * POLLFD + FOUND, LITTLE_ENDIAN) !== 0;
    if (woken || Atomics.load(this.setup.signals, SIGNAL_MESSAGES) !== 0) this.#listen();
  }

  /** Frames of one port, as many as one round takes. */
  #drain(number: number, now: number): void {
    const { heardAt } = this.director.server.sync;
    const told = heardAt === undefined ? -1 : this.ports.list.findIndex(({ name }) => name === heardAt);
    if (told < 0 || told === number) {
      this.#takeAll(number, now);
      return;
    }
    for (let left = BURST; left > 0; ) {
      // A packet that comes after another director has told of its connection finds it here.
      this.#takeAll(told, now);
      const count = this.#takeBatch(number, now, 0);
      if (count === 0) return;
      left -= count;
    }
  }

  #takeAll(number: number, now: number): void {
    for (let left = BURST; left > 0; ) {
      const count = this.#takeBatch(number, now, left);
      if (count === 0) return;
      left -= count;
    }
  }

  /** Takes frames that wait at a port to the end; how many there were. If fewer than `wanted`, it is to be called for this port again. */
  #takeBatch(number: number, now: number, wanted: number): number {
    const port = this.ports.list[number];
    const count = port === undefined ? 0 : this.ports.receive(port);
    if (count === 0) return 0;
    if (this.#observer.watches) this.#walkWatched(count, number, now);
    else this.director.receiveAll(this.ports.frames, count, number, now);
    this.#tellOthers();
    this.ports.flush(count < wanted ? port : undefined);
    return count;
  }

  /** Other directors hear of a connection before its packet leaves: whoever is master by the time of its answer knows it. */
  #tellOthers(): void {
    const { master } = this.director.server.sync;
    if (master === undefined) return;
    this.ports.overtakes = true;
    master.hurry();
    this.ports.overtakes = false;
  }

  /** For those who watch. A capture says what became of a packet, and not why: causes are looked for where somebody has packets explained. */
  #walkWatched(count: number, number: number, now: number): void {
    const hearing = { wantsCauses: this.explainer.wanted };
    for (let slot = 0; slot < count; slot++) {
      const frame = this.ports.frames[slot];
      if (frame === undefined) continue;
      this.#observer.arrived(frame, number);
      const { result, events } = heard(this.director, () => this.director.receive(frame, number, now), hearing);
      this.#observer.ended(result, events, wallClock());
    }
  }

  #tellObserver(): void {
    this.#observer.settle(wallClock());
    const error = this.#observer.flush();
    if (error !== undefined) this.#say({ kind: "warning", message: `${error.message}; the capture ends here` });
  }

  /** Milliseconds until something is due. */
  #patience(): number {
    if (this.director.server.connections.timers.isBehind) return 0;
    const due = (this.director.server.agenda.next - this.director.now) / 1000;
    return Math.max(0, Math.min(LONGEST_WAIT, Math.ceil(due)));
  }

  #listen(): void {
    read(this.setup.wake, addressOf(this.#drained), this.#drained.length);
    Atomics.store(this.setup.signals, SIGNAL_MESSAGES, 0);
    for (let held = receiveMessageOnPort(this.#main); held !== undefined; held = receiveMessageOnPort(this.#main)) {
      const { id, request } = held.message as NumberedRequest;
      this.#answer(id, request);
    }
  }

  /** A request is answered or refused; a bug in what answers it must not stop the frames. */
  #answer(id: number, request: DirectorRequest): void {
    try {
      this.#say({ kind: "answer", id, answer: answerRequest(this, request) });
    } catch (error) {
      const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
      if (!(error instanceof Refusal))
        this.#say({ kind: "warning", message: `a bug, please report it: ${request.kind}: ${stack}` });
      this.#say({ kind: "refusal", id, message });
    }
  }

  /** Explains packets to these from now on. */
  explainTo(filters: readonly { readonly id: number; readonly filter: string }[]): void {
    this.explainer.wish(filters);
    this.#observer.explain = this.explainer.wanted ? (walk) => this.#explain(walk) : undefined;
    const remembers = this.explainer.wanted || this.setup.remembers;
    if (!remembers) this.director.tracing.forget();
    else if (this.director.tracing.history === undefined) this.director.tracing.remember();
  }

  #explain(walk: Walk): void {
    const port = this.director.interfaces[walk.port]?.name ?? "";
    const to = this.explainer.listenersOf(walk, port);
    if (to.length === 0) return;
    if (Atomics.load(this.setup.signals, SIGNAL_EXPLAINED) >= MOST_EXPLAINED) {
      this.#lost++;
      return;
    }
    Atomics.add(this.setup.signals, SIGNAL_EXPLAINED, 1);
    this.#say({ kind: "explained", to, line: JSON.stringify(explain(walk, port, wallClock(), this.#lost)) });
    this.#lost = 0;
  }

  #openRing(): Ring | undefined {
    const ring = ringFor(this.setup.descriptors, ENTRIES);
    if (!(ring instanceof DeviceError)) return ring;
    this.#say({ kind: "notice", message: `${ring.message}: each frame is read and written by a call of its own` });
    return undefined;
  }

  #openCapture(appends: boolean): void {
    const { capture: file } = this.setup;
    if (file === undefined) return;
    const ports = this.director.interfaces.map(({ name, mac }) => ({ name, mac: parseMac(macText(mac)) }));
    const output = CaptureOutput.open(file, ports, { appends });
    if (output instanceof CaptureOutput) this.#observer.capture = output;
    else this.#say({ kind: "warning", message: output.message });
  }

  #say(message: DataplaneMessage): void {
    this.#main.postMessage(message);
  }
}

/** Microseconds of the monotonic clock. */
const clock = (): number => Math.round(performance.now() * 1000);

/** Microseconds since 1970, by the wall clock as it was at the start: it never jumps. */
const wallClock = (): number => Math.round((performance.timeOrigin + performance.now()) * 1000);
