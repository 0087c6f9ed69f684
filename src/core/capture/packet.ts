/** What a capture file holds, and every way in which it can be wrong. */

/** The link type of Ethernet frames, the only one that a director can read (IANA LINKTYPE_ registry). */
export const ETHERNET = 1;

/** Most bytes that one captured packet may have: what dumpcap and tcpdump take as their own largest snap length. */
export const LARGEST_PACKET = 262_144;

/** Most bytes of a pcapng block that is read whole: a largest packet and as much again for its options. */
export const LARGEST_BLOCK = 2 * LARGEST_PACKET;

/** A port that packets were captured on. `index` counts through all sections of a file, as Wireshark does; a pcap file has one, without a name. */
export interface CaptureInterface {
  readonly index: number;
  readonly name: string | undefined;
  readonly linkType: number;
  /** Most bytes of a packet that were kept; 0 says no limit. */
  readonly snapLength: number;
}

/** A moment: whole microseconds since the epoch of the file, and the nanoseconds (0..999) beyond them. */
export interface Instant {
  readonly time: number;
  readonly nanoseconds: number;
}

/** Which way a packet went, seen from the machine that captured it; `undefined` where the file does not say. */
export type Direction = "in" | "out" | undefined;

/** One captured frame. It is borrowed, as are its `bytes`: both stay valid until the callback that got it returns. */
export interface Packet extends Instant {
  readonly interface: CaptureInterface;
  /** False for a simple packet block, which has no time: `time` is then that of the packet before it (0 for the first). */
  readonly timestamped: boolean;
  readonly bytes: Uint8Array;
  /** Bytes on the wire; more than `bytes.length` where the snap length cut the packet. */
  readonly originalLength: number;
  readonly direction: Direction;
  /** Where the record begins in the file, in bytes. */
  readonly offset: number;
  /** Packets count from 1, as the frame numbers of Wireshark. */
  readonly record: number;
}

/** Of a packet that nobody has read yet. */
const NOWHERE: CaptureInterface = { index: 0, name: undefined, linkType: ETHERNET, snapLength: 0 };
const NOTHING = new Uint8Array(0);
const NO_VIEW = new DataView(NOTHING.buffer);

/**
 * A packet where it lies among others, in a piece of a file: from `start` to `end` of `buffer`. Whoever hands packets over one
 * by one has one of these and sets it anew for each, and a view of the bytes alone is made only for who asks for it: both would
 * take as long as all else there is to do with a short packet.
 */
export class PacketInPlace implements Packet {
  interface = NOWHERE;
  // NaN at first, because V8 gives a field its kind of number by the first one: with 0 what was compiled would be thrown away by the first time of a packet.
  time = Number.NaN;
  nanoseconds = 0;
  timestamped = true;
  originalLength = 0;
  direction: Direction = undefined;
  offset = Number.NaN;
  record = 0;
  buffer: Uint8Array = NOTHING;
  /** Of the whole buffer. */
  view: DataView = NO_VIEW;
  start = 0;
  end = 0;
  /** Nobody needs its bytes behind the callback that gets it, nor those before them in the buffer: both may be written to. */
  isSpent = false;
  /** It is earlier than one that was handed on before it. */
  isLate = false;

  constructor() {
    this.time = 0;
    this.offset = 0;
  }

  /** A packet as it lies; one with bytes of its own lies in them. */
  static of(packet: Packet): PacketInPlace {
    if (packet instanceof PacketInPlace) return packet;
    const { bytes } = packet;
    const lying = new PacketInPlace();
    lying.interface = packet.interface;
    lying.time = packet.time;
    lying.nanoseconds = packet.nanoseconds;
    lying.timestamped = packet.timestamped;
    lying.originalLength = packet.originalLength;
    lying.direction = packet.direction;
    lying.offset = packet.offset;
    lying.record = packet.record;
    lying.lieIn(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length);
    return lying;
  }

  get bytes(): Uint8Array {
    return this.buffer.subarray(this.start, this.end);
  }

  lieIn(buffer: Uint8Array, view: DataView, start: number, end: number): void {
    this.buffer = buffer;
    this.view = view;
    this.start = start;
    this.end = end;
  }
}

export const CAPTURE_FAULTS = [
  "unknown-magic",
  "compressed",
  "unsupported-version",
  "bad-byte-order",
  "unknown-link-type",
  "bad-block-length",
  "record-too-long",
  "bad-option",
  "unknown-interface",
  "too-many-interfaces",
  "cut-off",
] as const;
export type CaptureFaultKind = (typeof CAPTURE_FAULTS)[number];

/** What is wrong with the bytes; `message` starts in lower case and names no file. */
export interface CaptureFault {
  readonly kind: CaptureFaultKind;
  readonly message: string;
}

/** A fault and its place: `offset` of the faulty header, record or block, and the packet (from 1) that begins there or is the next; 0 in the file header. */
export interface CaptureError extends CaptureFault {
  readonly offset: number;
  readonly record: number;
}

/** A capture error as people read it, to stand behind a file's name: `record 12 at byte 3456: truncated: ...`. */
export const describeCaptureError = ({ message, offset, record }: CaptureError): string =>
  record === 0 ? `at byte ${offset}: ${message}` : `record ${record} at byte ${offset}: ${message}`;
