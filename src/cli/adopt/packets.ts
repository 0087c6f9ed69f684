/** The TCP and UDP packets of a capture, and why others are of no use. */
import type { Anonymiser } from "../../core/capture/anonymise/anonymiser.ts";
import { IP_LINKS, networkPacket, sightOf, whyNoIp } from "../../core/capture/network-packet.ts";
import type { Packet, PacketInPlace } from "../../core/capture/packet.ts";
import { checkAnew, filledUp } from "../../core/replay/adopt/cut-off.ts";
import { type Datagram, DatagramReader } from "../../core/replay/adopt/datagram.ts";
import { innermost } from "../../core/replay/adopt/tunnels.ts";
import { type CaptureFileError, readInOrder } from "../../io/capture-file.ts";
import { FAILED, Failure, WRONG_USAGE } from "../failure.ts";
import { say } from "../output.ts";
import { Progress } from "../progress.ts";

/** Two sights of one packet on two interfaces are not further apart, in microseconds. */
const TOGETHER = 10_000;
const REMEMBERED = 256;
const HASHED = 64;

/** How a capture is gone through: what progress calls it, whether faults are told, and who takes addresses and data away. */
export interface Reading {
  readonly doing: string;
  readonly tell: boolean;
  readonly anonymiser: Anonymiser | undefined;
}

/** How many packets are of no use, by why. */
export type Unused = ReadonlyMap<string, number>;

/** What a reading of the capture saw beside its TCP and UDP packets. */
export interface Read {
  readonly unused: Unused;
  /** Packets that came out of a tunnel. */
  readonly tunnelled: number;
  /** Packets that were cut by the snap length, and got zeros in the place of what is missing. */
  readonly filled: number;
}

const CUT_OFF: ReadonlySet<CaptureFileError["kind"]> = new Set(["cut-off", "record-too-long", "bad-block-length"]);

/**
 * Every TCP and UDP packet in the order of time, once, with bytes of its own. A file that ends badly is read up to there,
 * which is said if `tell`. Throws Failure for one that cannot be read at all.
 */
export async function eachDatagram(
  capture: string,
  { doing, tell, anonymiser }: Reading,
  take: (datagram: Datagram, packet: Packet) => void,
): Promise<Read> {
  const unused = new Map<string, number>();
  const pass = (why: string): void => void unused.set(why, (unused.get(why) ?? 0) + 1);
  const seen = new Sights();
  const reader = new DatagramReader();
  const progress = new Progress(doing);
  let packets = 0;
  let tunnelled = 0;
  let filled = 0;
  const note = tell ? say : () => {};
  const each = (packet: PacketInPlace) => {
    progress.count();
    packets++;
    // The case is written in the order of time, and replayed in it.
    if (packet.isLate) return pass("too far behind later ones to be put in order: sort the capture first (reordercap)");
    const captured = networkPacket(packet)?.slice();
    if (captured === undefined) return pass(whyNoIp(packet));
    if (seen.isAgain(captured, packet)) return pass("seen on another interface already");
    const bytes = packet.originalLength > packet.bytes.length ? filledUp(captured) : captured;
    const missing = bytes.length - captured.length;
    const inside = innermost(bytes);
    anonymiser?.packet(inside);
    const datagram = reader.read(inside, inside.length - missing);
    if (typeof datagram === "string") return pass(datagram);
    if (inside !== bytes) tunnelled++;
    if (missing > 0) {
      checkAnew(datagram);
      filled++;
    }
    take(datagram, packet);
  };
  const { error } = await readInOrder(capture, each, { links: IP_LINKS, note });
  progress.end();
  if (error?.kind === "unreadable") throw new Failure(WRONG_USAGE, error.message);
  if (error !== undefined && (packets === 0 || !CUT_OFF.has(error.kind))) throw new Failure(FAILED, error.message);
  if (error !== undefined && tell) say(`${error.message}; what stands before is taken`);
  return { unused, tunnelled, filled };
}

/** Bytes that a packet may have without new room for it. */
const USUAL = 2048;

interface Sight {
  hash: number;
  sight: string;
  time: number;
  length: number;
  bytes: Uint8Array;
}

/** Packets that a capture of all interfaces has twice: the last ones are remembered, in a ring whose memory is used again. */
class Sights {
  readonly #ring = Array.from(
    { length: REMEMBERED },
    (): Sight => ({ hash: 0, sight: "", time: 0, length: -1, bytes: new Uint8Array(USUAL) }),
  );
  #next = 0;
  #first: string | undefined;
  /** As long as all packets were seen at one place, none was seen at another. */
  #severalPlaces = false;

  isAgain(bytes: Uint8Array, packet: Packet): boolean {
    const hash = hashOf(bytes);
    const sight = sightOf(packet);
    this.#first ??= sight;
    this.#severalPlaces ||= sight !== this.#first;
    const before = this.#severalPlaces ? this.#newest(hash) : undefined;
    const isOther = before !== undefined && before.sight !== sight && packet.time - before.time <= TOGETHER;
    if (isOther && Buffer.compare(before.bytes.subarray(0, before.length), bytes) === 0) return true;
    this.#remember(hash, sight, packet.time, bytes);
    return false;
  }

  #newest(hash: number): Sight | undefined {
    for (let back = 1; back <= REMEMBERED; back++) {
      const seen = this.#ring[(this.#next + REMEMBERED - back) % REMEMBERED];
      if (seen?.hash === hash && seen.length >= 0) return seen;
    }
    return undefined;
  }

  #remember(hash: number, sight: string, time: number, bytes: Uint8Array): void {
    const entry = this.#ring[this.#next];
    this.#next = (this.#next + 1) % REMEMBERED;
    if (entry === undefined) return;
    if (bytes.length > entry.bytes.length) entry.bytes = new Uint8Array(bytes.length);
    entry.bytes.set(bytes);
    entry.length = bytes.length;
    entry.hash = hash;
    entry.sight = sight;
    entry.time = time;
  }
}

/** FNV-1a over the headers, in which packets differ. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5 ^ bytes.length;
  for (let at = 0; at < bytes.length && at < HASHED; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash;
}
