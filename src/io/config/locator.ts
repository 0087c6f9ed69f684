/** Where in a YAML text a key or value stands. */
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type LineCounter, type Node, type Pair } from "yaml";
import type { KeyPath } from "../../core/host/config/plain-value.ts";

/** Line and column, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * The position of the value at `path`, or of its key. Where there is none, because a key is missing, that of the nearest value around it.
 */
export function locate(document: Document, lines: LineCounter, path: KeyPath, on: "key" | "value"): Position {
  let node: unknown = document.contents;
  let start = startOf(node) ?? 0;
  for (const [index, step] of path.entries()) {
    const { key, value } = child(resolved(document, node), step);
    const last = index === path.length - 1;
    const found = startOf(last && on === "key" ? key : value) ?? startOf(key);
    if (found === undefined) break;
    start = found;
    node = value;
  }
  return positionAt(lines, start);
}

/** The position of an offset in the text. */
export function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

/** The node at `path`; `undefined` if there is none. */
export function nodeAt(document: Document, path: KeyPath): Node | undefined {
  let node: unknown = document.contents;
  for (const step of path) node = child(resolved(document, node), step).value;
  const found = resolved(document, node);
  return isNode(found) ? found : undefined;
}

const resolved = (document: Document, node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);

function child(node: unknown, step: string | number): { readonly key?: unknown; readonly value?: unknown } {
  if (isSeq(node) && typeof step === "number") return { value: node.items[step] };
  if (!isMap(node)) return {};
  const named = ({ key }: Pair): boolean => (isScalar(key) ? String(key.value) === step : key === step);
  return node.items.find(named) ?? {};
}

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);
