/** Text inside XML and HTML. */

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as it may stand between tags, and in attributes within quotes. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? letter);

/** Colours of all drawings; dark where the reader wants it dark. Every class begins with `tv-`, so that a page may hold several drawings. */
const DRAWING_STYLE = `
.tv-drawing { font: 13px ui-monospace, Menlo, Consolas, monospace; fill: #1b1f24; }
.tv-paper { fill: #ffffff; }
.tv-line { stroke: #9aa3ad; fill: none; }
.tv-wire { stroke: #5b6570; stroke-width: 3; }
.tv-box { fill: #eef2f6; stroke: #5b6570; }
.tv-director { fill: #fff3d6; stroke: #b07d1a; }
.tv-arrow { stroke: #1b1f24; fill: none; }
.tv-tip { fill: #1b1f24; }
.tv-strong { font-weight: 600; }
.tv-title { font-weight: 600; font-size: 15px; }
.tv-dim { fill: #6b7580; }
.tv-changed { fill: #b3261e; font-weight: 600; }
.tv-bad { fill: #b3261e; }
.tv-good { fill: #1a7f37; }
.tv-lost { stroke: #b3261e; }
@media (prefers-color-scheme: dark) {
.tv-drawing { fill: #e6e9ec; }
.tv-paper { fill: #15181c; }
.tv-line { stroke: #5b6570; }
.tv-wire { stroke: #9aa3ad; }
.tv-box { fill: #23282e; stroke: #9aa3ad; }
.tv-director { fill: #3a2f14; stroke: #d6a64a; }
.tv-arrow { stroke: #e6e9ec; }
.tv-tip { fill: #e6e9ec; }
.tv-dim { fill: #9aa3ad; }
.tv-changed { fill: #ffb4ab; }
.tv-bad { fill: #ffb4ab; }
.tv-good { fill: #7ee2a0; }
.tv-lost { stroke: #ffb4ab; }
}`;

/** A drawing of a size in pixels. Alone, it is a whole SVG file. */
export const svgDocument = (width: number, height: number, label: string, body: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" class="tv-drawing" role="img" aria-label="${escaped(label)}">`,
    `<style>${DRAWING_STYLE}</style>`,
    `<rect class="tv-paper" width="${width}" height="${height}"/>`,
    ...body,
    "</svg>",
    "",
  ].join("\n");

/** A line of text. */
export const svgText = (x: number, y: number, text: string, kind = "", anchor: "start" | "middle" = "start"): string =>
  `<text x="${x}" y="${y}"${kind === "" ? "" : ` class="${kind}"`}${anchor === "start" ? "" : ` text-anchor="${anchor}"`}>${escaped(text)}</text>`;
