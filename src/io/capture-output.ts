/** A pcapng file being written: to a path, or to standard output for a Wireshark that reads a pipe. */
import { closeSync, openSync, writeSync } from "node:fs";
import { type CapturePort, PcapngWriter, type WrittenPacket } from "../core/capture/pcapng-writer.ts";
import type { CaptureFileError } from "./capture-file.ts";
import { STANDARD } from "./standard.ts";
import { systemError } from "./system-error.ts";

const STANDARD_OUTPUT = 1;

/** How a capture is written: `nanoseconds` asks for timestamps finer than microseconds, `appends` for a section behind those that are there. */
export interface CaptureOutputOptions {
  readonly nanoseconds?: boolean;
  readonly appends?: boolean;
}

/**
 * Writes frames to a pcapng file with synchronous calls: when a packet call returns, its frame is written or waits in the writer's buffer.
 * The first failure is kept; after it nothing is written any more, and flush and close return it.
 */
export class CaptureOutput {
  readonly #name: string;
  readonly #descriptor: number;
  readonly #writer: PcapngWriter;
  #open = true;
  #error: CaptureFileError | undefined;

  private constructor(name: string, descriptor: number, ports: readonly CapturePort[], options: CaptureOutputOptions) {
    this.#name = name;
    this.#descriptor = descriptor;
    this.#writer = new PcapngWriter((bytes) => this.#put(bytes), ports, options);
  }

  /** Creates or empties the file, unless it `appends`, and writes its headers; `-` is standard output. */
  static open(
    file: string,
    ports: readonly CapturePort[],
    options: CaptureOutputOptions = {},
  ): CaptureOutput | CaptureFileError {
    if (file === STANDARD) return new CaptureOutput("standard output", STANDARD_OUTPUT, ports, options);
    try {
      return new CaptureOutput(file, openSync(file, options.appends === true ? "a" : "w"), ports, options);
    } catch (error) {
      return unwritable(file, error);
    }
  }

  packet(packet: WrittenPacket): void {
    this.#writer.packet(packet);
  }

  /** For who writes packets piece by piece. */
  get writer(): PcapngWriter {
    return this.#writer;
  }

  /** Writes what is buffered. A live capture flushes after each batch, so that a reader of the pipe sees it. */
  flush(): CaptureFileError | undefined {
    this.#writer.flush();
    return this.#error;
  }

  /** Flushes and closes; standard output stays open. */
  close(): CaptureFileError | undefined {
    this.flush();
    if (this.#open && this.#descriptor !== STANDARD_OUTPUT) {
      try {
        closeSync(this.#descriptor);
      } catch (error) {
        // A file on a network may fail only here.
        this.#error ??= unwritable(this.#name, error);
      }
    }
    this.#open = false;
    return this.#error;
  }

  #put(bytes: Uint8Array): void {
    this.#error ??= writeAll(this.#name, this.#descriptor, bytes);
  }
}

/** Writes every byte; where the reader of a non-blocking pipe is slow, it waits for it. */
function writeAll(name: string, descriptor: number, bytes: Uint8Array): CaptureFileError | undefined {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      const failure = unwritable(name, error);
      if (failure.code !== "EAGAIN") return failure;
      pause();
    }
  }
  return undefined;
}

/** Sleeps a millisecond. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}

function unwritable(name: string, error: unknown): CaptureFileError {
  const failure = systemError(error);
  if (failure === undefined) throw error;
  return { kind: "unwritable", message: `${name}: ${failure.text}`, code: failure.code };
}
