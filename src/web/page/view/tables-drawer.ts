/** The director's tables, what can be done to them by a click, and its command line. */
import { activeDirector } from "../../../core/simulator/two-directors.ts";
import type { Run } from "../model/run.ts";
import { commands } from "./exchanges.ts";
import { html, type Markup } from "./markup.ts";
import { connectionsTable, servicesTable, verdictCounts } from "./tables.ts";
import { timeouts } from "./timeouts.ts";

export function tables({ topology, simulation }: Run, hasty: boolean): Markup {
  const director = activeDirector(topology);
  const { stack } = director;
  const name = topology.directors.length === 1 ? "The director" : director.name;
  const others = topology.directors.filter((one) => one !== director && one.alive);
  const rows = stack.server.connections.table.rows.count;
  return html`<div class="tables"><h2>${name}'s tables</h2>${servicesTable(stack, topology.client.address, true)}
    <h3>Connections</h3>${hasty ? html`<p class="hint">${rows} connections</p>` : html`${connectionsTable(stack)}${timeouts(stack)}`}
    ${others.map((other) => html`<h3>Connections that ${other.name} knows</h3>${connectionsTable(other.stack)}`)}
    <h3>How packets ended</h3>${verdictCounts(stack)}
    <h3>ipvsadm</h3>${commands(simulation)}
    <form data-do="ipvsadm"><label class="command"><span>ipvsadm</span><input name="line" autocomplete="off" spellcheck="false" placeholder="-Ln --stats" aria-label="Command line of ipvsadm"></label><button>Run</button></form>
  </div>`;
}
