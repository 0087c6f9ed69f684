/** The Markdown that lessons are written in: paragraphs, lists, tables, listings, `code`, **strong** and *emphasis*. */
import { html, type Markup } from "./markup.ts";

export const markdown = (text: string): Markup => html`${blocksOf(text).map(block)}`;

/** Lines between empty ones; an indented listing keeps its own. */
const blocksOf = (text: string): string[][] =>
  text
    .trim()
    .split(/\n{2,}/)
    .map((lines) => lines.split("\n"));

function block(lines: readonly string[]): Markup {
  const [first = ""] = lines;
  if (lines.every((line) => line.startsWith("    "))) {
    return html`<pre>${lines.map((line) => line.slice(4)).join("\n")}</pre>`;
  }
  if (first.startsWith("|")) return table(lines);
  if (first.startsWith("- "))
    return html`<ul class="bullets">${itemsOf(lines).map((item) => html`<li>${inline(item)}</li>`)}</ul>`;
  return html`<p>${inline(lines.join(" "))}</p>`;
}

/** The items of a list, each with the lines that go on with it. */
function itemsOf(lines: readonly string[]): string[] {
  const items: string[] = [];
  for (const line of lines) {
    if (line.startsWith("- ")) items.push(line.slice(2));
    else items[items.length - 1] = `${items.at(-1) ?? ""} ${line.trim()}`;
  }
  return items;
}

function table(lines: readonly string[]): Markup {
  const rows = lines.filter((line) => !/^\|[\s|:-]*\|$/.test(line)).map(cellsOf);
  const [head = [], ...body] = rows;
  return html`<table><thead><tr>${head.map((cell) => html`<th>${inline(cell)}</th>`)}</tr></thead>
    <tbody>${body.map((row) => html`<tr>${row.map((cell) => html`<td>${inline(cell)}</td>`)}</tr>`)}</tbody></table>`;
}

const cellsOf = (line: string): string[] =>
  line
    .slice(1, -1)
    .split("|")
    .map((cell) => cell.trim());

const PIECES = /(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*)/;

const inline = (text: string): Markup[] =>
  text.split(PIECES).map((piece) => {
    if (/^`.+`$/.test(piece)) return html`<code>${piece.slice(1, -1)}</code>`;
    if (/^\*\*.+\*\*$/.test(piece)) return html`<b>${piece.slice(2, -2)}</b>`;
    return /^\*.+\*$/.test(piece) ? html`<em>${piece.slice(1, -1)}</em>` : html`${piece}`;
  });
