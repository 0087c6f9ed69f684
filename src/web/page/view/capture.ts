/** The tab for people's own captures. */

import type { Explanation } from "../../../core/explain/explanation.ts";
import { summary } from "../../../core/explain/summary.ts";
import { ANY } from "../../../core/wire/address.ts";
import type { CaptureTab, PacketLine } from "../capture/capture-tab.ts";
import { MOST_PACKETS } from "../capture/reading.ts";
import { toneOf } from "../model/motion.ts";
import { fieldChanges, frameFields } from "./frame-fields.ts";
import { flag, html, type Markup } from "./markup.ts";
import { connectionsTable, servicesTable, verdictCounts } from "./tables.ts";
import { isBad, stepsList } from "./walk.ts";

/** Packets on one page. */
const PAGE = 200;

const EXAMPLE = `interfaces:
  - name: eth0
    mac: 02:00:00:0d:00:01
    addresses: [12.11.0.1/24, 12.11.0.101/24]
  - name: eth1
    mac: 02:00:00:0d:00:02
    addresses: [172.16.1.1/24]`;

const RULES_EXAMPLE = `-A -t 12.11.0.101:80 -s rr
-a -t 12.11.0.101:80 -r 172.16.1.2:80 -m`;

export function captureTab(tab: CaptureTab): Markup {
  return html`<main class="capture">
    <section class="files panel" aria-label="Files" data-drop>
      <label class="drop"><input type="file" data-set="files" multiple>
        <span><b>Drop a capture here</b> (pcap, pcapng), and a <b>director.yaml</b> or a <b>rules file</b>; or choose them.<br>
        <small>Nothing leaves this page.</small></span></label>
      <p class="file-names">${tab.captureName === "" ? "No capture yet." : html`Capture: <b>${tab.captureName}</b>`}</p>
      <label class="text"><span>${tab.configurationName}: interfaces, addresses, routes</span>
        <textarea data-set="configuration" rows="9" spellcheck="false" placeholder="${EXAMPLE}">${tab.configuration}</textarea></label>
      <label class="text"><span>${tab.rulesName}: as <code>ipvsadm -Sn</code> prints them</span>
        <textarea data-set="rules" rows="5" spellcheck="false" placeholder="${RULES_EXAMPLE}">${tab.rules}</textarea></label>
      ${tab.problems.length > 0 && html`<ul class="problems" role="alert">${tab.problems.slice(0, 20).map((problem) => html`<li>${problem}</li>`)}</ul>`}
    </section>
    ${tab.director !== undefined && results(tab)}
  </main>`;
}

function results(tab: CaptureTab): Markup {
  const { director } = tab;
  const lines = tab.filtered;
  const pages = Math.max(1, Math.ceil(lines.length / PAGE));
  const page = Math.min(tab.page, pages - 1);
  const chosen = tab.lines.find(({ record }) => record.number === tab.chosen);
  return html`<section class="packets panel" aria-label="Packets"><h2>Packets</h2>
      <div class="packet-tools"><input type="search" data-set="packet-filter" value="${tab.filter}" placeholder="words such as TCP, dropped, 10.1.0.2" aria-label="Filter">
        <button data-do="packet-page" data-name="${page - 1}"${flag("disabled", page === 0)}>Earlier</button>
        <span>${page + 1} of ${pages}</span>
        <button data-do="packet-page" data-name="${page + 1}"${flag("disabled", page + 1 >= pages)}>Later</button></div>
      ${tab.cut && html`<p class="hint">Only the first ${MOST_PACKETS} packets are shown.</p>`}
      <table class="packet-list"><thead><tr><th>No.</th><th>Seconds</th><th>Packet</th><th>What became of it</th></tr></thead>
        <tbody>${lines.slice(page * PAGE, (page + 1) * PAGE).map((line) => packetRow(line, tab.chosen))}</tbody></table></section>
    <section class="one-packet" aria-label="One packet">
      <div class="panel moment">${chosen !== undefined && html`${packetMarkup(chosen)}${chosen.record.kind === "walk" && cures(tab)}`}</div>
      ${
        director !== undefined &&
        html`<div class="panel tables"><h2>The tables at the end</h2>${servicesTable(director, ANY)}
        <h3>Connections</h3>${connectionsTable(director)}<h3>How packets ended</h3>${verdictCounts(director)}</div>`
      }
    </section>`;
}

/** What would change the packet's end. */
function cures(tab: CaptureTab): Markup {
  const { cures: found } = tab;
  if (found === undefined)
    return tab.mayBeCured
      ? html`<p><button data-do="cure" title="Replays the capture with one thing changed at a time">What would change it?</button></p>`
      : html`<p class="hint">What would change it: <code>tapvs explain … --packet ${tab.chosen} --cure</code></p>`;
  if (found.length === 0) return html`<p class="hint">Nothing that was tried changes this end.</p>`;
  return html`<h3>What would change it</h3><p class="hint">Each was tried by a replay.</p><dl class="cures">${found.map(
    ({ change, outcome }) => html`<div><dt>${change}</dt><dd>${outcome}</dd></div>`,
  )}</dl>`;
}

const secondsOf = ({ record }: PacketLine): number =>
  record.kind === "walk" ? record.explanation.seconds : record.seconds;
const bytesOf = ({ record }: PacketLine): Uint8Array =>
  record.kind === "walk" ? record.explanation.bytes : record.bytes;

function packetRow(line: PacketLine, chosen: number): Markup {
  const { record, packet, outcome } = line;
  const bad = record.kind === "walk" && isBad(record.explanation.verdict);
  return html`<tr data-key="${record.number}" data-do="packet" data-name="${record.number}" tabindex="0" class="${record.kind}${bad ? " bad" : ""}"${record.number === chosen && html` aria-current="true"`}>
    <td><span class="frame-tag ${toneOf(bytesOf(line))}">${record.number}</span></td><td>${secondsOf(line).toFixed(6)}</td><td>${packet}</td><td>${outcome}</td></tr>`;
}

function packetMarkup(line: PacketLine): Markup {
  const { record, packet, outcome } = line;
  const head = html`<h2>Packet ${record.number}</h2><p class="packet">${packet}</p><p class="verdict">${outcome}</p>`;
  if (record.kind !== "walk") return html`${head}${frameFields(record.bytes, undefined)}`;
  return html`${head}${walked(record.explanation)}`;
}

/** Steps, then what came, then what went out with its changes. */
function walked({ events, bytes, sent, port }: Explanation): Markup {
  return html`${stepsList(
    events.filter(({ kind }) => kind !== "received"),
    "director",
  )}
    <details data-key="came"><summary>As it came, on ${port}</summary>${frameFields(bytes, undefined)}</details>
    ${sent.map(
      (
        frame,
      ) => html`<article class="departure"><h3>sent on ${frame.port}</h3><p class="packet">${summary(frame.bytes)}</p>
        ${frame.fields === undefined ? frameFields(frame.bytes, undefined) : fieldChanges(frame.fields)}</article>`,
    )}`;
}
