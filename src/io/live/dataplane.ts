/**
 * The dataplane: one loop that waits for frames, hands each to the director, and looks after the clock and the main
 * thread's requests between rounds. It runs in a thread of its own and never leaves the loop until it is told to stop.
 */
import { receiveMessageOnPort, type MessagePort } from "node:worker_threads";
import { runRules } from "../../core/control/restore.ts";
import { Director } from "../../core/director/director.ts";
import { addressOf, POLLIN, poll, read } from "../system/libc.ts";
import { answerRequest } from "./answers.ts";
import type { DataplaneMessage, DataplaneSetup, NumberedRequest, RefusedRule } from "./messages.ts";
import { Port, Ports } from "./ports.ts";

/** Frames taken from a port before the others have their turn. */
const BURST = 256;
/** The longest wait, in milliseconds: timers of the connection table need no better. */
const LONGEST_WAIT = 100;
/** struct pollfd: descriptor, events wanted, events found. */
const POLLFD = 8;
const FOUND = 6;

export class Dataplane {
  readonly director: Director;
  readonly ports: Ports;
  rounds = 0;
  /** Set by the request to stop. */
  stopping = false;
  readonly #setup: DataplaneSetup;
  readonly #main: MessagePort;
  readonly #polled: Uint8Array;
  readonly #view: DataView;
  readonly #drained = new Uint8Array(8);

  constructor(setup: DataplaneSetup, main: MessagePort) {
    this.#setup = setup;
    this.#main = main;
    const names = setup.host.interfaces.map(({ name }) => name);
    this.ports = new Ports(
      setup.descriptors.map((descriptor, index) => new Port(names[index] ?? "", descriptor)),
      setup.offloads,
    );
    this.director = new Director(setup.host, { link: this.ports, seed: 1 });
    const watched = [...setup.descriptors, setup.wake];
    this.#polled = new Uint8Array(watched.length * POLLFD);
    this.#view = new DataView(this.#polled.buffer);
    for (const [index, descriptor] of watched.entries()) {
      this.#view.setInt32(index * POLLFD, descriptor, true);
      this.#view.setInt16(index * POLLFD + 4, POLLIN, true);
    }
  }

  /** Runs until it is told to stop. */
  run(): void {
    this.director.advance(clock());
    this.#say({ kind: "ready", refused: this.#loadRules() });
    const address = addressOf(this.#polled);
    const count = this.#polled.length / POLLFD;
    while (!this.stopping) {
      poll(address, count, this.#patience());
      this.rounds++;
      const now = clock();
      this.director.advance(now);
      for (let port = 0; port < count - 1; port++) {
        if (this.#view.getInt16(port * POLLFD + FOUND, true) !== 0) this.#drain(port, now);
      }
      if (Atomics.load(this.#setup.signal, 0) !== 0) this.#listen();
    }
  }

  /** Frames of one port, as many as one round takes. */
  #drain(number: number, now: number): void {
    const port = this.ports.list[number];
    if (port === undefined) return;
    for (let left = BURST; left > 0; left--) {
      const frame = this.ports.receive(port);
      if (frame === undefined) return;
      this.director.receive(frame, number, now);
    }
  }

  /** Milliseconds until something is due. */
  #patience(): number {
    const due = (this.director.server.agenda.next - this.director.now) / 1000;
    return Math.max(0, Math.min(LONGEST_WAIT, Math.ceil(due)));
  }

  #listen(): void {
    read(this.#setup.wake, addressOf(this.#drained), this.#drained.length);
    Atomics.store(this.#setup.signal, 0, 0);
    for (let held = receiveMessageOnPort(this.#main); held !== undefined; held = receiveMessageOnPort(this.#main)) {
      const { id, request } = held.message as NumberedRequest;
      this.#say({ kind: "answer", id, answer: answerRequest(this, request) });
    }
  }

  #loadRules(): RefusedRule[] {
    const { lines } = runRules(this.#setup.rules.join("\n"), { server: this.director.server }, { comments: true });
    return lines.flatMap(({ line, code, err }) => (code === 0 ? [] : [{ line, message: err.trim() }]));
  }

  #say(message: DataplaneMessage): void {
    this.#main.postMessage(message);
  }
}

/** Microseconds of the monotonic clock. */
const clock = (): number => Math.round(performance.now() * 1000);
