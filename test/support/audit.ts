/** What must hold between any two packets: the counters say what the table holds, and whatever it holds is found. */
import { expect } from "chai";
import { FORWARDING_MASK, INACTIVE, NONE, SYNCHRONIZED, TEMPLATE } from "../../src/core/ipvs/connection-rows.ts";
import { type Destination, describeDestination } from "../../src/core/ipvs/destination.ts";
import { fullnat } from "../../src/core/ipvs/forwarding/fullnat.ts";
import type { LocalAddress } from "../../src/core/ipvs/local-address.ts";
import type { VirtualServer } from "../../src/core/ipvs/virtual-server.ts";

interface Tally {
  active: number;
  inactive: number;
  persistent: number;
}

/** Throws with the first thing that does not hold. */
export function audit(server: VirtualServer): void {
  const rows = rowsOf(server);
  expect(server.connections.table.rows.count, "rows in use, all of them in the table").to.equal(rows.length);
  for (const row of rows) auditRow(server, row);
  auditTemplates(server, rows);
  auditDestinations(server, rows);
  auditLocalAddresses(server, rows);
}

export function rowsOf(server: VirtualServer): number[] {
  const rows: number[] = [];
  server.connections.table.forEach((row) => {
    rows.push(row);
  });
  return rows;
}

/** The row has a timer, and is found under its names (or a younger one of the same names is). */
function auditRow({ connections: { table } }: VirtualServer, row: number): void {
  const { rows } = table;
  const name = `row ${row}`;
  if (rows.timerBucket(row) === NONE) expect.fail(`${name} would never expire`);
  const protocol = rows.protocol(row);
  const client = rows.clientAddress(row);
  const virtual = rows.virtualAddress(row);
  if ((rows.flags(row) & TEMPLATE) !== 0) {
    if (rows.clientPort(row) !== 0) expect.fail(`${name}: a template with a client port`);
    const named = rows.extras(row)?.engineData;
    const found = table.findTemplate(protocol, client, virtual, rows.virtualPort(row), named);
    if (found === NONE) expect.fail(`${name}: the template is not found`);
    return;
  }
  if (rows.clientPort(row) !== 0) {
    const found = table.findRequest(protocol, client, rows.clientPort(row), virtual, rows.virtualPort(row));
    if (found === NONE) expect.fail(`${name} is not found by a request`);
  }
  const server = rows.destinationAddress(row);
  if ((rows.flags(row) & FORWARDING_MASK) === fullnat.number) {
    const { address, port } = { address: rows.localAddress(row), port: rows.localPort(row) };
    const found = table.findAnswer(protocol, server, rows.destinationPort(row), address, port);
    if (found !== row) expect.fail(`${name}: its answers belong to row ${found}`);
  } else if (rows.localIndex(row) !== NONE) expect.fail(`${name} has a local address that it does not use`);
}

function auditTemplates({ connections: { table } }: VirtualServer, all: readonly number[]): void {
  const { rows } = table;
  const children = new Map<number, number>();
  for (const row of all) {
    const template = rows.control(row);
    if (template === NONE) continue;
    const isTemplate = (rows.flags(template) & TEMPLATE) !== 0;
    if (!rows.inUse(template) || !(isTemplate || rows.extras(template)?.app !== undefined))
      expect.fail(`row ${row}: no template over it`);
    children.set(template, (children.get(template) ?? 0) + 1);
  }
  for (const row of all) {
    const counted = rows.controlled(row);
    const present = children.get(row) ?? 0;
    if (counted !== present) expect.fail(`row ${row} counts ${counted} connections under it, there are ${present}`);
  }
}

function auditDestinations(server: VirtualServer, all: readonly number[]): void {
  const { connections } = server;
  const { rows } = connections.table;
  const tallies = new Map<Destination, Tally>();
  const tallyOf = (destination: Destination): Tally => {
    const tally = tallies.get(destination) ?? { active: 0, inactive: 0, persistent: 0 };
    tallies.set(destination, tally);
    return tally;
  };
  for (const service of server.services.list()) service.destinations.forEach(tallyOf);
  for (const row of all) {
    const destination = connections.destinationOf(row);
    const flags = rows.flags(row);
    if (destination === undefined) {
      // Only what a master told of may have a real server that is not here.
      const isTold = (flags & SYNCHRONIZED) !== 0 && rows.destination(row) === NONE;
      if (!isTold) expect.fail(`row ${row} has no destination`);
      continue;
    }
    const kind = (flags & TEMPLATE) !== 0 ? "persistent" : (flags & INACTIVE) !== 0 ? "inactive" : "active";
    tallyOf(destination)[kind]++;
  }
  for (const [destination, { active, inactive, persistent }] of tallies) {
    const moved = movedTemplates.get(destination) ?? 0;
    const { activeConnections, inactiveConnections, persistentConnections } = destination;
    const counted = `${activeConnections} active, ${inactiveConnections} inactive, ${persistentConnections} templates`;
    const present = `${active + moved} active, ${inactive - moved} inactive, ${persistent} templates`;
    if (counted !== present) expect.fail(`${describeDestination(destination)} counts ${counted}; there are ${present}`);
  }
}

/**
 * By how much a destination's active connections are too many and its inactive ones too few: a segment to a client's
 * port 0 moves the client's template, which is counted among neither, and whatever it was moved to when it expires stays.
 */
const movedTemplates = new WeakMap<Destination, number>();

/** Has the audit know of the templates that segments to port 0 move. To be called before the first packet. */
export function watchTemplates({ connections }: VirtualServer): void {
  const { rows } = connections.table;
  const setActive = connections.bindings.setActive.bind(connections.bindings);
  connections.bindings.setActive = (row, active) => {
    const destination = connections.destinationOf(row);
    const before = destination?.activeConnections ?? 0;
    setActive(row, active);
    if (destination === undefined || (rows.flags(row) & TEMPLATE) === 0) return;
    const change = destination.activeConnections - before;
    movedTemplates.set(destination, (movedTemplates.get(destination) ?? 0) + change);
  };
}

function auditLocalAddresses(server: VirtualServer, all: readonly number[]): void {
  const { connections } = server;
  const used = new Map<LocalAddress, number>();
  for (const row of all) {
    const local = connections.localAddresses.of(row);
    if (local !== undefined) used.set(local, (used.get(local) ?? 0) + 1);
  }
  const pools = server.services.list().flatMap(({ localAddresses }) => localAddresses);
  for (const local of new Set([...pools, ...used.keys()])) {
    const present = used.get(local) ?? 0;
    if (local.connections !== present) expect.fail(`a local address counts ${local.connections}, there are ${present}`);
  }
  if (connections.localAddresses.areUsed !== used.size > 0) expect.fail("whether local addresses are in use is wrong");
}
