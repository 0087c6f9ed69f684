/** What a replay writes: every frame that arrived and every frame that was sent, with what became of it in words. */
import type { Anonymiser } from "../core/capture/anonymise/anonymiser.ts";
import type { Packet } from "../core/capture/packet.ts";
import { moment } from "../core/capture/pcapng-writer.ts";
import { verdictSentence } from "../core/explain/sentences/sentences.ts";
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

export interface WrittenForm {
  readonly comments: Comments;
  readonly anonymiser: Anonymiser | undefined;
}

export class ReplayOutput {
  readonly comments: Comments;
  readonly #capture: CaptureOutput;
  readonly #clock: CaptureClock;
  readonly #anonymiser: Anonymiser | undefined;
  #written = 0;
  /** The number, in the file being written, of the packet that arrived last. */
  #arrival = 0;

  private constructor(capture: CaptureOutput, clock: CaptureClock, { comments, anonymiser }: WrittenForm) {
    // Sentences name addresses.
    this.comments = anonymiser === undefined ? comments : "none";
    this.#anonymiser = anonymiser;
    this.#capture = capture;
    this.#clock = clock;
  }

  /** Creates the file, with an interface per port. A file that cannot be written is a Failure. */
  static open(
    file: string,
    director: Director,
    clock: CaptureClock,
    { comments, anonymiser }: WrittenForm,
  ): ReplayOutput {
    const shown = (mac: number): string => macText(anonymiser?.mac(mac) ?? mac);
    const ports = director.interfaces.map(({ name, mac }) => ({ name, mac: parseMac(shown(mac)) }));
    const capture = CaptureOutput.open(file, ports, { nanoseconds: clock.nanoseconds });
    if (!(capture instanceof CaptureOutput)) throw new Failure(FAILED, capture.message);
    return new ReplayOutput(capture, clock, { comments, anonymiser });
  }

  arrived({ packet, port, events }: Arrival): void {
    const { time, nanoseconds, originalLength } = packet;
    const bytes = this.#shown(packet.bytes);
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
      bytes: this.#shown(bytes),
      direction: "out",
      comment: this.comments === "all" ? this.#because(cause) : undefined,
    });
    this.#written++;
  }

  #shown(bytes: Uint8Array): Uint8Array {
    if (this.#anonymiser === undefined) return bytes;
    const copy = bytes.slice();
    this.#anonymiser.frame(copy);
    return copy;
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
