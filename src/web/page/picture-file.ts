/** The drawing of a moment with its sentence as a picture of 16:9, for slides: SVG that stands alone, or PNG made of it. */
import type { Caption } from "./model/caption.ts";
import { html } from "./view/markup.ts";

const WIDTH = 1600;
const HEIGHT = 900;
const MARGIN = 48;
const STAGE_HEIGHT = 610;
const LINE = 50;
/** Letters in a line of the sentence. */
const LINE_LETTERS = 68;

/** What of an element's style a picture needs to look the same elsewhere. */
const STYLES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "opacity"];
const TEXT_STYLES = ["font-family", "font-size", "font-weight", "text-anchor", "dominant-baseline"];

/** The picture as SVG; `undefined` if there is no drawing. */
export function pictureOf(stage: Element | null, caption: Caption | undefined): string | undefined {
  if (!(stage instanceof SVGSVGElement) || caption === undefined) return undefined;
  const copy = stage.cloneNode(true);
  if (!(copy instanceof SVGSVGElement)) return undefined;
  copyStyles(stage, copy);
  for (const [name, value] of Object.entries({ x: MARGIN, y: MARGIN, width: WIDTH - 2 * MARGIN, height: STAGE_HEIGHT }))
    copy.setAttribute(name, String(value));
  copy.removeAttribute("style");
  const page = getComputedStyle(document.documentElement);
  const body = getComputedStyle(document.body);
  const sentence = document.querySelector(".caption .sentence");
  const ink = sentence === null ? body.color : getComputedStyle(sentence).color;
  const lines = linesOf(caption.number === "" ? caption.text : `${caption.number}  ${caption.text}`);
  const y = MARGIN + STAGE_HEIGHT + 64;
  const words = html`<g font-family="${body.fontFamily}" fill="${ink}" font-size="40" font-weight="600">${lines.map((line, index) => html`<text x="${MARGIN}" y="${y + index * LINE}">${line}</text>`)}</g>
    <text x="${MARGIN}" y="${HEIGHT - 28}" font-family="monospace" font-size="21" fill="${body.color}">${caption.detail}</text>`;
  const paper = page.backgroundColor === "rgba(0, 0, 0, 0)" ? body.backgroundColor : page.backgroundColor;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}"><rect width="${WIDTH}" height="${HEIGHT}" fill="${paper}"/>${new XMLSerializer().serializeToString(copy)}${words.text}</svg>\n`;
}

/** Puts what the style sheet says into attributes, throughout. */
function copyStyles(from: Element, to: Element): void {
  const style = getComputedStyle(from);
  for (const name of from instanceof SVGTextContentElement ? [...STYLES, ...TEXT_STYLES] : STYLES)
    to.setAttribute(name, style.getPropertyValue(name));
  for (const [index, child] of [...from.children].entries()) {
    const copy = to.children[index];
    if (copy !== undefined) copyStyles(child, copy);
  }
}

/** The text in lines of words. */
function linesOf(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(/(?<! ) (?! )/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= LINE_LETTERS)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The bytes of a PNG of the picture. */
export async function pngOf(svg: string): Promise<Uint8Array<ArrayBuffer>> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  canvas.getContext("2d")?.drawImage(image, 0, 0);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  return new Uint8Array((await blob?.arrayBuffer()) ?? new ArrayBuffer(0));
}
