/** A table that is made smaller, a step at a time, while connections come and go. */
import { expect } from "chai";
import fc from "fast-check";
import { Compaction, type Pace } from "../../../src/core/ipvs/compaction.ts";
import { NONE, type Row, TEMPLATE } from "../../../src/core/ipvs/connection-rows.ts";
import { ConnectionTable } from "../../../src/core/ipvs/connection-table.ts";
import { KernelTicks } from "../../../src/core/time/kernel-ticks.ts";
import { TimerWheel } from "../../../src/core/time/timer-wheel.ts";

const VIRTUAL = 0x0a010064;
const SLOWLY: Pace = { looks: 20, moves: 3, followed: 10, merged: 8, givenBack: 64 };

/** A table, and what should stand in it: connections by client, the template of each, and when it expires. */
class Model {
  readonly table: ConnectionTable;
  readonly wheel: TimerWheel;
  readonly compaction: Compaction;
  readonly clients = new Map<number, { readonly template: number | undefined; readonly expires: number }>();
  #tick = 0;

  constructor(capacity: number, pace?: Pace) {
    this.table = new ConnectionTable(capacity);
    this.wheel = new TimerWheel(this.table.rows, new KernelTicks(100, 0));
    this.compaction = new Compaction(this.table, this.wheel, pace);
  }

  rowOf(client: number): Row {
    return client < 0
      ? this.table.findTemplate(6, client, VIRTUAL, 0)
      : this.table.findRequest(6, client, 9, VIRTUAL, 80);
  }

  /** Clients below 0 are templates. */
  add(client: number, template?: number, life = 150): void {
    if (this.clients.has(client)) return;
    const { rows } = this.table;
    const controller = template === undefined ? NONE : this.rowOf(template);
    const row = rows.take();
    rows.setProtocol(row, 6);
    rows.setClientAddress(row, client);
    rows.setVirtualAddress(row, VIRTUAL);
    rows.setFlags(row, client < 0 ? TEMPLATE : 0);
    if (client >= 0) {
      rows.setClientPort(row, 9);
      rows.setVirtualPort(row, 80);
      // Some are found from the other side, too.
      if (client % 3 === 0) rows.setLocalAddress(row, client + 1_000_000);
    }
    if (client % 5 === 0) rows.addExtras(row).appState = client;
    if (controller !== NONE) {
      rows.setControl(row, controller);
      rows.setControlled(controller, rows.controlled(controller) + 1);
    }
    const expires = this.#tick + life;
    rows.setExpires(row, expires);
    this.wheel.arm(row, expires);
    this.table.insert(row);
    this.clients.set(client, { template: controller === NONE ? undefined : template, expires });
  }

  remove(client: number): void {
    const row = this.rowOf(client);
    const { rows } = this.table;
    if (row === NONE || rows.controlled(row) > 0) return;
    const controller = rows.control(row);
    if (controller !== NONE) rows.setControlled(controller, rows.controlled(controller) - 1);
    this.table.remove(row);
    this.wheel.disarm(row);
    rows.release(row);
    this.clients.delete(client);
  }

  /** At most so many that are due go, and nobody else. */
  pass(ticks: number, most: number): void {
    this.#tick += ticks;
    const { rows } = this.table;
    const expire = (row: Row): void => {
      expect(this.rowOf(rows.clientAddress(row)), "who expires").to.equal(row);
      expect(rows.expires(row), "in its time").to.be.at.most(this.#tick);
      if (rows.controlled(row) > 0) this.wheel.arm(row, this.#tick + 100);
      else this.remove(rows.clientAddress(row));
    };
    this.wheel.advance(this.#tick, expire, most);
    if (this.wheel.isBehind) return;
    for (const [client, { expires }] of this.clients)
      if (client >= 0 && expires * 1.25 + 10 < this.#tick) expect.fail(`client ${client} is over`);
  }

  /** No free row is lost: all are handed out before a new one is. */
  fill(): void {
    const { rows } = this.table;
    const { end } = rows;
    for (let left = end - rows.count; left > 0; left--) rows.take();
    expect(rows.end).to.equal(end);
  }

  #wrongWith(client: number): string | undefined {
    const { rows } = this.table;
    const row = this.rowOf(client);
    const { template, expires } = this.clients.get(client) ?? { expires: 0 };
    if (row === NONE || !rows.inUse(row)) return "not found";
    if (client % 5 === 0 && rows.extras(row)?.appState !== client) return "its extras";
    if (rows.control(row) !== (template === undefined ? NONE : this.rowOf(template))) return "its template";
    return rows.expires(row) === expires && this.wheel.isPending(row) ? undefined : "its timer";
  }

  check(): void {
    expect(this.table.rows.count).to.equal(this.clients.size);
    for (const client of this.clients.keys()) {
      const wrong = this.#wrongWith(client);
      if (wrong !== undefined) expect.fail(`client ${client}: ${wrong}`);
    }
    let seen = 0;
    this.table.forEach(() => {
      seen++;
    });
    expect(seen).to.equal(this.clients.size);
  }
}

/** Those that stay when the flood is over. */
const STAY = 30;
const client = fc.nat(STAY - 1);
const template = fc.integer({ min: -6, max: -1 });
const step = fc.oneof(
  { weight: 1, arbitrary: fc.record({ what: fc.constant("flood" as const), count: fc.nat(120), at: fc.nat(300) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("ebb" as const) }) },
  { weight: 6, arbitrary: fc.record({ what: fc.constant("add" as const), client, template: fc.option(template) }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant("template" as const), template }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant("remove" as const), client: fc.oneof(client, template) }) },
  { weight: 8, arbitrary: fc.record({ what: fc.constant("compact" as const), times: fc.integer({ min: 1, max: 9 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant("pass" as const),
      ticks: fc.constantFrom(1, 20, 300),
      most: fc.constantFrom(1, 4, 1000),
    }),
  },
);

describe("compaction", () => {
  it("leaves everybody where he is found, with timer, template and extras, whoever comes and goes meanwhile", () => {
    let ended = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 40, maxLength: 100 }), (steps) => {
        const model = new Model(8, SLOWLY);
        model.compaction.discard = () => undefined;
        for (const doing of steps) {
          if (doing.what === "flood") {
            for (let next = STAY; next < STAY + doing.count; next++) model.add(doing.at + next, undefined, 60 + next);
          } else if (doing.what === "ebb") {
            for (const one of [...model.clients.keys()]) if (one >= STAY) model.remove(one);
          } else if (doing.what === "add") model.add(doing.client, doing.template ?? undefined);
          else if (doing.what === "template") model.add(doing.template);
          else if (doing.what === "remove") model.remove(doing.client);
          else if (doing.what === "pass") model.pass(doing.ticks, doing.most);
          else {
            for (let time = 0; time < doing.times; time++)
              if (model.compaction.begin() && !model.compaction.step()) ended++;
          }
          model.check();
        }
        if (!model.table.rows.free.isKeeping) model.fill();
      }),
      { numRuns: 100 },
    );
    expect(ended).to.be.above(0);
  });

  it("gives back what lies behind a large table, and only that, a little at a time", () => {
    const COUNT = 700_000;
    const LEFT = 70_000;
    const model = new Model(4096);
    const { table, compaction } = model;
    const { rows } = table;
    for (let client = 0; client < COUNT; client++) {
      const row = rows.take();
      rows.setProtocol(row, 6);
      rows.setClientAddress(row, client);
      rows.setClientPort(row, 9);
      table.insert(row);
    }
    for (let row = 0; row < COUNT; row++) {
      if (row % (COUNT / LEFT) === 7) continue;
      table.remove(row);
      rows.release(row);
    }
    const before = table.bytes;
    let given = 0;
    let most = 0;
    compaction.discard = (memory) => {
      given += memory.length;
      most = Math.max(most, memory.length);
      memory.fill(0);
    };
    expect(compaction.begin()).to.equal(true);
    let steps = 1;
    while (compaction.step()) steps++;
    expect(table.bytes).to.be.below(before / 5);
    expect(given).to.be.above(0.8 * before);
    expect(most, "at once").to.be.below(8 * 1024 * 1024);
    expect(steps).to.be.above(150);
    for (let client = 7; client < COUNT; client += COUNT / LEFT)
      if (table.findRequest(6, client, 9, 0, 0) === NONE) expect.fail(`client ${client} is lost`);
    expect(rows.count).to.equal(LEFT);
  });
});
