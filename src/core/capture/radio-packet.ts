/** What is in a frame of IEEE 802.11, with or without what a radio says of it (radiotap.org). */

/** LLC and SNAP (RFC 1042); the EtherType is behind it. */
const SNAP: readonly number[] = [0xaa, 0xaa, 3, 0, 0, 0];

export const IEEE802_11 = 105;
export const RADIOTAP = 127;

const RADIOTAP_LENGTH = 2;
/** Frame control, duration, three addresses, sequence control; a fourth address where a frame goes from one access point to another. */
const HEADER = 24;
const FOURTH_ADDRESS = 6;
const QUALITY_OF_SERVICE = 2;
const HIGH_THROUGHPUT = 4;
/** Bits of the first byte: frames of type data, those without any, those with quality of service. */
const TYPE = 0x0c;
const DATA = 0x08;
const NO_DATA = 0x40;
const WITH_QUALITY = 0x80;
/** Bits of the second byte. */
const BETWEEN_POINTS = 0x03;
const PROTECTED = 0x40;
const ORDER = 0x80;
/** Of the quality of service: several packets are in one frame. */
const AGGREGATE = 0x80;

/** Where the frame begins behind what the radio says. */
const frameStart = (bytes: Uint8Array, linkType: number): number =>
  linkType === RADIOTAP ? (bytes[RADIOTAP_LENGTH] ?? 0) | ((bytes[RADIOTAP_LENGTH + 1] ?? 0) << 8) : 0;

const isData = (control: number): boolean => (control & TYPE) === DATA && (control & NO_DATA) === 0;

/** Where the EtherType stands; `undefined` for what carries no data, or none that can be read. */
export function radioEtherType(bytes: Uint8Array, linkType: number): number | undefined {
  const start = frameStart(bytes, linkType);
  const [control = 0, flags = 0] = bytes.subarray(start, start + 2);
  if (!isData(control) || (flags & PROTECTED) !== 0) return undefined;
  let at = start + HEADER + ((flags & BETWEEN_POINTS) === BETWEEN_POINTS ? FOURTH_ADDRESS : 0);
  if ((control & WITH_QUALITY) !== 0) {
    if (((bytes[at] ?? 0) & AGGREGATE) !== 0) return undefined;
    at += QUALITY_OF_SERVICE + ((flags & ORDER) !== 0 ? HIGH_THROUGHPUT : 0);
  }
  return SNAP.every((byte, index) => bytes[at + index] === byte) ? at + SNAP.length : undefined;
}

/** Whether it is data that only the two ends of the air can read. */
export function isEncrypted(bytes: Uint8Array, linkType: number): boolean {
  const start = frameStart(bytes, linkType);
  const [control = 0, flags = 0] = bytes.subarray(start, start + 2);
  return isData(control) && (flags & PROTECTED) !== 0;
}

/** From a station, or to one: an access point sends again what it was sent. */
export const airDirection = (bytes: Uint8Array, linkType: number): number =>
  (bytes[frameStart(bytes, linkType) + 1] ?? 0) & BETWEEN_POINTS;
