/**
 * Who watches the dataplane: a capture file, and people who want packets explained. While nobody does, it costs a
 * comparison per frame.
 *
 * What is written is what a wire would carry: frames that stand for many are cut into the packets they stand for, and
 * checksums that were left to the network card are finished, on a copy.
 */
import { verdictSentence } from "../../core/explain/sentences/sentences.ts";
import type { WalkEvent } from "../../core/trace/events.ts";
import type { Frame } from "../../core/wire/frame.ts";
import { segmentCount } from "../../core/wire/offload.ts";
import { wirePackets } from "../../core/wire/wire-packets.ts";
import type { CaptureFileError } from "../capture-file.ts";
import type { CaptureOutput } from "../capture-output.ts";

/** A packet's walk from its arrival to its end. */
export interface Walk {
  readonly port: number;
  readonly verdict: number;
  readonly events: readonly WalkEvent[];
  /** The frame as it arrived. */
  readonly bytes: Uint8Array;
  /** How many packets it stood for. */
  readonly packets: number;
}

interface Recorded {
  readonly port: number;
  readonly direction: "in" | "out";
  readonly bytes: Uint8Array;
  readonly comment: string | undefined;
}

export class Observer {
  /** The capture, if one is written. */
  capture: CaptureOutput | undefined;
  /** Hears of each walk, if anybody wants to. */
  explain: ((walk: Walk) => void) | undefined;
  readonly #sent: Recorded[] = [];
  #arrived: { readonly port: number; readonly frame: Frame } | undefined;

  get watches(): boolean {
    return this.capture !== undefined || this.explain !== undefined;
  }

  /** A frame arrived; the director has not seen it yet. */
  arrived(frame: Frame, port: number): void {
    this.#arrived = { port, frame: frame.copy() };
    this.#sent.length = 0;
  }

  /** The director sends a frame, because of the one that arrived or of a timer. */
  sent(frame: Frame, port: number): void {
    if (this.capture === undefined) return;
    for (const bytes of wirePackets(frame)) this.#sent.push({ port, direction: "out", bytes, comment: undefined });
  }

  /** The walk is over. `time` is in microseconds since 1970. */
  ended(verdict: number, events: readonly WalkEvent[], time: number): void {
    const arrived = this.#arrived;
    this.#arrived = undefined;
    if (arrived === undefined) return;
    const { frame, port } = arrived;
    const packets = segmentCount(frame);
    const bytes = frame.copyOfContents();
    this.explain?.({ port, verdict, events, bytes, packets });
    if (this.capture === undefined) return;
    const comment = `${verdictSentence(events)}${packets > 1 ? ` (arrived as one frame of ${packets} packets)` : ""}`;
    for (const [index, packet] of wirePackets(frame).entries()) {
      this.#record({ port, direction: "in", bytes: packet, comment: index === 0 ? comment : undefined }, time);
    }
    this.settle(time);
  }

  /** Writes what was sent since; a timer's frames belong to no arrival. */
  settle(time: number): void {
    for (const recorded of this.#sent) this.#record(recorded, time);
    this.#sent.length = 0;
  }

  #record({ port, direction, bytes, comment }: Recorded, time: number): void {
    this.capture?.packet({ port, time, bytes, direction, comment });
  }

  /** Writes what is buffered; the error that ended the capture, if one did, and then it is over. */
  flush(): CaptureFileError | undefined {
    const error = this.capture?.flush();
    if (error !== undefined) this.capture = undefined;
    return error;
  }
}
