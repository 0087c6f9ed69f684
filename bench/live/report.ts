/** What was measured live, for the terminal and for the section of docs/performance.md. */
import { cpus, loadavg, release } from "node:os";
import { LIVE, writeSection } from "../section.ts";
import type { Standing } from "./contest.ts";
import type { Delay } from "./pings.ts";

/** One thing that was measured. */
export type Result =
  | { readonly kind: "standings"; readonly title: string; readonly standings: readonly Standing[] }
  | { readonly kind: "delays"; readonly title: string; readonly delays: readonly Delay[] };

const shown = (rate: number): string => rate.toFixed(rate < 100 ? 2 : 0);
const beside = ({ ratio, processorRatio }: Standing): string =>
  processorRatio === undefined
    ? ratio.toFixed(2)
    : `${ratio.toFixed(2)}; by processor time ${processorRatio.toFixed(2)}`;
const microseconds = (milliseconds: number): string => `${(milliseconds * 1000).toFixed(0)} µs`;

/** Lines for a terminal. */
export function resultLines(result: Result): string[] {
  if (result.kind === "delays") {
    const line = ({ name, middle, late }: Delay): string =>
      `  ${name.padEnd(30)} median ${microseconds(middle)}, one in a hundred over ${microseconds(late)}`;
    return [result.title, ...result.delays.map(line)];
  }
  const line = (one: Standing, index: number): string => {
    const figures = `  ${one.name.padEnd(30)} ${shown(one.rate).padStart(8)} ${one.unit}`;
    if (index === 0) return figures;
    const wanted = one.wanted === undefined ? "" : ` (wanted: ${one.wanted} or more)`;
    const reached = one.processorRatio ?? one.ratio;
    return `${figures}   tapvs : it = ${beside(one)}${wanted}${reached < (one.wanted ?? 0) ? "   MISSED" : ""}`;
  };
  return [result.title, ...result.standings.map(line)];
}

/** Puts the section into the page. */
export const writeLiveSection = (results: readonly Result[]): void => writeSection(LIVE, section(results));

function section(results: readonly Result[]): string {
  const processors = `${cpus().length} of ${cpus()[0]?.model ?? "an unknown processor"}`;
  const load = loadavg()[0]?.toFixed(1) ?? "";
  const rows = results.flatMap((result) =>
    result.kind === "delays"
      ? []
      : result.standings.map((one, index) => {
          const ratio = index === 0 ? "" : beside(one);
          return `| ${index === 0 ? result.title : ""} | ${one.name} | ${shown(one.rate)} ${one.unit} | ${ratio} | ${one.wanted ?? ""} |`;
        }),
  );
  const delays = results.flatMap((result) =>
    result.kind === "delays"
      ? result.delays.map(({ name, middle, late }) => `| ${name} | ${microseconds(middle)} | ${microseconds(late)} |`)
      : [],
  );
  return `Made by \`make bench-live\`: client, box and server in namespaces of one machine, Linux ${release().split(".").slice(0, 2).join(".")}, ${processors}, load ${load} at the end. All take turns, five
rounds; the ratio is the median of the rounds' ratios of tapvs to the other. Client, server and box share the processors, so a box that needs none
of its own process, as the kernel, leaves more to them.

| what | box | | tapvs : it | wanted |
| --- | --- | ---: | ---: | ---: |
${rows.join("\n")}

A ping through the box, to the server behind it, 500 a second:

| box | median | one in a hundred takes longer than |
| --- | ---: | ---: |
${delays.join("\n")}

What makes it fast: many frames with one call ([decision 0021](decisions/0021-many-frames-with-one-call.md)), and large frames
([0001](decisions/0001-tap-through-koffi.md)). Several queues with a worker each are for four processors and more, and were not tried.
`;
}
