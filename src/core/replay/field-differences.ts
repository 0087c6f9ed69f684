/** The fields in which two frames differ. */
import { frameFields } from "./frame-fields.ts";

/** Bytes that are shown of a long value. */
const SHOWN = 16;

/** A field in which two frames differ; `` where one of them has none of this name. */
export interface FieldDifference {
  readonly name: string;
  readonly expected: string;
  readonly got: string;
}

/** The fields in which two frames differ, in the order of the frames. Long values are cut to where they begin to differ. */
export function fieldDifferences(expected: Uint8Array, got: Uint8Array): FieldDifference[] {
  const ours = new Map(frameFields(got).map(({ name, value }) => [name, value]));
  const differences: FieldDifference[] = [];
  for (const { name, value } of frameFields(expected)) {
    const other = ours.get(name) ?? "";
    ours.delete(name);
    if (other !== value) differences.push(shortened(name, value, other));
  }
  for (const [name, value] of ours) differences.push(shortened(name, "", value));
  return differences;
}

function shortened(name: string, expected: string, got: string): FieldDifference {
  const longest = Math.max(expected.length, got.length);
  if (longest <= 4 * SHOWN) return { name, expected, got };
  let same = 0;
  while (same < longest && expected[same] === got[same]) same++;
  const from = same - (same % 2);
  const part = (text: string): string =>
    `${text.slice(from, from + 2 * SHOWN)}${text.length > from + 2 * SHOWN ? "..." : ""}`;
  return { name: `${name} from byte ${from / 2}`, expected: part(expected), got: part(got) };
}
