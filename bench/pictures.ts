/** The pictures of docs/performance.md, as SVG. */
import type { PacketCost } from "./measure.ts";
import type { Measured } from "./parts.ts";
import type { Yardstick } from "./yardstick.ts";

const count = (number: number): string => number.toLocaleString("en");

const WIDTH = 720;
const LEFT = 90;
const ROW = 18;
const COLORS = ["#7aa6c2", "#3f7cac", "#1d4e79"];

/** Bars by method, one for each number of connections. */
export function bars({ packets = [] }: Measured): string {
  const sizes = [...new Set(packets.map(({ connections }) => connections))];
  const inC = (name: string, of: (one: Yardstick) => number | undefined) =>
    packets.flatMap((one) => {
      const nanoseconds = of(one);
      return one.method === "nat" && nanoseconds !== undefined
        ? [{ method: name, connections: one.connections, nanoseconds }]
        : [];
    });
  const all = [...packets, ...inC("C, 2 M slots", ({ c }) => c), ...inC("C, fitting", ({ fitting }) => fitting)];
  const methods = [...new Set(all.map(({ method }) => method))];
  const most = Math.max(...all.map(({ nanoseconds }) => nanoseconds));
  const scale = (WIDTH - LEFT - 60) / most;
  const group = sizes.length * ROW + 10;
  const height = methods.length * group + 50;
  const drawn = all.map(({ method, connections, nanoseconds }) => {
    const size = sizes.indexOf(connections);
    const y = 40 + methods.indexOf(method) * group + size * ROW;
    const width = (nanoseconds * scale).toFixed(1);
    const x = LEFT + nanoseconds * scale + 6;
    return `<rect x="${LEFT}" y="${y}" width="${width}" height="${ROW - 4}" fill="${COLORS[size] ?? "#000"}"/><text x="${x.toFixed(1)}" y="${y + 12}">${nanoseconds.toFixed(0)}</text>`;
  });
  const names = methods.map((method, index) => `<text x="8" y="${40 + index * group + ROW + 12}">${method}</text>`);
  const legend = sizes.map(
    (size, index) =>
      `<rect x="${LEFT + index * 190}" y="12" width="12" height="12" fill="${COLORS[index] ?? "#000"}"/><text x="${LEFT + index * 190 + 18}" y="22">${count(size)} connections</text>`,
  );
  return svg("Nanoseconds a packet, by method and number of connections", height, [...legend, ...names, ...drawn]);
}

/** NAT and the C loop, with either table, by number of connections, each ten times as many as far right of the one before. */
export function curve({ connections: rows = [] }: Measured): string {
  const [height, top, bottom] = [260, 30, 220];
  const most = Math.max(1, ...rows.flatMap(({ nanoseconds, c = 0, fitting = 0 }) => [nanoseconds, c, fitting]));
  const x = (connections: number): number => LEFT + (Math.log10(connections) - 3) * ((WIDTH - LEFT - 60) / 4);
  const y = (nanoseconds: number): number => bottom - (nanoseconds / most) * (bottom - top);
  const line = (color: number, of: (one: PacketCost & Yardstick) => number | undefined): string => {
    const points = rows.flatMap((one) => {
      const cost = of(one);
      return cost === undefined ? [] : [`${x(one.connections).toFixed(1)},${y(cost).toFixed(1)}`];
    });
    return `<polyline fill="none" stroke="${COLORS[color]}" stroke-width="2" points="${points.join(" ")}"/>`;
  };
  const labels = rows.map(
    ({ connections, nanoseconds }) =>
      `<text x="${x(connections).toFixed(1)}" y="${(y(nanoseconds) - 8).toFixed(1)}" text-anchor="middle">${nanoseconds.toFixed(0)}</text><text x="${x(connections).toFixed(1)}" y="${bottom + 20}" text-anchor="middle">${short(connections)}</text>`,
  );
  return svg("Nanoseconds a packet, by number of connections", height, [
    line(0, ({ fitting }) => fitting),
    line(1, ({ c }) => c),
    line(2, ({ nanoseconds }) => nanoseconds),
    `<text x="8" y="${top}">ns</text><text x="8" y="${bottom + 20}">connections</text>`,
    `<text x="${LEFT}" y="16" fill="${COLORS[2]}">NAT</text><text x="${LEFT + 50}" y="16" fill="${COLORS[1]}">the C loop, a table for two million</text><text x="${LEFT + 270}" y="16" fill="${COLORS[0]}">a table that fits</text>`,
    ...labels,
  ]);
}

const short = (number: number): string => (number < 1e6 ? `${number / 1000} k` : `${number / 1e6} M`);

const svg = (title: string, height: number, parts: readonly string[]): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" role="img">
<title>${title}</title>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
${parts.join("\n")}
</svg>
`;
