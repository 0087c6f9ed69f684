/** What became of what the clients sent, what is wrong on purpose, and what command lines printed. */
import { faultCommand } from "../../../core/explain/mode.ts";
import type { Fault } from "../../../core/simulator/faults.ts";
import type { Exchange } from "../model/exchange.ts";
import { faultsIn, type Setup } from "../model/setup.ts";
import type { Command, Simulation } from "../model/simulation.ts";
import { html, type Markup } from "./markup.ts";
import { clockText } from "./times.ts";

const MOST_EXCHANGES = 6;
const SIGNS = { pending: "…", good: "✓", bad: "✗" } as const;

/** The newest exchanges. */
export function exchanges({ exchanges: all }: Simulation): Markup {
  const shown = all.slice(-MOST_EXCHANGES).reverse();
  return html`<ul class="exchanges">${shown.map(exchangeLine)}</ul>
    ${all.length > shown.length && html`<p class="hint">and ${all.length - shown.length} earlier ones</p>`}`;
}

/** What one sees of the faults that are on, and the cures. */
export const faultNotes = ({ setup }: Simulation): Markup =>
  html`${faultsIn(setup, setup.mode).map((fault) => faultNote(fault, setup))}`;

function exchangeLine(exchange: Exchange): Markup {
  const { tone, text } = exchange.status();
  return html`<li class="${tone}"><span class="sign" aria-hidden="true">${SIGNS[tone]}</span> <b>${exchange.title}</b> <small>${clockText(exchange.at)}</small> ${text}</li>`;
}

const faultNote = ({ name, title, sign, cure }: Fault, { mode, family }: Setup): Markup =>
  html`<div class="fault-note"><b>${title}.</b> ${sign}<br><b>Fix:</b> ${cure}<br><code>${faultCommand(mode, family, name)}</code></div>`;

/** The command lines of the simulation with what they printed, the last one last. */
export function commands({ commands: all }: Simulation): Markup {
  return html`<div class="console">${all.slice(-20).map(commandText)}</div>`;
}

const commandText = ({ line, output }: Command): Markup => html`<pre><b># ipvsadm ${line}</b>
${output}</pre>`;
