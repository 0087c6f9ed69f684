/** A director for programs: made from a description, fed packet by packet, asked what it did and why. Start here. */

import { letNeighborsAnswer } from "../core/explain/answering-neighbors.ts";
import { Director as Stack } from "../core/host/director.ts";
import { heard } from "../core/host/listening.ts";
import { madeUpMac } from "../core/packet/made-up-mac.ts";
import { loadRules } from "../core/replay/rules.ts";
import type { WalkEvent } from "../core/trace/events.ts";
import { verdictName } from "../core/trace/verdict.ts";
import { formatMac, parseAddress, sameAddress } from "../core/wire/address.ts";
import { macText } from "../core/wire/ethernet.ts";
import { Frame } from "../core/wire/frame.ts";
import type { Controls } from "./controls.ts";
import type { Description } from "./description.ts";
import { DescriptionError, UsageError } from "./errors.ts";
import { inspectedAs } from "./inspected.ts";
import { ethernet } from "./packet/fragments.ts";
import { Packet } from "./packet/packet.ts";
import { readDescription } from "./read-description.ts";
import { StackControls } from "./stack-controls.ts";
import { microseconds } from "./time.ts";
import type { Passed, Received, SentFrame } from "./walk.ts";
import { received, sentFrame, stepOf } from "./walked.ts";
import { checkNames, checkNumber, got } from "./wrong-use.ts";

/** Where frames go: another director, a capture, a list. What wraps one, sees or changes what passes (`tapvs/network`). */
export interface Link {
  /** Takes a frame; `port` is the name of the interface it leaves by. The frame is the link's own from now on. */
  send(frame: SentFrame): void;
}

/** What a director needs beside its description. */
export interface DirectorOptions {
  /** Gets every frame that the director sends, when the walk that sent it is over; the result of the walk has them, too. */
  readonly link?: Link;
  /** Reads the file of rules that the text of a director.yaml names. Without it, the rules have to stand in the text. */
  readonly readFile?: (name: string) => string;
  /**
   * Whomever the director asks for, by ARP or neighbor discovery, answers at once, from the MAC address 02:fe and its IPv4 address (or the
   * last 32 bits of its IPv6 address). Without it, what goes to a neighbor that is not in the description is `parked`, as on any
   * network where nobody answers.
   */
  readonly neighborsAnswer?: boolean;
  /** For what the kernel leaves to chance, as `lport` choices and `drop_packet`; the same seed does the same. 1 by default. */
  readonly seed?: number;
}

/** A Linux host with IPVS between its interfaces, in memory and in virtual time. */
export interface Director extends Controls {
  /** Seconds that have passed by `advance`. */
  readonly now: number;

  /**
   * A packet arrives on a port, in a frame that is addressed to it; or any frame, by its bytes from the Ethernet header on. No bytes
   * can make it throw. Throws UsageError for a port that is not there.
   */
  receive(port: string, packet: Packet | Uint8Array): Received;

  /** Lets time pass, `"15 min"` or a number of seconds: timers fire, connections expire, neighbors are given up. */
  advance(time: string | number): Passed;

  /** The last frame that was received, explained as `tapvs explain` does; empty before the first. */
  explain(): string;
}

/**
 * A director from a description: an object, or the text of a director.yaml. Throws DescriptionError, which names every mistake with
 * its place; rules that are refused are such mistakes.
 */
export function createDirector(description: Description | string, options: DirectorOptions = {}): Director {
  checkOptions(options);
  const config = readDescription(description, options.readFile);
  const seed = options.seed ?? 1;
  const sent: SentFrame[] = [];
  const stack: Stack = new Stack(config, {
    seed,
    link: {
      send: (frame, port) => {
        sent.push(sentFrame(stack.interfaces[port]?.name ?? "", frame.copyOfContents()));
      },
    },
    vrrpWaits: true,
  });
  stack.advance(0);
  const refused = loadRules(stack, config.rules);
  if (refused.length > 0)
    throw new DescriptionError(
      refused.map((line) => {
        const [, place = "", message = line] = /^(.*?:\d+): (.*)$/.exec(line) ?? [];
        return { place, message };
      }),
    );
  return new OwnDirector(stack, sent, options);
}

/** For those who have no compiler to say it. */
function checkOptions(options: DirectorOptions): void {
  checkNames("option", options, ["link", "readFile", "neighborsAnswer", "seed"]);
  const { link, readFile, neighborsAnswer = false, seed = 1 } = options;
  if (link !== undefined && typeof link?.send !== "function")
    throw new UsageError(`link: expected an object with a function send, got ${got(link)}`);
  if (readFile !== undefined && typeof readFile !== "function")
    throw new UsageError(`readFile: expected a function, got ${got(readFile)}`);
  if (typeof neighborsAnswer !== "boolean")
    throw new UsageError(`neighborsAnswer: expected true or false, got ${got(neighborsAnswer)}`);
  checkNumber("seed", seed, Number.MAX_SAFE_INTEGER);
}

class OwnDirector extends StackControls implements Director {
  readonly #stack: Stack;
  /** Where the stack's link puts what it sends. */
  readonly #sent: SentFrame[];
  readonly #link: Link | undefined;
  readonly #neighborsAnswer: boolean;
  /** Microseconds. */
  #time = 0;
  #received = 0;
  #last: Received | undefined;

  constructor(stack: Stack, sent: SentFrame[], { link, neighborsAnswer = false }: DirectorOptions) {
    super(stack);
    this.#stack = stack;
    this.#sent = sent;
    this.#link = link;
    // What it says of itself as it starts belongs to no walk.
    this.#forward(this.#sent.splice(0));
    this.#neighborsAnswer = neighborsAnswer;
  }

  get now(): number {
    return this.#time / 1e6;
  }

  receive(port: string, packet: Packet | Uint8Array): Received {
    const ifindex = this.#ifindexOf(port);
    const bytes = this.#bytesOf(packet, ifindex);
    const { result, events, sent } = this.#walked(() => this.#stack.receive(Frame.of(bytes), ifindex, this.#time));
    const arrived = { number: ++this.#received, port, bytes, seconds: this.now };
    const end = events.findLast((event) => event.kind === "verdict");
    const last = received(end?.verdict ?? verdictName(result), events, sent, arrived);
    this.#last = last;
    this.#forward(sent);
    return last;
  }

  advance(time: string | number): Passed {
    this.#time += microseconds(time);
    const { events, sent } = this.#walked(() => this.#stack.advance(this.#time));
    this.#forward(sent);
    return { sent, steps: events.map(stepOf) };
  }

  explain(): string {
    return this.#last?.explain() ?? "";
  }

  /** What `run` had the director do. */
  #walked<Result>(run: () => Result): { result: Result; events: readonly WalkEvent[]; sent: readonly SentFrame[] } {
    const events: WalkEvent[] = [];
    const { result } = heard(this.#stack, run, { events });
    if (this.#neighborsAnswer) letNeighborsAnswer(this.#stack, events);
    return { result, events, sent: this.#sent.splice(0) };
  }

  /** When the walk is over: what is sent may come back to this very director. */
  #forward(sent: readonly SentFrame[]): void {
    if (this.#link !== undefined) for (const frame of sent) this.#link.send(frame);
  }

  #ifindexOf(port: string): number {
    const ifindex = this.#stack.ifindexOf(port);
    if (ifindex < 0)
      throw new UsageError(`no port ${got(port)}: expected one of the director's interfaces, ${this.ports.join(", ")}`);
    return ifindex;
  }

  #bytesOf(packet: Packet | Uint8Array, ifindex: number): Uint8Array {
    if (packet instanceof Packet) return this.#framed(packet, ifindex);
    if (packet instanceof Uint8Array) return Uint8Array.from(packet);
    throw new UsageError(
      `expected a packet of tapvs/packet, or the bytes of a frame, got ${got(packet)}; packet(words) makes one of words`,
    );
  }

  /** The frame that brings a packet to a port: from the neighbor that its source is, or from a made-up MAC address. */
  #framed(packet: Packet, ifindex: number): Uint8Array {
    const source = parseAddress(packet.fields.source);
    const known = this.#stack.config.neighbors.find(
      ({ address }) => source !== undefined && sameAddress(address, source),
    );
    const from = known === undefined ? macText(source === undefined ? 0 : madeUpMac(source)) : formatMac(known.mac);
    return ethernet(macText(this.#stack.interfaces[ifindex]?.mac ?? 0), from, packet);
  }
}

inspectedAs(OwnDirector.prototype, ({ ports, now }) => ({ ports, now }), "Director");
