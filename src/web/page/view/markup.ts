/** HTML and SVG as text: a template whose values are escaped, so that no input can become markup. */

import { escaped } from "../../../core/explain/drawings/xml.ts";

/** Text that is markup already, because `html` made it. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template. `undefined` and `false` stand for nothing. */
export type Content = string | number | Markup | readonly Content[] | undefined | false;

function textOf(content: Content): string {
  if (content === undefined || content === false) return "";
  if (content instanceof Markup) return content.text;
  if (typeof content === "string") return escaped(content);
  return typeof content === "number" ? String(content) : content.map(textOf).join("");
}

/** A piece of markup. Attribute values must stand in quotes. */
export function html(strings: TemplateStringsArray, ...contents: Content[]): Markup {
  return new Markup(strings.map((text, index) => text + textOf(contents[index])).join(""));
}

export const NOTHING = new Markup("");

/** An attribute without a value, there or not: ` checked`. */
export const flag = (name: string, on: boolean): Markup => (on ? new Markup(` ${name}`) : NOTHING);
