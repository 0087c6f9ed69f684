/** Two configurations beside each other, on the same packets. */
import type { Kept, Moment } from "./kept.ts";
import type { OtherMac } from "./macs.ts";
import type { InTable, Passed, SentFrames } from "./picks.ts";

/** Connections that go from one real server to another; `nobody` where none is picked. */
export interface Move {
  readonly from: string;
  readonly to: string;
  readonly connections: number;
  /** The first of them. */
  readonly first: string;
}

/** Packets that end otherwise. */
export interface OtherEnd {
  readonly before: string;
  readonly after: string;
  readonly packets: number;
  /** Number of the first. */
  readonly first: number;
}

export interface OtherFrames {
  readonly packets: number;
  /** Of these, packets of which the frames differ in their MAC addresses alone. */
  readonly macsAlone: number;
  /** Number of the first; 0 for what comes after the last packet. */
  readonly first: number;
}

/** A real server that takes no new connections any more, or that is new. */
export interface Leaving extends InTable {
  /** `TCP 10.1.0.100:80 10.2.0.2:80`. */
  readonly server: string;
  readonly why: "removed" | "weight 0";
  /** Where the rules change in the middle of the packets: what becomes of what it has then. */
  readonly kept?: Kept;
}

export interface RulesDiff {
  /** When the rules change, if that is in the middle of the packets. */
  readonly change?: Moment;
  readonly connections: number;
  readonly moved: number;
  readonly moves: readonly Move[];
  readonly ends: readonly OtherEnd[];
  /**
   * Packets of which other frames come; counted only where all connections go where they went and all packets end as they did,
   * for else that is why.
   */
  readonly otherFrames: OtherFrames;
  /** Interfaces that have another MAC address; the frames count as if they had the old one. */
  readonly macs: readonly OtherMac[];
  readonly leaving: readonly Leaving[];
  /** Real servers that were not there before. */
  readonly joining: readonly string[];
}

const NOBODY = "nobody";

export function diffOf(before: Passed, after: Passed, macs: readonly OtherMac[] = []): RulesDiff {
  const all = new Set([...before.picks.keys(), ...after.picks.keys()]);
  const moves = new Map<string, Move>();
  for (const connection of all) {
    const from = before.picks.get(connection) ?? NOBODY;
    const to = after.picks.get(connection) ?? NOBODY;
    if (from === to) continue;
    const { connections = 0, first = connection } = moves.get(`${from} ${to}`) ?? {};
    moves.set(`${from} ${to}`, { from, to, connections: connections + 1, first });
  }
  const list = [...moves.values()].sort((a, b) => b.connections - a.connections);
  const ends = otherEnds(before, after);
  const isElse = list.length + ends.length > 0;
  const { change } = after;
  return {
    ...(change !== undefined && { change: { packet: change.packet, seconds: change.seconds } }),
    connections: all.size,
    moved: list.reduce((sum, { connections }) => sum + connections, 0),
    moves: list,
    ends,
    otherFrames: isElse ? { packets: 0, macsAlone: 0, first: 0 } : otherFrames(before, after),
    macs,
    leaving: leavingIn(before, after),
    joining: [...after.servers.keys()].filter((server) => !before.servers.has(server)),
  };
}

function otherEnds(before: Passed, after: Passed): OtherEnd[] {
  const ends = new Map<string, OtherEnd>();
  for (const [packet, end] of before.ends) {
    const other = after.ends.get(packet) ?? "passed over";
    if (other === end) continue;
    const key = `${end}, ${other}`;
    const { packets = 0, first = packet } = ends.get(key) ?? {};
    ends.set(key, { before: end, after: other, packets: packets + 1, first });
  }
  return [...ends.values()].sort((a, b) => b.packets - a.packets);
}

function otherFrames(before: Passed, after: Passed): OtherFrames {
  const records = [...new Set([...before.sent.keys(), ...after.sent.keys()])].sort((a, b) => a - b);
  const differ = (record: number, what: keyof SentFrames): boolean =>
    before.sent.get(record)?.[what] !== after.sent.get(record)?.[what];
  const other = records.filter(
    (record) => differ(record, "whole") && before.ends.get(record) === after.ends.get(record),
  );
  const macsAlone = other.filter((record) => !differ(record, "beyondMacs")).length;
  return { packets: other.length, macsAlone, first: other.find((record) => record > 0) ?? 0 };
}

const NOTHING: InTable = { connections: 0, templates: 0, seconds: 0 };

function leavingIn(before: Passed, after: Passed): Leaving[] {
  return [...before.servers].flatMap(([server, weight]): Leaving[] => {
    const now = after.servers.get(server);
    if (now !== undefined && (now > 0 || weight === 0)) return [];
    const kept = after.change?.kept.get(server);
    const { connections, templates, seconds } = kept ?? before.table.get(server) ?? NOTHING;
    const why = now === undefined ? "removed" : "weight 0";
    return [{ server, why, connections, templates, seconds, ...(kept !== undefined && { kept }) }];
  });
}

/** Whether nothing at all is otherwise. */
export const isSame = ({ moved, ends, otherFrames: { packets }, macs, leaving, joining }: RulesDiff): boolean =>
  moved + ends.length + packets + macs.length + leaving.length + joining.length === 0;
