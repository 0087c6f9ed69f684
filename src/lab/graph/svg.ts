/** A lab as an SVG picture: columns by distance from the client, and below it the way of a request. */
import type { Lab } from "../plan.ts";
import { legLines } from "./legs.ts";
import { type GraphNode, graphOf } from "./nodes.ts";

const BOX = 150;
const BAR = 96;
const GAP = 34;
const LINE = 16;
const PAD = 10;
const SPACE = 22;
const MARGIN = 20;
const LEGEND_CHARACTER = 7.3;

interface Placed extends GraphNode {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The whole SVG document; the same lab gives the same text. Ends with a newline. */
export function svg(lab: Lab): string {
  const { nodes, edges } = graphOf(lab);
  const placed = place(nodes);
  const at = new Map(placed.map((node) => [node.id, node]));
  const legend = [`${lab.mode}: one request`, ...legLines(lab)];
  const bottom = Math.max(...placed.map(({ y, height }) => y + height)) + SPACE;
  const right = Math.max(...placed.map(({ x, width }) => x + width));
  const width =
    Math.ceil(Math.max(right, MARGIN + LEGEND_CHARACTER * Math.max(...legend.map(({ length }) => length)))) + MARGIN;
  const height = bottom + legend.length * LINE + MARGIN;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, monospace" font-size="12">`,
    `<title>${escaped(`tapvs lab ${lab.name}`)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...edges.flatMap(({ host, segment }) => wire(at.get(host), at.get(segment))),
    ...placed.flatMap(shape),
    ...legend.map((line, index) =>
      text(MARGIN, bottom + (index + 1) * LINE, line, index === 0 ? "bold" : "normal", "start"),
    ),
    "</svg>",
  ].join("\n")}\n`;
}

/** Columns from left to right; what stands in one column is stacked and centred. */
function place(nodes: readonly GraphNode[]): Placed[] {
  const columns = Array.from({ length: 1 + Math.max(...nodes.map(({ rank }) => rank)) }, (_, rank) =>
    nodes.filter((node) => node.rank === rank),
  );
  const heightOf = ({ lines }: GraphNode): number => 2 * PAD + (1 + lines.length) * LINE;
  const stacks = columns.map((column) => column.reduce((sum, node) => sum + heightOf(node) + SPACE, -SPACE));
  const tallest = Math.max(...stacks);
  let x = MARGIN;
  return columns.flatMap((column, index) => {
    const width = column.some(({ kind }) => kind === "host") ? BOX : BAR;
    let y = MARGIN + (tallest - (stacks[index] ?? 0)) / 2;
    const stack = column.map((node) => {
      const entry: Placed = { ...node, x, y, width, height: heightOf(node) };
      y += entry.height + SPACE;
      return entry;
    });
    x += width + GAP;
    return stack;
  });
}

/** From the right edge of the left node to the left edge of the right one. */
function wire(host: Placed | undefined, segment: Placed | undefined): string[] {
  if (host === undefined || segment === undefined) return [];
  const [left, right] = host.x < segment.x ? [host, segment] : [segment, host];
  const [x1, y1, x2, y2] = [left.x + left.width, middle(left), right.x, middle(right)];
  return [`<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#64748b" stroke-width="1.5"/>`];
}

const middle = ({ y, height }: Placed): number => y + height / 2;

function shape({ kind, id, title, lines, x, y, width, height }: Placed): string[] {
  const segment = kind === "segment";
  const fill = segment ? "#f1f5f9" : id === "director" ? "#fde68a" : "#e0f2fe";
  return [
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${segment ? 16 : 4}" fill="${fill}" stroke="#334155"/>`,
    ...[title, ...lines].map((line, index) =>
      text(x + width / 2, y + PAD + (index + 1) * LINE - 4, line, index === 0 ? "bold" : "normal", "middle"),
    ),
  ];
}

const text = (x: number, y: number, content: string, weight: "bold" | "normal", anchor: "start" | "middle"): string =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}" font-weight="${weight}" xml:space="preserve">${escaped(content)}</text>`;

const escaped = (content: string): string =>
  content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
