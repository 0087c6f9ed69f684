/** Where everything of a network is drawn. places-wide.ts and places-tall.ts decide; this is what they decide about. */
import type { Topology } from "../../../core/simulator/topologies.ts";
import type { Card } from "./cards.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Card {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A segment: an upright line, with the network's name at one end or, where that is `upright`, along it. */
export interface Rail {
  readonly segment: string;
  readonly x: number;
  readonly top: number;
  readonly bottom: number;
  readonly label: Point;
}

/** A host's cable, from its box to the rail. */
export interface Stub {
  readonly host: string;
  readonly segment: string;
  readonly box: Point;
  readonly rail: Point;
}

export interface Places {
  readonly upright: boolean;
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly rails: readonly Rail[];
  readonly stubs: readonly Stub[];
}

export const TITLE_HEIGHT = 19;
export const LINE_HEIGHT = 14;
const PADDING = 7;

export const cardHeight = ({ lines }: Card, beside = 0): number =>
  2 * PADDING + TITLE_HEIGHT + (lines.length - beside) * LINE_HEIGHT;

/** A segment and the names of the hosts on it; those with only one are not drawn. */
export interface Link {
  readonly segment: string;
  readonly hosts: readonly string[];
}

export const linksOf = ({ network }: Topology): Link[] =>
  network.segments
    .map(({ name, plugs }) => ({ segment: name, hosts: plugs.map(({ host }) => host) }))
    .filter(({ hosts }) => hosts.length > 1);

/** The path of a frame from one host to another over a segment; empty if one of them is not on it. */
export function pathOf({ stubs }: Places, segment: string, from: string, to: string): Point[] {
  const start = stubs.find((stub) => stub.segment === segment && stub.host === from);
  const end = stubs.find((stub) => stub.segment === segment && stub.host === to);
  return start === undefined || end === undefined ? [] : [start.box, start.rail, end.rail, end.box];
}

const distance = (a: Point, b: Point): number => Math.hypot(b.x - a.x, b.y - a.y);

/** The point that lies so far along a path: 0 at its start, 1 at its end; or `inset` before either, where there is room. */
export function pointAt(path: readonly Point[], progress: number, inset = 0): Point {
  const lengths = path.slice(1).map((point, index) => distance(path[index] ?? point, point));
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const margin = Math.min(inset, total / 3);
  let left = margin + progress * (total - 2 * margin);
  for (const [index, length] of lengths.entries()) {
    const [a, b] = [path[index], path[index + 1]];
    if (a === undefined || b === undefined) break;
    if (left <= length && length > 0) {
      return { x: a.x + ((b.x - a.x) * left) / length, y: a.y + ((b.y - a.y) * left) / length };
    }
    left -= length;
  }
  return path.at(-1) ?? { x: 0, y: 0 };
}
