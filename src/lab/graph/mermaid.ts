/** A lab as a Mermaid flowchart, for Markdown pages. */
import type { Lab } from "../plan.ts";
import { legsOf } from "./legs.ts";
import { graphOf } from "./nodes.ts";

/** Hosts are boxes, segments round; thick arrows are a request, dotted ones its answer. Ends with a newline. */
export function mermaid(lab: Lab): string {
  const { nodes, edges } = graphOf(lab);
  const shapes = nodes.map(({ id, kind, title, lines }) => {
    const text = `"${[title, ...lines].join("<br>")}"`;
    return kind === "host" ? `  ${id}[${text}]` : `  ${id}([${text}])`;
  });
  const legs = legsOf(lab).map(({ from, to, source, destination, answer }, index) => {
    const text = `"${index + 1}: ${source} > ${destination}"`;
    return answer ? `  ${from} -. ${text} .-> ${to}` : `  ${from} == ${text} ==> ${to}`;
  });
  const plugs = edges.map(({ host, segment }) => `  ${host} --- ${segment}`);
  return `${["flowchart LR", ...shapes, ...plugs, ...legs].join("\n")}\n`;
}
