/** The headers of a frame, field by field, with each change marked. */
import { compare, type FieldChange, isChanged } from "../../../core/explain/decode/changes.ts";
import { decode } from "../../../core/explain/decode/decode.ts";
import { html, type Markup } from "./markup.ts";

/** Every field of the frame; where `before` is given, each that is other than there is marked and shows both values. */
export function frameFields(bytes: Uint8Array, before: Uint8Array | undefined): Markup {
  return fieldChanges(before === undefined ? unchanged(bytes) : compare(before, bytes));
}

/** Fields as they were compared. */
export function fieldChanges(changes: readonly FieldChange[]): Markup {
  const layers = [...new Set(changes.map(({ layer }) => layer))];
  return html`<div class="headers">${layers.map((name) =>
    layerMarkup(
      name,
      changes.filter(({ layer }) => layer === name),
    ),
  )}</div>`;
}

const unchanged = (bytes: Uint8Array): FieldChange[] =>
  decode(bytes).flatMap(({ name, fields }) =>
    fields.map((field) => ({ layer: name, field: field.name, before: field.value, after: field.value })),
  );

function layerMarkup(name: string, changes: readonly FieldChange[]): Markup {
  const is = changes.every(({ before }) => before === undefined)
    ? "new"
    : changes.every(({ after }) => after === undefined)
      ? "gone"
      : "";
  return html`<section class="layer ${is}"><h4>${name}${is !== "" && html` <span class="badge">${is}</span>`}</h4>
    <dl>${changes.map((change) => fieldMarkup(change, is === ""))}</dl></section>`;
}

/** In a header that is new or gone as a whole, its fields are not marked one by one. */
function fieldMarkup(change: FieldChange, marked: boolean): Markup {
  const { field, before, after } = change;
  if (!marked || !isChanged(change)) return html`<div><dt>${field}</dt><dd>${after ?? before}</dd></div>`;
  return html`<div class="changed"><dt>${field}</dt><dd><del>${before ?? "none"}</del> <span class="arrow">→</span> <ins>${after ?? "none"}</ins></dd></div>`;
}

/** How many fields are other, in words. */
export function changesLine(bytes: Uint8Array, before: Uint8Array | undefined): string {
  if (before === undefined) return "the packet begins here";
  const names = compare(before, bytes).filter(isChanged);
  if (names.length === 0) return "nothing changed";
  return `changed: ${[...new Set(names.map(({ layer }) => layer))].join(", ")}`;
}
