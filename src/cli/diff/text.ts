/** What two configurations do otherwise, in lines for people. */
import { amount } from "../../core/amount.ts";
import { durationText } from "../../core/capture/duration.ts";
import type { Leaving, OtherFrames, RulesDiff } from "../../core/replay/diff/diff.ts";
import type { Kept, Moment } from "../../core/replay/diff/kept.ts";
import type { InTable } from "../../core/replay/diff/picks.ts";

/** Moves, and ends of packets, that are listed; more are counted. */
const MOST_LINES = 20;

export function diffLines(diff: RulesDiff): string[] {
  const { change, connections, moved, moves, ends, otherFrames, macs, leaving, joining } = diff;
  const percent = connections === 0 ? "" : ` (${((100 * moved) / connections).toFixed(1)} %)`;
  const wide = String(moves[0]?.connections ?? 0).length;
  return [
    ...(change === undefined ? [] : [`the rules change before ${momentText(change)}`]),
    moved === 0
      ? stayed(connections)
      : `${moved} of ${amount(connections, "connection")} ${moved === 1 ? "goes" : "go"} elsewhere${percent}`,
    ...shortened(
      moves.map(
        ({ from, to, connections: count, first }) =>
          `  ${String(count).padStart(wide)}  ${from} -> ${to}, first ${first}`,
      ),
    ),
    ...(ends.length === 0 ? [] : ["packets that end otherwise:"]),
    ...shortened(
      ends.map(({ before, after, packets, first }) => `  ${packets}  ${before} -> ${after}, first packet ${first}`),
    ),
    ...(otherFrames.packets === 0 ? [] : [otherFramesLine(otherFrames)]),
    ...macs.map(({ interface: name, before, after }) => `${name} has another MAC address: ${before} -> ${after}`),
    ...leaving.map(leavingLine),
    ...joining.map((server) => `${server} is new`),
  ];
}

function shortened(lines: readonly string[]): readonly string[] {
  const more = lines.length - MOST_LINES;
  return more > 0 ? [...lines.slice(0, MOST_LINES), `  and ${more} more`] : lines;
}

function stayed(connections: number): string {
  if (connections === 0) return "no connection is balanced by either";
  return connections === 1
    ? "the one connection goes where it went"
    : `all ${connections} connections go where they went`;
}

const momentText = ({ packet, seconds }: Moment): string => `packet ${packet}, at ${seconds.toFixed(3)} s`;

const otherFramesLine = ({ packets, macsAlone, first }: OtherFrames): string =>
  `other frames are sent because of ${amount(packets, "packet")}, ${macsText(packets, macsAlone)}${first === 0 ? "after the last one" : `first packet ${first}`}`;

function macsText(packets: number, macsAlone: number): string {
  if (macsAlone === 0) return "";
  return `${macsAlone === packets ? "" : `of ${macsAlone} `}with other MAC addresses alone, `;
}

function leavingLine(leaving: Leaving): string {
  const { server, why, kept } = leaving;
  const what = `${server} ${why === "removed" ? "is removed" : "gets weight 0"}`;
  if (kept !== undefined) return `${what}${keptText(kept)}`;
  return isNothing(leaving)
    ? `${what}, and has nothing in the table`
    : `${what}: ${inTable(leaving)} in the table, ${expiry(leaving)}`;
}

function keptText(kept: Kept): string {
  if (isNothing(kept) && isNothing(kept.left)) return ", and has nothing in the table then";
  const begin = `: ${inTable(kept)} then, and ${kept.packets === 0 ? "no packet" : amount(kept.packets, "packet")} of its clients after that`;
  if (kept.empty !== undefined) return `${begin}; it has nothing left by ${momentText(kept.empty)}`;
  return `${begin}; ${inTable(kept.left)} when the last packet has passed, ${expiry(kept.left)}`;
}

const isNothing = ({ connections, templates }: InTable): boolean => connections + templates === 0;

const inTable = ({ connections, templates }: InTable): string =>
  `${amount(connections, "connection")}${templates === 0 ? "" : ` and ${amount(templates, "persistence template")}`}`;

const expiry = ({ seconds }: InTable): string =>
  `the last expires ${durationText(seconds)} after the last packet if nobody sends any more`;
