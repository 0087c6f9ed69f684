/** What a replay writes: every frame that arrived and every frame that was sent, with what became of it in words. */
import type { Anonymiser } from "../core/capture/anonymise/anonymiser.ts";
import type { Instant, Packet, PacketInPlace } from "../core/capture/packet.ts";
import type { PcapngWriter } from "../core/capture/pcapng-writer.ts";
import { KnownConnectionSentences } from "../core/explain/sentences/known-connection.ts";
import { verdictSentence } from "../core/explain/sentences/sentences.ts";
import type { Director } from "../core/host/director.ts";
import type { Arrival, Departure } from "../core/replay/capture-run.ts";
import { parseMac } from "../core/wire/address.ts";
import { macText } from "../core/wire/ethernet.ts";
import type { Frame } from "../core/wire/frame.ts";
import type { CaptureFileError } from "../io/capture-file.ts";
import { CaptureOutput } from "../io/capture-output.ts";
import { isSameFile } from "../io/same-file.ts";
import { STANDARD } from "../io/standard.ts";
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
  readonly first: Instant | undefined;
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
  readonly #writer: PcapngWriter;
  readonly #sentences: KnownConnectionSentences;
  /** The capture's time at which the run's is 0. */
  readonly #start: Instant;
  readonly #anonymiser: Anonymiser | undefined;
  #written = 0;
  /** The number, in the file being written, of the packet that arrived last. */
  #arrival = 0;

  private constructor(
    capture: CaptureOutput,
    director: Director,
    clock: CaptureClock,
    { comments, anonymiser }: WrittenForm,
  ) {
    const devices = director.interfaces.map(({ name }) => name);
    this.#sentences = new KnownConnectionSentences(director.path, devices);
    this.comments = comments;
    this.#anonymiser = anonymiser;
    this.#capture = capture;
    this.#writer = capture.writer;
    this.#start = { time: clock.first?.time ?? 0, nanoseconds: clock.first?.nanoseconds ?? 0 };
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
    return new ReplayOutput(capture, director, clock, { comments, anonymiser });
  }

  /** The packet as it is recorded; with comments, `arrived` completes it. */
  arrives(packet: PacketInPlace, port: number): void {
    const { time, nanoseconds, originalLength } = packet;
    if (this.#anonymiser === undefined) {
      const { view, start, end } = packet;
      this.#writer.begin(port, time, nanoseconds, view, start, end, originalLength);
    } else {
      const bytes = this.#anonymised(packet.bytes);
      this.#writer.begin(port, time, nanoseconds, viewOf(bytes), 0, bytes.length, originalLength);
    }
    this.#written++;
    this.#arrival = this.#written;
    if (this.comments === "none") this.#writer.finish("in", undefined);
  }

  /** What became of it. */
  arrived({ events, known }: Arrival): void {
    if (this.comments === "none") return;
    const sentence =
      known === undefined ? verdictSentence(events) : this.#sentences.of(known.row, known.answer, known.port);
    this.#writer.finish("in", sentence);
  }

  /** Without comments: what is sent, while it is sent. */
  leaves(frame: Frame, port: number, time: number): void {
    if (this.#anonymiser === undefined) this.#sent(frame.view, frame.start, frame.end, port, time);
    else {
      const bytes = this.#anonymised(frame.contents());
      this.#sent(viewOf(bytes), 0, bytes.length, port, time);
    }
    this.#writer.finish("out", undefined);
  }

  /** With comments: what was sent because of what has arrived last. */
  sent({ port, time, bytes, cause }: Departure): void {
    this.#sent(viewOf(bytes), 0, bytes.length, port, time);
    this.#writer.finish("out", this.#because(cause));
  }

  #sent(view: DataView, start: number, end: number, port: number, time: number): void {
    const whole = Math.floor(time);
    const nanoseconds = Math.round((time - whole) * 1000) + this.#start.nanoseconds;
    // Added to what is large already, a fraction would lose its end.
    this.#writer.begin(port, this.#start.time + whole, nanoseconds, view, start, end, end - start);
    this.#written++;
  }

  #anonymised(bytes: Uint8Array): Uint8Array {
    const copy = bytes.slice();
    this.#anonymiser?.frame(copy);
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

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
