/** The TCP and UDP packets of a capture, and why others are of no use. */
import type { Anonymiser } from "../../core/capture/anonymise/anonymiser.ts";
import { IP_LINKS, networkPacket, whyNoIp } from "../../core/capture/network-packet.ts";
import type { Packet, PacketInPlace } from "../../core/capture/packet.ts";
import { checkAnew, filledUp } from "../../core/replay/adopt/cut-off.ts";
import { type Datagram, DatagramReader } from "../../core/replay/adopt/datagram.ts";
import { innermost } from "../../core/replay/adopt/tunnels.ts";
import { type CaptureFileError, readInOrder } from "../../io/capture-file.ts";
import { FAILED, Failure, WRONG_USAGE } from "../failure.ts";
import { say } from "../output.ts";
import { Progress } from "../progress.ts";
import { Sights } from "./sights.ts";

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
    const core = innermost(captured);
    if (seen.isAgain(core, core.length < captured.length, packet)) return pass("seen at another place already");
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
