/**
 * Where a case is made: a director of our own that gets every input at once and says what it sends, so that the case can
 * go on from there: the real server that was picked answers. What comes out are the inputs of a transcript, under the
 * clock that they are planned for.
 *
 * If the kernel picks another real server, then the case still is a case, and its recording shows the first difference.
 */
import type { Transcript, TranscriptEvent, TranscriptHead } from "../../src/core/capture/transcript.ts";
import { runIpvsadm, wordsOf } from "../../src/core/control/interpreter.ts";
import { procFile } from "../../src/core/control/proc.ts";
import { Director } from "../../src/core/host/director.ts";
import { injectedTailroom } from "../../src/core/host/fragments/pieces.ts";
import { REFERENCE_KERNEL } from "../../src/core/kernel/releases.ts";
import { ETHERNET_HEADER } from "../../src/core/wire/ethernet.ts";
import { Frame } from "../../src/core/wire/frame.ts";
import type { SentFrame } from "./sent.ts";

const MICROSECONDS = 1e6;

/** About how long the player takes until an input has its effect, and then until the next one, in seconds. */
const UNTIL_EFFECT = { rx: 0, ipvsadm: 0.03, sysctl: 0, proc: 0, sleep: 0, tx: 0 } as const satisfies Record<
  TranscriptEvent["do"],
  number
>;
const UNTIL_NEXT = 0.0025;

export class Stage {
  readonly head: TranscriptHead;
  readonly events: TranscriptEvent[] = [];
  readonly director: Director;
  /** How many frames were too long for the port they should arrive on: the wire's end drops them, as veth does. */
  tooLong = 0;
  #clock = 0;
  #sent: SentFrame[] = [];

  constructor(head: TranscriptHead) {
    // The kernel that records, whose tick is another than a new director's.
    this.head = { kernel: REFERENCE_KERNEL, ...head };
    const director: Director = new Director(this.head, {
      link: {
        send: (frame, port) => {
          const dev = director.interfaces[port]?.name ?? "";
          this.#sent.push({ dev, frame: frame.contents().slice() });
        },
      },
    });
    director.advance(0);
    this.director = director;
  }

  /** The inputs so far, as a transcript without answers. */
  get transcript(): Pick<Transcript, "head" | "events"> {
    return { head: this.head, events: this.events };
  }

  /** A frame arrives; what the director sends in answer. */
  rx(dev: string, bytes: Uint8Array): SentFrame[] {
    const mtu = this.head.interfaces.find(({ name }) => name === dev)?.mtu ?? 0;
    if (bytes.length > ETHERNET_HEADER + mtu) {
      this.tooLong++;
      return [];
    }
    return this.#play({ do: "rx", t: this.#clock, dev, frame: bytes }, () => {
      const frame = Frame.of(bytes);
      frame.tailroom = injectedTailroom(bytes.length);
      this.director.receive(frame, this.director.ifindexOf(dev), this.#clock * MICROSECONDS);
    });
  }

  /** Runs a command line of ipvsadm; what it prints and its exit code. */
  ipvsadm(args: string): { readonly code: number; readonly out: string; readonly err: string } {
    let outcome = { code: 0, out: "", err: "" };
    this.#play({ do: "ipvsadm", t: this.#clock, args, ...outcome }, () => {
      outcome = runIpvsadm(wordsOf(args), { server: this.director.server });
    });
    return outcome;
  }

  sysctl(key: string, value: number | string): void {
    this.#play({ do: "sysctl", t: this.#clock, key, value }, () => this.director.setSysctl(key, value));
  }

  /** Reads a file of /proc/net. */
  proc(name: string): string {
    let out = "";
    this.#play({ do: "proc", t: this.#clock, name, out }, () => {
      out = procFile(name, this.director.server) ?? "";
    });
    return out;
  }

  /** Time passes; what the director sends meanwhile by itself. */
  sleep(seconds: number): SentFrame[] {
    return this.#play({ do: "sleep", t: this.#clock, seconds }, () => {
      this.#clock = rounded(this.#clock + seconds);
      this.director.advance(this.#clock * MICROSECONDS);
    });
  }

  /** An input of another transcript happens here, too, at a time of our own. */
  play(event: TranscriptEvent): void {
    if (event.do === "rx") this.rx(event.dev, event.frame);
    else if (event.do === "ipvsadm") this.ipvsadm(event.args);
    else if (event.do === "sysctl") this.sysctl(event.key, event.value);
    else if (event.do === "proc") this.proc(event.name);
    else if (event.do === "sleep") this.sleep(event.seconds);
  }

  #play(event: TranscriptEvent, happen: () => void): SentFrame[] {
    this.#clock = rounded(this.#clock + UNTIL_EFFECT[event.do]);
    this.events.push({ ...event, t: this.#clock });
    this.director.advance(this.#clock * MICROSECONDS);
    happen();
    this.#clock = rounded(this.#clock + UNTIL_NEXT);
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }
}

/** A transcript's clock has whole microseconds. */
const rounded = (seconds: number): number => Math.round(seconds * MICROSECONDS) / MICROSECONDS;
