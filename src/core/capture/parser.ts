/** How a format's parser and the reader talk: the parser asks for bytes, the reader hands them over in one piece. */
import type { LinkTypes } from "./link-types.ts";
import type { CaptureFault, CaptureInterface, Packet } from "./packet.ts";

/**
 * The bytes that a parser asked for: they start at `at` and are borrowed until the parser asks again. What follows them may be there
 * already, up to `end`: a parser that has read some of it asks to pass over it.
 */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly at: number;
  readonly end: number;
}

/**
 * A format read from top to bottom. It yields n > 0 for the next n bytes in one piece, and n < 0 to pass over -n bytes unseen;
 * it returns only for a fault. A parser checks a length that the file claims before it yields it: what it asks for is buffered.
 */
export type Parser = Generator<number, CaptureFault, Piece>;

/** A part of a parser, called with `yield*`: it returns a fault, or `undefined` when all is well. */
export type Part = Generator<number, CaptureFault | undefined, Piece>;

/** Where the parser is. It sets these at the start of each record; the reader makes errors of them. */
export interface Place {
  /** Where the header, record or block being read begins. */
  offset: number;
  /** How many bytes it has, as far as is known. */
  length: number;
  /** The packet being read, or the next one; from 1; 0 in the file header. */
  record: number;
}

export type TakePacket = (packet: Packet) => void;

/** Who reads a capture: gets its packets, and says which link types it can make something of. */
export interface Taker {
  readonly take: TakePacket;
  readonly links: LinkTypes;
  /** A packet of an interface whose link type it does not read. */
  readonly passOver: (from: CaptureInterface) => void;
}
