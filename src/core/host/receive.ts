/**
 * How frames come in, alone or many together: those of established connections, and those that open one, take the fast path while nobody
 * needs more of them; the others walk.
 */
import { NONE } from "../ipvs/connection-rows.ts";
import type { Trace } from "../trace/events.ts";
import { SENT, type Verdict } from "../trace/verdict.ts";
import type { Frame, InterfaceIndex } from "../wire/frame.ts";
import type { Director } from "./director.ts";
import { takeOpening } from "./fast/fast-opening.ts";
import { isQuiet, knownConnection, takeEstablished, UNKNOWN } from "./fast/fast-path.ts";
import { LONGEST_BATCH, REQUEST } from "./fast/foresight.ts";
import { NOT_TAKEN } from "./fast/plain-packet.ts";
import { walk } from "./walk.ts";

/** A frame that arrived alone; how it ended. */
export function receiveOne(director: Director, frame: Frame): Verdict {
  director.addresses.beginWalk();
  if (!director.takesFastPath) return walkToEnd(director, frame);
  const { known } = director.tracing;
  if (known !== undefined && takeKnown(director, frame, known)) return SENT;
  if (!isQuiet(director)) return walkToEnd(director, frame);
  const { foresight } = director;
  foresight.seeAlone(director, frame);
  return takeEstablished(director, foresight.alone, 0, 0, 1, foresight) === 1 ? SENT : takeOther(director, frame);
}

/** For a listener that is content to know the connection. Where FULLNAT is, an answer is not told from a request by its route. */
function takeKnown(director: Director, frame: Frame, listener: Trace): boolean {
  const { foresight, path, server } = director;
  if (server.connections.localAddresses.areUsed) return false;
  path.trace = undefined;
  const sees = isQuiet(director);
  if (sees) foresight.seeAlone(director, frame);
  const row = sees && foresight.routes[0] !== undefined ? knownConnection(director, frame, foresight, 0) : NONE;
  const taken = row !== NONE && takeEstablished(director, foresight.alone, 0, 0, 1, foresight) === 1;
  path.trace = listener;
  if (taken) listener.known?.(row, foresight.kinds[0] !== REQUEST);
  return taken;
}

/** The first `count` frames arrived on one port together, in order. */
export function receiveTogether(
  director: Director,
  frames: readonly Frame[],
  count: number,
  ifindex: InterfaceIndex,
): void {
  for (let next = 0; next < count; )
    next = receiveSome(director, frames, next, Math.min(count, next + LONGEST_BATCH), ifindex);
}

/** Up to the frame that changes what was seen of the others; the place of the next one. */
function receiveSome(
  director: Director,
  frames: readonly Frame[],
  from: number,
  end: number,
  ifindex: InterfaceIndex,
): number {
  const { foresight, routes } = director;
  const { changes } = routes;
  const foresees = director.takesFastPath && isQuiet(director);
  director.addresses.beginWalk();
  if (foresees) foresight.see(director, frames, from, end, ifindex);
  const count = end - from;
  for (let place = 0; place < count; place++) {
    if (foresees) place = takeEstablished(director, frames, from, place, count, foresight);
    const frame = frames[from + place];
    if (place === count || frame === undefined) continue;
    frame.ifindex = ifindex;
    if (foresees) takeOther(director, frame);
    else walkToEnd(director, frame);
    const isAsSeen = director.routes === routes && routes.changes === changes && isQuiet(director) === foresees;
    if (!isAsSeen) return from + place + 1;
  }
  return end;
}

/** What `takeEstablished` has left. */
function takeOther(director: Director, frame: Frame): Verdict {
  const verdict = director.foresight.verdict === UNKNOWN ? takeOpening(director, frame) : NOT_TAKEN;
  if (verdict === NOT_TAKEN) return walkToEnd(director, frame);
  director.fastPackets++;
  director.count(verdict);
  return verdict;
}

function walkToEnd(director: Director, frame: Frame): Verdict {
  const verdict = walk(director, frame);
  director.count(verdict);
  if (director.path.trace !== undefined) director.tracing.conclude(verdict, frame.family);
  return verdict;
}
