/** Two frames side by side: what of the headers is other in the second. */
import { decode } from "./decode.ts";
import type { Field, Layer, LayerName } from "./layers.ts";

/** A field before and after; `undefined` where it is not there. */
export interface FieldChange {
  readonly layer: LayerName;
  readonly field: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Every field of either frame in the order of the second, with those of the first that are gone at the end of their layer's place. */
export function compare(before: Uint8Array, after: Uint8Array): FieldChange[] {
  const old = decode(before);
  const now = decode(after);
  const names = [...new Set([...now.map(({ name }) => name), ...old.map(({ name }) => name)])];
  return names.flatMap((name) => compareLayer(name, fieldsOf(old, name), fieldsOf(now, name)));
}

const fieldsOf = (layers: readonly Layer[], name: LayerName): readonly Field[] =>
  layers.find((layer) => layer.name === name)?.fields ?? [];

function compareLayer(layer: LayerName, before: readonly Field[], after: readonly Field[]): FieldChange[] {
  const names = [...new Set([...after, ...before].map(({ name }) => name))];
  const textOf = (fields: readonly Field[], field: string): string | undefined =>
    fields.find(({ name }) => name === field)?.value;
  return names.map((field) => ({ layer, field, before: textOf(before, field), after: textOf(after, field) }));
}

/** Whether a field's value is another one now, came or went. */
export const isChanged = ({ before, after }: FieldChange): boolean => before !== after;
