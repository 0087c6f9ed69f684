/** Explanations as a page that stands alone: drawings, words and commands in one file. */
import type { Fault } from "../../simulator/faults.ts";
import type { Mode } from "../../simulator/layout.ts";
import type { Family } from "../../wire/address.ts";
import type { Comparison } from "../comparison.ts";
import { faultCommand, type ModeExplanation, modeOption } from "../mode.ts";
import { sentence } from "../sentences/sentences.ts";
import { ladderSvg } from "./ladder-svg.ts";
import { topologySvg } from "./topology-svg.ts";
import { escaped } from "./xml.ts";

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 small { font-weight: normal; font-size: 1rem; opacity: .7; }
figure { margin: 1.5rem 0; overflow-x: auto; }
figure svg { display: block; border-radius: 6px; outline: 1px solid #8884; outline-offset: -1px; }
li { margin: .3rem 0; }
code, pre { font: .85rem/1.5 ui-monospace, Menlo, Consolas, monospace; }
pre { padding: .6rem 1rem; overflow-x: auto; border: 1px solid #8886; border-radius: 6px; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .35rem 1.2rem .35rem 0; border-bottom: 1px solid #8886; }
td { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .85rem; white-space: pre-line; }`;

function page(title: string, body: readonly string[]): string {
  return [
    "<!doctype html>",
    '<html lang="en">',
    `<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${STYLE}</style></head>`,
    "<body>",
    ...body,
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

/** A forwarding method: its network, its ladder, the walk of the SYN, what to set up, what can be wrong. */
export function modeHtml(explanation: ModeExplanation): string {
  const { name, mode, words, topology, ladder, walk, fault, faults } = explanation;
  const walked = walk.filter(({ kind }) => kind !== "received" && kind !== "sent");
  return page(ladder.title, [
    `<h1>${escaped(name)} <small>${escaped(modeOption(mode))}</small></h1>`,
    `<p>${escaped(words)}</p>`,
    `<figure>${topologySvg(topology)}</figure>`,
    `<figure>${ladderSvg(ladder)}</figure>`,
    ...(fault === undefined
      ? []
      : [
          `<p><strong>The symptom.</strong> ${escaped(fault.sign)}</p>`,
          `<p><strong>The cure.</strong> ${escaped(fault.cure)}</p>`,
        ]),
    ...(walked.length === 0
      ? []
      : ["<h2>Inside the director, when the client's SYN arrives</h2>", stepsHtml(walked.map(sentence))]),
    "<h2>The director</h2>",
    ...requirementsHtml(explanation, "director"),
    "<h2>Every real server</h2>",
    ...requirementsHtml(explanation, "real server"),
    "<h2>What can be wrong</h2>",
    `<ul>${faults
      .filter((entry) => entry !== fault)
      .map((entry) => faultHtml(mode, topology.family, entry))
      .join("")}</ul>`,
  ]);
}

const stepsHtml = (steps: readonly string[]): string =>
  `<ol>${steps.map((step) => `<li>${escaped(step)}</li>`).join("")}</ol>`;

/** A mistake with its sign, its cure and the command that shows it. */
const faultHtml = (mode: Mode, family: Family, { name, title, sign, cure }: Fault): string =>
  `<li><strong>${escaped(title)}.</strong> ${escaped(sign)}<br><strong>The cure.</strong> ${escaped(cure)}<br>` +
  `<code>${faultCommand(mode, family, name)}</code></li>`;

const requirementsHtml = ({ requirements }: ModeExplanation, of: "director" | "real server"): string[] =>
  requirements
    .filter((requirement) => requirement.of === of)
    .flatMap(({ why, commands }) => [
      `<p>${escaped(why)}</p>`,
      ...(commands.length === 0 ? [] : [`<pre>${escaped(commands.join("\n"))}</pre>`]),
    ]);

/** The methods side by side. */
export function comparisonHtml({ modes, names, rows }: Comparison): string {
  const head = `<tr><th></th>${modes.map((mode) => `<th>${escaped(names[mode])}</th>`).join("")}</tr>`;
  const body = rows.map(
    ({ what, cells }) =>
      `<tr><th>${escaped(what)}</th>${modes.map((mode) => `<td>${escaped(cells[mode].join("\n"))}</td>`).join("")}</tr>`,
  );
  return page("The forwarding methods side by side", [
    "<h1>The forwarding methods side by side</h1>",
    "<table>",
    head,
    ...body,
    "</table>",
  ]);
}
