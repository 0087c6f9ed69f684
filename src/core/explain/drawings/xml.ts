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
.tv-culprit { fill: #fbe3e1; }
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
.tv-culprit { fill: #4d1f1b; }
}`;

/** A drawing of a size in pixels. Alone, it is a whole SVG file. As a slide it stands in the middle of 16:9. */
export function svgDocument(
  width: number,
  height: number,
  label: string,
  body: readonly string[],
  slide = false,
): string {
  const [wide, high] = slide ? slideAround(width, height) : [width, height];
  const [left, top] = [Math.round((width - wide) / 2), Math.round((height - high) / 2)];
  const size = slide ? `width="1600" height="900"` : `width="${width}" height="${height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${left} ${top} ${wide} ${high}" ${size} class="tv-drawing" role="img" aria-label="${escaped(label)}">`,
    `<style>${DRAWING_STYLE}</style>`,
    `<rect class="tv-paper" x="${left}" y="${top}" width="${wide}" height="${high}"/>`,
    ...body,
    "</svg>",
    "",
  ].join("\n");
}

/** The smallest 16:9 that holds a drawing. */
function slideAround(width: number, height: number): readonly [number, number] {
  const wide = Math.max(width, Math.ceil((height * 16) / 9));
  return [wide, Math.ceil((wide * 9) / 16)];
}

/** A line of text. */
export const svgText = (x: number, y: number, text: string, kind = "", anchor: "start" | "middle" = "start"): string =>
  `<text x="${x}" y="${y}"${kind === "" ? "" : ` class="${kind}"`}${anchor === "start" ? "" : ` text-anchor="${anchor}"`}>${escaped(text)}</text>`;
