/**
 * A network from top to bottom, for narrow screens: hosts below each other, segments as rails on their left.
 *
 *   ┃──── client
 *   ┃──┃─ director
 *      ┃─ rs1
 *      ┃─ rs2
 */
import type { Topology } from "../../../core/simulator/topologies.ts";
import type { Card } from "./cards.ts";
import { type Box, cardHeight, type Link, linksOf, type Places, type Rail, type Stub } from "./places.ts";

const WIDTH = 366;
const MARGIN = 8;
const ABOVE = 22;
const BETWEEN = 10;
/** Left of the first rail, between rails, and between the last rail and the boxes. Many rails stand closer. */
const FIRST_LANE = 16;
const LANE = 24;
const RAIL_ROOM = 100;
const CABLE = 22;

export function placesTall(topology: Topology, cards: readonly Card[]): Places {
  const links = linksOf(topology);
  const lanes = lanesOf(links, cards);
  const last = Math.max(...lanes);
  const lane = Math.min(LANE, RAIL_ROOM / (last + 1));
  const x = FIRST_LANE + last * lane + CABLE;
  let y = ABOVE;
  const boxes = cards.map((card) => {
    const box = { ...card, x, y, width: WIDTH - x - MARGIN, height: cardHeight(card) };
    y += box.height + BETWEEN;
    return box;
  });
  const drawn = links.map((link, index) => drawLink(link, boxes, links, FIRST_LANE + (lanes[index] ?? 0) * lane));
  return {
    upright: true,
    width: WIDTH,
    height: y - BETWEEN + MARGIN,
    boxes,
    rails: drawn.map(({ rail }) => rail),
    stubs: drawn.flatMap(({ stubs }) => stubs),
  };
}

/** The lane of each link: the leftmost in which no other is beside it. Long ones stand left. */
function lanesOf(links: readonly Link[], cards: readonly Card[]): number[] {
  const spans = links.map(({ hosts }) => {
    const places = hosts.map((host) => cards.findIndex(({ name }) => name === host));
    return { first: Math.min(...places), last: Math.max(...places) };
  });
  const lanes: number[] = new Array(links.length).fill(0);
  const order = spans.map((_, index) => index).sort((a, b) => length(b) - length(a));
  for (const [turn, index] of order.entries()) {
    const taken = order
      .slice(0, turn)
      .filter((other) => touch(index, other))
      .map((other) => lanes[other]);
    let lane = 0;
    while (taken.includes(lane)) lane++;
    lanes[index] = lane;
  }
  return lanes;

  function length(index: number): number {
    const span = spans[index];
    return span === undefined ? 0 : span.last - span.first;
  }

  function touch(a: number, b: number): boolean {
    const [one, other] = [spans[a], spans[b]];
    return one !== undefined && other !== undefined && one.first <= other.last && other.first <= one.last;
  }
}

function drawLink(
  { segment, hosts }: Link,
  boxes: readonly Box[],
  links: readonly Link[],
  x: number,
): { readonly rail: Rail; readonly stubs: readonly Stub[] } {
  const stubs = hosts.flatMap((host) => {
    const box = boxes.find(({ name }) => name === host);
    if (box === undefined) return [];
    // Each of a host's cables has its own height.
    const mine = links.filter((link) => link.hosts.includes(host));
    const place = mine.findIndex((link) => link.segment === segment);
    const y = box.y + (box.height * (place + 1)) / (mine.length + 1);
    return [{ host, segment, box: { x: box.x, y }, rail: { x, y } }];
  });
  const heights = stubs.map(({ rail }) => rail.y);
  const [top, bottom] = [Math.min(...heights), Math.max(...heights)];
  return { rail: { segment, x, top: top - 6, bottom: bottom + 6, label: { x: x - 6, y: (top + bottom) / 2 } }, stubs };
}
