/** The tab that shows a running director. */
import type { ExplainedPacket, LiveConnection, LiveDestination, LiveEnd, LiveService } from "../live/listing.ts";
import type { LiveTab } from "../live/live-tab.ts";
import { LENGTH } from "../live/rates.ts";
import { html, type Markup } from "./markup.ts";
import { plot } from "./plot.ts";
import { amount } from "./tables.ts";
import { durationText } from "./times.ts";

const MOST_CONNECTIONS = 50;
const FILTER_WORDS = "tcp, udp, icmp, icmp6, arp, host ADDRESS, port NUMBER, dev INTERFACE, dropped, verdict NAME";

export function liveTab(tab: LiveTab): Markup {
  const { series } = tab.rates;
  const line = (name: keyof typeof series, shown: string = name): { name: string; values: readonly number[] } => ({
    name: shown,
    values: series[name],
  });
  return html`<main class="live">
    <section class="panel live-head"><h2>The running director ${tab.name}</h2>${tab.problem === "" ? statusLine(tab) : html`<p class="problems" role="alert">${tab.problem}</p>`}
      <div class="plots">
        ${plot("Packets per second", [line("packets in", "in"), line("packets out", "out")], LENGTH)}
        ${plot("Mbit/s", [line("Mbit/s in", "in"), line("Mbit/s out", "out")], LENGTH)}
        ${plot("Connections in the table", [line("connections", "now")], LENGTH)}
        ${plot("Dropped per second", [line("dropped", "now")], LENGTH)}
      </div></section>
    <section class="panel tables" aria-label="Tables"><h2>Services</h2>${tab.services.map(serviceTable)}
      <h3>Connections</h3>${connections(tab.connections)}
      <h3>How packets ended</h3><ul class="counts">${Object.entries(tab.status?.verdicts ?? {}).map(([name, count]) => html`<li><b>${amount(count)}</b> ${name}</li>`)}</ul></section>
    <section class="panel stream" aria-label="Packets explained"><h2>Packets explained</h2>
      <form data-do="listen" class="packet-tools"><input name="filter" value="${tab.filter}" placeholder="${FILTER_WORDS}" aria-label="Filter: ${FILTER_WORDS}" spellcheck="false">
        <button>${tab.listening ? "Apply" : "Listen"}</button>${tab.listening && html`<button type="button" data-do="unlisten">Stop</button>`}</form>
      ${tab.filterProblem !== "" && html`<p class="problems" role="alert">${tab.filterProblem}</p>`}
      ${tab.explained.length === 0 && html`<p class="hint">${tab.listening ? "No such packet yet." : "Listening costs the director work for each packet that passes the filter."}</p>`}
      <ol class="explained">${tab.explained.map(explainedPacket)}</ol></section>
  </main>`;
}

function statusLine({ status }: LiveTab): Markup {
  if (status === undefined) return html`<p class="hint">Waiting for the director.</p>`;
  const since = new Date(status.since).toISOString().replace("T", " ").slice(0, 19);
  return html`<p class="hint">tapvs ${status.version}, since ${since} UTC, interfaces ${status.ports.map(({ name }) => name).join(", ")}</p>`;
}

function serviceTable(service: LiveService): Markup {
  const name =
    service.fwmark === undefined ? `${service.protocol} ${service.address}:${service.port}` : `FWM ${service.fwmark}`;
  const persistence = service.persistence === undefined ? "" : `, persistent ${service.persistence.timeoutSeconds} s`;
  return html`<table data-key="${name}"><caption><b>${name}</b> ${service.scheduler}${persistence}</caption>
    <thead><tr><th>Real server</th><th>Forward</th><th>Weight</th><th>Active</th><th>Inact.</th><th>Conns</th><th>Conns/s</th><th>In pkt/s</th><th>Out pkt/s</th></tr></thead>
    <tbody>${service.destinations.map(destinationRow)}</tbody></table>`;
}

const endText = ({ address, port }: LiveEnd): string => `${address.includes(":") ? `[${address}]` : address}:${port}`;

const destinationRow = (destination: LiveDestination): Markup => {
  const { forwarding, weight, activeConnections, inactiveConnections, overloaded, statistics, rates } = destination;
  return html`<tr data-key="${endText(destination)}"${(weight === 0 || overloaded) && html` class="quiesced"`}><th>${endText(destination)}</th><td>${forwarding}</td><td>${weight}</td>
    <td>${amount(activeConnections)}</td><td>${amount(inactiveConnections)}</td><td>${amount(statistics.connections)}</td>
    <td>${amount(rates.connections)}</td><td>${amount(rates.inPackets)}</td><td>${amount(rates.outPackets)}</td></tr>`;
};

function connections(all: readonly LiveConnection[]): Markup {
  if (all.length === 0) return html`<p class="hint">None, or too many to be listed here.</p>`;
  const shown = [...all].sort((a, b) => b.secondsLeft - a.secondsLeft).slice(0, MOST_CONNECTIONS);
  return html`<table class="connections"><thead><tr><th>Pro</th><th>Expires</th><th>State</th><th>Client → virtual → real server</th></tr></thead>
    <tbody>${shown.map(connectionRow)}</tbody></table>${all.length > shown.length && html`<p class="hint">and ${all.length - shown.length} more</p>`}`;
}

const connectionRow = ({
  protocol,
  secondsLeft,
  template,
  state,
  client,
  virtual,
  local,
  destination,
}: LiveConnection): Markup =>
  html`<tr data-key="${protocol}${endText(client)}${endText(virtual)}"${template && html` class="template"`}><td>${protocol}</td><td>${durationText(secondsLeft)}</td>
    <td>${template ? "template" : state}</td><td class="ends">${[client, virtual, ...(local === undefined ? [] : [local]), destination].map(endText).join(" → ")}</td></tr>`;

function explainedPacket({ time, port, packet, outcome, steps, lost = 0 }: ExplainedPacket): Markup {
  const clock = new Date(time / 1000).toISOString().slice(11, 23);
  return html`<li data-key="${time}">${lost > 0 && html`<p class="hint">${lost} packets before this one came too fast to be explained.</p>`}
    <details><summary><time>${clock}</time> ${port} <b>${packet}</b><br>${outcome}</summary><ol class="steps">${steps.map((step) => html`<li>${step}</li>`)}</ol></details></li>`;
}
