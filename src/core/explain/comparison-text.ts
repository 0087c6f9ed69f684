/** The comparison of the forwarding methods as a table. */
import type { Comparison, ComparisonRow } from "./comparison.ts";
import { EMPTY, hanging, line, plainLine, type StyledLine, span } from "./styled.ts";

/** A table, or one method after the other where that is wider than a terminal of `columns`. */
export function comparisonText(comparison: Comparison, columns = Number.POSITIVE_INFINITY): StyledLine[] {
  const lines = table(comparison);
  return lines.every((spans) => plainLine(spans).length <= columns) ? lines : listed(comparison, columns);
}

const listed = ({ modes, names, rows }: Comparison, columns: number): StyledLine[] =>
  modes.flatMap((mode, index) => [
    ...(index === 0 ? [] : [EMPTY]),
    line(names[mode], "title"),
    ...rows.flatMap(({ what, cells }) => hanging("  ", `${what}: ${cells[mode].join("; ")}`, columns)),
  ]);

function table({ modes, names, rows }: Comparison): StyledLine[] {
  const first = Math.max(...rows.map(({ what }) => what.length)) + 2;
  const widths = modes.map(
    (mode) => Math.max(names[mode].length, ...rows.flatMap(({ cells }) => cells[mode].map((text) => text.length))) + 2,
  );
  const rule = line("-".repeat(first + widths.reduce((sum, width) => sum + width, 0) - 2), "dim");
  const heightOf = ({ cells }: ComparisonRow): number => Math.max(...modes.map((mode) => cells[mode].length));
  const head: StyledLine = [
    span("".padEnd(first)),
    ...modes.map((mode, index) => span(names[mode].padEnd(widths[index] ?? 0), "title")),
  ];
  const body = rows.flatMap((entry, index): StyledLine[] => {
    const { what, cells } = entry;
    const lines = Array.from(
      { length: heightOf(entry) },
      (_, row): StyledLine => [
        span((row === 0 ? what : "").padEnd(first), "strong"),
        ...modes.map((mode, column) => span((cells[mode][row] ?? "").padEnd(widths[column] ?? 0))),
      ],
    );
    const above = rows[index - 1];
    // Rows of several lines stand apart.
    const apart = above !== undefined && (heightOf(above) > 1 || heightOf(entry) > 1);
    return apart ? [EMPTY, ...lines] : lines;
  });
  return [head, rule, ...body];
}
