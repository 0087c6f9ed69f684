/** What a replay writes: every frame that arrived and every frame that was sent, with what became of it in words. */
import type { Packet } from "../core/capture/packet.ts";
import { moment } from "../core/capture/pcapng-writer.ts";
import { verdictSentence } from "../core/explain/sentences.ts";
import type { Director } from "../core/host/director.ts";
import type { Arrival, Departure } from "../core/replay/capture-run.ts";
import { parseMac } from "../core/wire/address.ts";
import { macText } from "../core/wire/ethernet.ts";
import { type CaptureFileError, STANDARD } from "../io/capture-file.ts";
import { CaptureOutput } from "../io/capture-output.ts";
import { isSameFile } from "../io/same-file.ts";
import { FAILED, Failure, WRONG_USAGE } from "./failure.ts";

/** Refuses to write over what is read, or to a terminal. Throws Failure. */
export function refuseOverwriting(output: string | undefined, capture: string): void {
  if (output === undefined) return;
  if (output === STANDARD) {
    if (process.stdout.isTTY)
      throw new Failure(WRONG_USAGE, "a capture is not for a terminal: give --write a file, or a pipe behind it");
    return;
  }
  if (isSameFile(output, capture))
    throw new Failure(WRONG_USAGE, `${output}: --write would destroy the capture that is read`);
}

/** The packet from which the run's times count, and whether the capture has times finer than microseconds. */
export interface CaptureClock {
  readonly first: Packet | undefined;
  readonly nanoseconds: boolean;
}

/** Which packets get a comment. */
export type Comments = "all" | "none";

export class ReplayOutput {
  readonly comments: Comments;
  readonly #capture: CaptureOutput;
  readonly #clock: CaptureClock;
  #written = 0;
  /** The number, in the file being written, of the packet that arrived last. */
  #arrival = 0;

  private constructor(capture: CaptureOutput, clock: CaptureClock, comments: Comments) {
    this.comments = comments;
    this.#capture = capture;
    this.#clock = clock;
  }

  /** Creates the file, with an interface per port. A file that cannot be written is a Failure. */
  static open(file: string, director: Director, clock: CaptureClock, comments: Comments): ReplayOutput {
    const ports = director.interfaces.map(({ name, mac }) => ({ name, mac: parseMac(macText(mac)) }));
    const capture = CaptureOutput.open(file, ports, { nanoseconds: clock.nanoseconds });
    if (!(capture instanceof CaptureOutput)) throw new Failure(FAILED, capture.message);
    return new ReplayOutput(capture, clock, comments);
  }

  arrived({ packet, port, events }: Arrival): void {
    const { time, nanoseconds, bytes, originalLength } = packet;
    const comment = this.comments === "all" ? verdictSentence(events) : undefined;
    this.#capture.packet({ port, time, nanoseconds, bytes, originalLength, direction: "in", comment });
    this.#written++;
    this.#arrival = this.#written;
  }

  sent({ port, time, bytes, cause }: Departure): void {
    const { first } = this.#clock;
    const instant = moment({ time, nanoseconds: first?.nanoseconds });
    this.#capture.packet({
      port,
      time: (first?.time ?? 0) + instant.time,
      nanoseconds: instant.nanoseconds,
      bytes,
      direction: "out",
      comment: this.comments === "all" ? this.#because(cause) : undefined,
    });
    this.#written++;
  }

  #because(cause: Packet | undefined): string {
    return cause === undefined
      ? "sent by the director itself, when a timer ran out"
      : `sent because of packet ${this.#arrival}`;
  }

  /** Writes what is left; the error if anything could not be written. */
  close(): CaptureFileError | undefined {
    return this.#capture.close();
  }
}
