/** What would change a packet's end, as lines. */
import { hanging, line, type StyledLine } from "./styled.ts";

interface Cure {
  readonly change: string;
  readonly outcome: string;
}

/** Each change with the outcome that its replay had. */
export function cureText(cures: readonly Cure[], width: number): StyledLine[] {
  if (cures.length === 0) return [line("Nothing that was tried changes this end.")];
  return [
    line("What would change it (each was tried by a replay)", "title"),
    ...cures.flatMap(({ change, outcome }) => [line(`  ${change}`, "strong"), ...hanging("      => ", outcome, width)]),
  ];
}
