/** The director's tables as they stand: services with their scheduler's numbers, connections, how packets ended. */

import { type ConnectionEntry, connectionEntries, type EntryEnd } from "../../../core/control/connection-entry.ts";
import { deleteLine, persistenceLine, weightLine } from "../../../core/control/edit-lines.ts";
import { schedulerName } from "../../../core/control/listing/service-text.ts";
import type { Director } from "../../../core/host/director.ts";
import { type Destination, describeDestination } from "../../../core/ipvs/destination.ts";
import { methodOf } from "../../../core/ipvs/forwarding/methods.ts";
import type { PacketKey } from "../../../core/ipvs/schedulers/scheduler.ts";
import { describeService, type Service } from "../../../core/ipvs/service.ts";
import { CONNECTIONS, IN_BYTES, IN_PACKETS, OUT_BYTES, OUT_PACKETS } from "../../../core/ipvs/statistics.ts";
import { verdictName } from "../../../core/trace/verdict.ts";
import { type Address, formatAddress } from "../../../core/wire/address.ts";
import type { AddressHandle } from "../../../core/wire/address-table.ts";
import { html, type Markup } from "./markup.ts";
import { durationText } from "./times.ts";

/** Rows of the connection table that are shown. */
const MOST_CONNECTIONS = 24;

/** The service table, with what each scheduler compares for the next connection of `client` (an address). */
export function servicesTable({ server, addresses }: Director, client: Address, editable = false): Markup {
  const services = server.services.list();
  if (services.length === 0) return html`<p class="hint">No virtual service.</p>`;
  return html`${services.map((service) => serviceTable(service, addresses.of(client), editable))}`;
}

function serviceTable(service: Service, client: AddressHandle, editable: boolean): Markup {
  const { scheduler, destinations } = service;
  const state = scheduler?.describeState?.() ?? "";
  const persistence = service.persistent ? `, persistent ${service.timeoutSeconds} s` : "";
  const key: PacketKey = {
    source: client,
    destination: service.handle,
    sourcePort: 40_000,
    destinationPort: service.port,
  };
  return html`<table data-key="${describeService(service)}"><caption><b>${describeService(service)}</b> ${schedulerName(service)}${persistence}
      ${editable && persistenceButton(service)}${state !== "" && html`<span class="state">${state}</span>`}</caption>
    <thead><tr><th>Real server</th><th>Forward</th><th>Weight</th><th>Active</th><th>Inact.</th><th>Conns</th><th>In</th><th>Out</th></tr></thead>
    <tbody>${destinations.map((destination) => destinationRow(destination, scheduler?.describeDestination?.(destination, key) ?? "", editable))}</tbody></table>`;
}

/** Seconds, where the button makes a service persistent. */
const PERSISTENCE = 60;

function persistenceButton(service: Service): Markup {
  const line = persistenceLine(service, service.persistent ? 0 : PERSISTENCE);
  return html` <button class="edit" data-do="line" data-name="${line}" title="ipvsadm ${line}">${service.persistent ? "not persistent" : `persistent ${PERSISTENCE} s`}</button>`;
}

/** What can be done to a real server now; each button runs a command line of ipvsadm. */
function edits(destination: Destination): Markup {
  const { weight } = destination;
  const edit = (label: string, line: string, what: string): Markup =>
    html`<button class="edit" data-do="line" data-name="${line}" title="${what}: ipvsadm ${line}" aria-label="${what}: ${describeDestination(destination)}">${label}</button>`;
  return html`<span class="edits">${weight > 0 && edit("−", weightLine(destination, weight - 1), "Weight down")}${edit("+", weightLine(destination, weight + 1), "Weight up")}
    ${weight > 0 ? edit("drain", weightLine(destination, 0), "No new connections") : edit("back", weightLine(destination, 1), "Weight 1 again")}${edit("delete", deleteLine(destination), "Delete")}</span>`;
}

function destinationRow(destination: Destination, compared: string, editable: boolean): Markup {
  const { forwarding, weight, activeConnections, inactiveConnections, overloaded, statistics } = destination;
  const { live } = statistics;
  const count = (counter: number): string => amount(live[counter] ?? 0);
  return html`<tr data-key="${describeDestination(destination)}"${weight === 0 && html` class="quiesced"`}><th>${describeDestination(destination)}</th>
    <td>${methodOf(forwarding).name}</td><td>${weight}</td><td>${activeConnections}</td><td>${inactiveConnections}</td>
    <td>${count(CONNECTIONS)}</td><td title="${count(IN_BYTES)} bytes">${count(IN_PACKETS)}</td><td title="${count(OUT_BYTES)} bytes">${count(OUT_PACKETS)}</td>
    </tr>${(compared !== "" || overloaded || editable) && html`<tr class="compared"><td colspan="8">${editable && edits(destination)}${compared}${overloaded && " overloaded"}</td></tr>`}`;
}

/** `999`, `12.3 k`, `4.5 M`. */
export const amount = (value: number): string =>
  value < 10_000
    ? String(Math.round(value))
    : value < 1e6
      ? `${(value / 1e3).toFixed(1)} k`
      : `${(value / 1e6).toFixed(1)} M`;

/** The connection table, newest first as far as its ports tell; a bar shows how much time is left, on a logarithmic scale. */
export function connectionsTable({ server }: Director): Markup {
  const entries = connectionEntries(server.connections);
  if (entries.length === 0) return html`<p class="hint">No connections.</p>`;
  const shown = entries
    .sort((a, b) => b.secondsLeft - a.secondsLeft || a.client.port - b.client.port)
    .slice(0, MOST_CONNECTIONS);
  const hidden = entries.length - shown.length;
  return html`<table class="connections"><thead><tr><th>Pro</th><th>Expires</th><th>State</th><th>Client → virtual → real server</th></tr></thead>
    <tbody>${shown.map(connectionRow)}</tbody></table>${hidden > 0 && html`<p class="hint">and ${hidden} more</p>`}`;
}

const endText = ({ address, port }: EntryEnd): string => `${formatAddress(address)}:${port}`;
/** The longest of the usual timeouts, in seconds. */
const LONGEST = 900;

function connectionRow(entry: ConnectionEntry): Markup {
  const { protocolName, secondsLeft, state, client, virtual, destination, local, isTemplate, engine } = entry;
  const template = engine === undefined ? "template" : `template ${engine.data}`;
  const share = Math.min(1, Math.log1p(secondsLeft) / Math.log1p(LONGEST));
  return html`<tr data-key="${protocolName}${endText(client)}${endText(virtual)}${engine?.data ?? ""}"${isTemplate && html` class="template"`}><td>${protocolName}</td>
    <td class="left" style="--share: ${share.toFixed(3)}">${durationText(secondsLeft)}</td><td>${isTemplate ? template : state}</td>
    <td class="ends">${[client, virtual, ...(local === undefined ? [] : [local]), destination].map(endText).join(" → ")}</td></tr>`;
}

/** How many packets ended how. */
export function verdictCounts({ counts }: Director): Markup {
  const ends = Array.from(counts, (count, verdict) => ({ name: verdictName(verdict), count })).filter(
    ({ count }) => count > 0,
  );
  if (ends.length === 0) return html`<p class="hint">No packets yet.</p>`;
  return html`<ul class="counts">${ends.map(({ name, count }) => html`<li><b>${amount(count)}</b> ${name}</li>`)}</ul>`;
}
