/** What became of what the clients sent, what is wrong on purpose, and what command lines printed. */
import type { Fault } from "../../../core/simulator/faults.ts";
import type { Command, Scene } from "../model/scene.ts";
import { faultsIn } from "../model/setup.ts";
import type { Talk } from "../model/talk.ts";
import { html, type Markup } from "./markup.ts";
import { clockText } from "./times.ts";

const MOST_TALKS = 6;
const SIGNS = { pending: "…", good: "✓", bad: "✗" } as const;

/** The newest talks, and why they may have gone wrong. */
export function talks({ talks: all, setup }: Scene): Markup {
  const shown = all.slice(-MOST_TALKS).reverse();
  const faults = faultsIn(setup, setup.mode);
  return html`<ul class="talks">${shown.map(talkLine)}</ul>
    ${all.length > shown.length && html`<p class="hint">and ${all.length - shown.length} earlier ones</p>`}
    ${faults.map(faultNote)}`;
}

function talkLine(talk: Talk): Markup {
  const { tone, text } = talk.standing();
  return html`<li class="${tone}"><span class="sign" aria-hidden="true">${SIGNS[tone]}</span> <b>${talk.title}</b> <small>${clockText(talk.at)}</small> ${text}</li>`;
}

const faultNote = ({ title, sign, cure }: Fault): Markup =>
  html`<div class="fault-note"><b>${title}.</b> ${sign}<br><b>Cure:</b> ${cure}</div>`;

/** The command lines of the scene with what they printed, the last one last. */
export function commands({ commands: all }: Scene): Markup {
  return html`<div class="console">${all.slice(-20).map(commandText)}</div>`;
}

const commandText = ({ line, output }: Command): Markup => html`<pre><b># ipvsadm ${line}</b>
${output}</pre>`;
