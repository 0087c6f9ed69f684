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

/** One captured frame. `bytes` is borrowed: it stays valid until the callback that got it returns. */
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
