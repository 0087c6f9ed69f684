/** The forwarding methods as pictures: where a request goes, and where its reply. */
import { MODE_NAMES, modeName, modeOption, modeWords } from "../../../core/explain/mode.ts";
import { MODES, type Mode } from "../../../core/simulator/layout.ts";
import type { Family } from "../../../core/wire/address.ts";
import { html, type Markup } from "./markup.ts";

/** Client, director and real server stand at 10, 48 and 86. */
const PICTURES: Readonly<Record<Mode, Markup>> = {
  nat: html`<path class="request" d="M16 15H40M56 15H79"/><path class="reply" d="M80 25H56M40 25H17"/>`,
  dr: html`<path class="request" d="M16 15H40M56 15H79"/><path class="reply" d="M84 27C76 42 20 42 12 27"/>`,
  tun: html`<rect class="pipe" x="57" y="10" width="21" height="10" rx="5"/><path class="request" d="M16 15H40M56 15H79"/><path class="reply" d="M84 27C76 42 20 42 12 27"/>`,
  fullnat: html`<path class="request" d="M16 15H40"/><path class="local" d="M56 15H79M80 25H56"/><path class="reply" d="M40 25H17"/>`,
};

const picture = (mode: Mode): Markup =>
  html`<svg viewBox="0 0 96 42" aria-hidden="true">${PICTURES[mode]}<circle cx="10" cy="20" r="6"/><rect class="director" x="41" y="12" width="14" height="16" rx="3"/><rect x="80" y="13" width="12" height="14" rx="3"/></svg>`;

/** One of the methods. `set` is `mode` or `other`. */
export const methodChoice = (set: "mode" | "other", chosen: Mode): Markup =>
  html`<div class="methods" role="group" aria-label="${set === "mode" ? "Forwarding method" : "The other forwarding method"}">${MODES.map(
    (mode, index) =>
      html`<button data-do="${set}" data-name="${mode}" aria-pressed="${mode === chosen ? "true" : "false"}" title="${MODE_NAMES[mode]}: ${modeOption(mode)}${set === "mode" ? ` (key ${index + 1})` : ""}">${picture(mode)}<span>${SHORT_NAMES[mode]}</span></button>`,
  )}</div>`;

const SHORT_NAMES: Readonly<Record<Mode, string>> = {
  nat: "NAT",
  dr: "Direct routing",
  tun: "Tunnel",
  fullnat: "Full NAT",
};

/** What the method does, in a few sentences. */
export const methodWords = (mode: Mode, family: Family): Markup =>
  html`<p class="mode-words"><b>${modeName(mode, family)}.</b> ${modeWords(mode, family)} <small>More: docs/modes/${mode}.md, <code>tapvs explain ${mode}</code></small></p>`;
