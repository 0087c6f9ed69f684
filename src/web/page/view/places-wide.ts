/**
 * A network from left to right, for wide screens: columns of hosts, and the segments upright between them.
 *
 *   client ──┃                    ┃── rs1
 *            ┃── router ──────────┃
 *   director ┃                    ┃── rs2
 */
import type { Topology } from "../../../core/simulator/topologies.ts";
import type { Card } from "./cards.ts";
import { type Box, cardHeight, type Link, linksOf, type Places, type Rail, type Stub } from "./places.ts";

const MARGIN = 12;
const ABOVE = 26;
const BETWEEN = 12;
/** A column is as wide as its longest line asks for: letters are 6.4 wide, with 11 before and behind them. */
const LEAST_COLUMN = 172;
const LETTER = 6.4;
const INSIDE = 22;
const GAP = 104;
/** Networks of two columns are drawn as far apart. */
const LEAST_WIDTH = 720;
const WIDEST_GAP = 220;

/** A column of hosts. */
interface Column {
  readonly cards: readonly Card[];
  readonly left: number;
  readonly width: number;
}

export function placesWide(topology: Topology, cards: readonly Card[]): Places {
  const links = linksOf(topology);
  const numbers = columnsOf(topology, links);
  const { columns, gap, width } = laidOut(cards, numbers);
  const tallest = Math.max(...columns.map((column) => stackHeight(column.cards)));
  const boxes = columns.flatMap((column) => stackedBoxes(column, ABOVE + (tallest - stackHeight(column.cards)) / 2));
  stretchRouters(boxes, links, numbers);
  const railX = (number: number): number => (columns[number]?.left ?? 0) + (columns[number]?.width ?? 0) + gap / 2;
  const drawn = links.map((link) => drawLink(link, boxes, numbers, railX));
  return {
    upright: false,
    width,
    height: ABOVE + tallest + MARGIN,
    boxes,
    rails: drawn.map(({ rail }) => rail),
    stubs: drawn.flatMap(({ stubs }) => stubs),
  };
}

function laidOut(
  cards: readonly Card[],
  numbers: ReadonlyMap<string, number>,
): { readonly columns: readonly Column[]; readonly gap: number; readonly width: number } {
  const last = Math.max(...numbers.values());
  const stacks = Array.from({ length: last + 1 }, (_, number) =>
    cards.filter(({ name }) => numbers.get(name) === number),
  );
  const widths = stacks.map((stack) => Math.max(LEAST_COLUMN, ...stack.map(cardWidth)));
  const all = widths.reduce((sum, width) => sum + width, 0);
  const gap = last === 0 ? GAP : Math.min(WIDEST_GAP, Math.max(GAP, (LEAST_WIDTH - 2 * MARGIN - all) / last));
  let left = MARGIN;
  const columns = stacks.map((stack, number) => {
    const column = { cards: stack, left, width: widths[number] ?? 0 };
    left += column.width + gap;
    return column;
  });
  return { columns, gap, width: left - gap + MARGIN };
}

const cardWidth = ({ lines }: Card): number => INSIDE + LETTER * Math.max(...lines.map(({ text }) => text.length));

/** Clients stand left; others as many columns from them as there are segments between, servers never in the first. */
function columnsOf({ clients, servers, hosts }: Topology, links: readonly Link[]): Map<string, number> {
  const columns = new Map(clients.map(({ name }) => [name, 0]));
  for (let column = 0; columns.size < hosts.length && column < hosts.length; column++) {
    const reached = links.filter((link) => link.hosts.some((name) => columns.get(name) === column));
    for (const name of reached.flatMap((link) => link.hosts)) {
      if (columns.has(name)) continue;
      const leadsOn = links.filter((link) => link.hosts.includes(name)).length > 1;
      const isServer = servers.some((server) => server.name === name);
      columns.set(name, leadsOn || isServer ? column + 1 : column);
    }
  }
  return columns;
}

const stackHeight = (stack: readonly Card[]): number =>
  stack.reduce((sum, card) => sum + cardHeight(card) + BETWEEN, -BETWEEN);

function stackedBoxes({ cards, left, width }: Column, top: number): Box[] {
  let y = top;
  return cards.map((card) => {
    const box = { ...card, x: left, y, width, height: cardHeight(card) };
    y += box.height + BETWEEN;
    return box;
  });
}

/** A router with a segment for each server is as high as all of them, so that the cables run straight. */
function stretchRouters(boxes: Box[], links: readonly Link[], columns: ReadonlyMap<string, number>): void {
  for (const [index, box] of boxes.entries()) {
    const beyond = links
      .filter(({ hosts }) => hosts.length === 2 && hosts.includes(box.name))
      .flatMap(({ hosts }) =>
        boxes.filter(({ name }) => hosts.includes(name) && (columns.get(name) ?? 0) > (columns.get(box.name) ?? 0)),
      );
    if (beyond.length < 2) continue;
    const top = Math.min(box.y, ...beyond.map(({ y, height }) => y + height / 2 - 12));
    const bottom = Math.max(box.y + box.height, ...beyond.map(({ y, height }) => y + height / 2 + 12));
    boxes[index] = { ...box, y: top, height: bottom - top };
  }
}

function drawLink(
  { segment, hosts }: Link,
  boxes: readonly Box[],
  columns: ReadonlyMap<string, number>,
  railX: (column: number) => number,
): { readonly rail: Rail; readonly stubs: readonly Stub[] } {
  const on = boxes.filter(({ name }) => hosts.includes(name));
  const column = Math.min(...on.map(({ name }) => columns.get(name) ?? 0));
  const x = railX(column);
  const straight = on.length === 2 && on.some(({ name }) => columns.get(name) !== column);
  const middles = on.map(({ y, height }) => y + height / 2);
  // Two hosts face each other where the smaller one has its middle.
  const facing = on.reduce((least, box) => (box.height < least.height ? box : least), on[0] ?? { y: 0, height: 0 });
  const stubs = on.map((box, index) => {
    const y = straight ? facing.y + facing.height / 2 : (middles[index] ?? 0);
    const side = (columns.get(box.name) ?? 0) > column ? box.x : box.x + box.width;
    return { host: box.name, segment, box: { x: side, y }, rail: { x, y } };
  });
  const heights = stubs.map(({ rail }) => rail.y);
  const [top, bottom] = [Math.min(...heights) - 10, Math.max(...heights) + 10];
  return { rail: { segment, x, top, bottom, label: { x, y: top - 6 } }, stubs };
}
