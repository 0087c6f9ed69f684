/**
 * A network from left to right, for wide screens: columns of hosts, and the segments upright between them.
 *
 *   client ──┃                    ┃── rs1
 *            ┃── router ──────────┃
 *   director ┃                    ┃── rs2
 */
import type { Topology } from "../../../core/network/topologies.ts";
import type { Card } from "./cards.ts";
import { type Box, cardHeight, type Link, linksOf, type Places, type Rail, type Stub } from "./places.ts";

const MARGIN = 12;
const ABOVE = 26;
const BETWEEN = 12;
const COLUMN = 172;
const GAP = 104;
/** Networks of two columns are drawn as far apart. */
const LEAST_WIDTH = 720;
const WIDEST_GAP = 220;

export function placesWide(topology: Topology, cards: readonly Card[]): Places {
  const links = linksOf(topology);
  const columns = columnsOf(topology, links);
  const last = Math.max(...columns.values());
  const gap =
    last === 0 ? GAP : Math.min(WIDEST_GAP, Math.max(GAP, (LEAST_WIDTH - 2 * MARGIN - (last + 1) * COLUMN) / last));
  const heights = cards.map((card) => cardHeight(card));
  const stacks = Array.from({ length: last + 1 }, (_, column) =>
    cards.filter(({ name }) => columns.get(name) === column),
  );
  const tallest = Math.max(...stacks.map((stack) => stackHeight(stack)));
  const left = (column: number): number => MARGIN + column * (COLUMN + gap);
  const boxes = stacks.flatMap((stack, column) =>
    stackedBoxes(stack, left(column), ABOVE + (tallest - stackHeight(stack)) / 2),
  );
  stretchRouters(boxes, links, columns);
  const drawn = links.map((link) => drawLink(link, boxes, columns, (column) => left(column) + COLUMN + gap / 2));
  return {
    upright: false,
    width: left(last) + COLUMN + MARGIN,
    height: ABOVE + Math.max(tallest, ...heights) + MARGIN,
    boxes,
    rails: drawn.map(({ rail }) => rail),
    stubs: drawn.flatMap(({ stubs }) => stubs),
  };
}

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

function stackedBoxes(stack: readonly Card[], x: number, top: number): Box[] {
  let y = top;
  return stack.map((card) => {
    const box = { ...card, x, y, width: COLUMN, height: cardHeight(card) };
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
