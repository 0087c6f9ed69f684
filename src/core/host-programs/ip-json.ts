/** What ip(8) prints with `-j`, and with `-j -p` for people (json_writer.c of iproute2). */

export type Json = string | number | boolean | readonly Json[] | { readonly [name: string]: Json | undefined };

const INDENT = "    ";

/** One document on a line of its own. Fields that are `undefined` are left out. */
export const jsonText = (value: Json, isPretty: boolean): string =>
  `${isPretty ? pretty(value, 0) : JSON.stringify(value)}\n`;

/** Brackets and braces count as a level each; a list of plain values stays on one line. */
function pretty(value: Json, level: number): string {
  if (isList(value)) return value.length === 0 ? "[ ]" : `[ ${value.map((one) => pretty(one, level + 1)).join(",")} ]`;
  if (typeof value !== "object") return JSON.stringify(value);
  const fields = Object.entries(value).flatMap(([name, one]) =>
    one === undefined ? [] : [`${INDENT.repeat(level + 1)}"${name}": ${pretty(one, level + 1)}`],
  );
  return `{\n${fields.join(",\n")}\n${INDENT.repeat(level)}}`;
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
