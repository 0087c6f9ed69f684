/**
 * The transport checksum of a packet in fragments whose data is zeroed, while the fragments come one by one. The first one has the
 * checksum, and only the last one says how long the packet is, which the checksum covers, too. So the first gets one that is right for a
 * length of 0, and two bytes of the last one's data, which are zero otherwise, make up for the length. If the last one came first, the
 * length is known.
 */
import { fold, halves } from "../../wire/checksum.ts";

/** Packets in fragments that are remembered; the oldest are forgotten. */
const MOST_PACKETS = 1024;

/** One fragment, before anything of it is changed. */
export interface Piece {
  /** Whose it is: addresses, protocol and identification. */
  readonly packet: string;
  /** Where its bytes stand behind the header of IP, and how many they are. */
  readonly offset: number;
  readonly length: number;
  readonly isLast: boolean;
  /** The sum of its bytes; of the first one with the pseudo header, but for the length. */
  readonly sum: number;
  /** Whether the checksum covers the length of the packet. */
  readonly countsLength: boolean;
}

interface Remembered {
  readonly pieces: Map<number, { readonly length: number; readonly sum: number }>;
  /** Of the whole, once the last fragment was there. */
  length: number | undefined;
  /** Whether the first fragment left its length to the last one. */
  owes: boolean;
}

export class FragmentSums {
  /** The oldest first. */
  readonly #packets = new Map<string, Remembered>();

  /**
   * What the bytes of a fragment have to add up to when its data is zeroed: of the first one with the pseudo header, but for the
   * length; of the last one by two bytes in its data.
   */
  wanted({ packet, offset, length, isLast, sum, countsLength }: Piece): number {
    const known = this.#remembered(packet, offset, sum);
    known.pieces.set(offset, { length, sum });
    if (isLast) known.length = offset + length;
    const rest = fold(residueOf(known, countsLength) + (countsLength ? minus(known.length ?? 0) : 0));
    if (offset === 0) {
      known.owes = known.length === undefined;
      return known.owes ? 0xffff : rest;
    }
    return isLast && known.owes ? rest : 0;
  }

  /** What is known of a packet; nothing if it has another one's identification: a fragment of it was there that was another. */
  #remembered(packet: string, offset: number, sum: number): Remembered {
    const before = this.#packets.get(packet);
    const isOther = before === undefined || (before.pieces.get(offset)?.sum ?? sum) !== sum;
    const known = isOther ? { pieces: new Map(), length: undefined, owes: false } : before;
    this.#packets.delete(packet);
    this.#packets.set(packet, known);
    const [oldest] = this.#packets.keys();
    if (this.#packets.size > MOST_PACKETS && oldest !== undefined) this.#packets.delete(oldest);
    return known;
  }
}

/** In ones' complement. */
const minus = (length: number): number => ~halves(length) & 0xffff;

/** What the whole adds up to, ffff if it is right; that, too, if not all of it was there. */
function residueOf({ pieces, length }: Remembered, countsLength: boolean): number {
  let sum = 0;
  let at = 0;
  for (let piece = pieces.get(0); piece !== undefined; piece = pieces.get(at)) {
    sum = fold(sum + piece.sum);
    at += piece.length;
    if (piece.length === 0) break;
  }
  if (length === undefined || at !== length) return 0xffff;
  return fold(sum + (countsLength ? halves(length) : 0));
}
