/** Links around links, as devices are wrapped in smoltcp: each sees or changes what passes, and hands it on. */
import { SeededRandom } from "../../core/ipvs/random.ts";
import type { PacketOnPort } from "../capture.ts";
import type { Director, Link } from "../director.ts";
import { UsageError } from "../errors.ts";
import type { SentFrame } from "../walk.ts";
import { sentFrame } from "../walked.ts";
import { checkNames } from "../wrong-use.ts";

/** Where frames end. */
export const nowhere: Link = { send: () => {} };

/** Tells of every frame in a line, `eth1 tcp 10.1.0.7:40000 > 10.2.0.2:80 S ttl 63`, and hands it on. */
export const traced = (link: Link, tell: (line: string) => void): Link => ({
  send: (frame) => {
    tell(`${frame.port} ${frame.text}`);
    link.send(frame);
  },
});

/** Hands every frame on, and to `take` as `writePcapng` of `tapvs/capture` wants it. `now` is its time in seconds. */
export const captured = (link: Link, take: (packet: PacketOnPort) => void, now: () => number = () => 0): Link => ({
  send: (frame) => {
    take({ port: frame.port, bytes: frame.bytes, time: Math.round(now() * 1e6), direction: "out" });
    link.send(frame);
  },
});

/** What goes wrong on a wire: shares of the frames, from 0 to 1. */
export interface WireFaults {
  /** Lost. */
  readonly drop?: number;
  /** Sent twice. */
  readonly duplicate?: number;
  /** One bit is another. */
  readonly corrupt?: number;
  /** The frame comes after the next one. */
  readonly reorder?: number;
  /** The same seed does the same; 1 by default. */
  readonly seed?: number;
}

const DRAWS = 1e6;

/** Loses, doubles, damages and reorders frames. Throws UsageError for a share that is none. */
export function faulty(link: Link, faults: WireFaults): Link {
  checkNames("fault", faults, ["drop", "duplicate", "corrupt", "reorder", "seed"]);
  const { drop = 0, duplicate = 0, corrupt = 0, reorder = 0, seed = 1 } = faults;
  for (const [name, share] of Object.entries({ drop, duplicate, corrupt, reorder }))
    if (!(share >= 0 && share <= 1))
      throw new UsageError(`${name}: expected a share of the frames from 0 to 1, got ${share}`);
  const random = new SeededRandom(seed);
  const happens = (share: number): boolean => random.upTo(DRAWS - 1) < share * DRAWS;
  let late: SentFrame | undefined;
  const pass = (frame: SentFrame): void => {
    link.send(frame);
    if (happens(duplicate)) link.send(frame);
    const waiting = late;
    late = undefined;
    if (waiting !== undefined) link.send(waiting);
  };
  return {
    send: (frame) => {
      if (happens(drop)) return;
      const sent = happens(corrupt) ? sentFrame(frame.port, damaged(frame.bytes, random)) : frame;
      if (late === undefined && happens(reorder)) late = sent;
      else pass(sent);
    },
  };
}

function damaged(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const copy = bytes.slice();
  const bit = random.upTo(Math.max(0, copy.length * 8 - 1));
  copy.set([(copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))], bit >> 3);
  return copy;
}

/** A cable into a port of a director: what is sent, it receives. */
export const wiredTo = (director: () => Pick<Director, "receive">, port: string): Link => ({
  send: ({ bytes }) => {
    director().receive(port, bytes);
  },
});
