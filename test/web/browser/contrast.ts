/** Text on the page that is hard to read: what stands on what, as the browser has drawn it. */
import type { Page } from "playwright-core";

/** Runs in the page: each visible text with its contrast (WCAG 2.2, 1.4.3), if that is less than `least`. */
const FAINT = `(least) => {
  const parse = (colour) => {
    const numbers = colour.match(/[\\d.]+/g).map(Number);
    const scale = colour.startsWith("color(") ? 255 : 1;
    return [...numbers.slice(0, 3).map((value) => value * scale), numbers[3] ?? 1];
  };
  const linear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const over = (above, below) => [0, 1, 2].map((at) => above[at] * above[3] + below[at] * (1 - above[3])).concat(1);
  const behind = (element) => {
    const layers = [];
    for (let each = element; each !== null; each = each.parentElement) layers.unshift(parse(getComputedStyle(each).backgroundColor));
    return layers.reduce((below, above) => over(above, below), [255, 255, 255, 1]);
  };
  const shape = (text) =>
    text.previousElementSibling?.matches(".learnt-mark")
      ? text.previousElementSibling
      : (text.closest(".host")?.querySelector(".box") ?? text.closest(".pill")?.querySelector("rect:last-of-type"));
  const isText = (element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    !element.matches("option, style, script, title, .hidden, :disabled") &&
    [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== "");
  return [...document.querySelectorAll("body *")].filter(isText).flatMap((element) => {
    const style = getComputedStyle(element);
    const isDrawn = element instanceof SVGElement;
    const below = isDrawn ? shape(element) : undefined;
    const paper = below ? parse(getComputedStyle(below).fill) : behind(isDrawn ? element.closest("svg") : element);
    const ink = over(parse(isDrawn ? style.fill : style.color), paper);
    const [high, low] = [luminance(ink), luminance(paper)].sort((a, b) => b - a);
    const contrast = (high + 0.05) / (low + 0.05);
    return contrast < least ? [contrast.toFixed(2) + " " + element.textContent.trim().slice(0, 40)] : [];
  });
}`;

/** Texts with less contrast than that. */
export async function faintTexts(page: Page, least: number): Promise<string[]> {
  return (await page.evaluate(`(${FAINT})(${least})`)) as string[];
}
