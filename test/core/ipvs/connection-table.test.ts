/** The connection table against a list that is searched from its newest entry on. */
import { expect } from "chai";
import fc from "fast-check";
import { NONE, TEMPLATE } from "../../../src/core/ipvs/connection-rows.ts";
import { ConnectionTable } from "../../../src/core/ipvs/connection-table.ts";
import { dr } from "../../../src/core/ipvs/forwarding/direct.ts";
import { fullnat } from "../../../src/core/ipvs/forwarding/fullnat.ts";
import { methodOf } from "../../../src/core/ipvs/forwarding/methods.ts";
import { nat } from "../../../src/core/ipvs/forwarding/nat.ts";
import { tun } from "../../../src/core/ipvs/forwarding/tunnel.ts";

interface Entry {
  readonly protocol: number;
  readonly client: number;
  readonly clientPort: number;
  readonly virtual: number;
  readonly virtualPort: number;
  readonly server: number;
  readonly serverPort: number;
  readonly forwarding: number;
  readonly template: boolean;
  readonly local: number;
  readonly localPort: number;
}

/** Few values, so that keys collide, on both sides of 2^31, signed as all handles are. */
const address = fc.constantFrom(0x0a000001, 0x0a000002, 0xc6336401 | 0, 0xffffffff | 0);
const port = fc.constantFrom(0, 1, 80, 65535);
const entry: fc.Arbitrary<Entry> = fc
  .record({
    protocol: fc.constantFrom(6, 17, 0),
    client: address,
    clientPort: port,
    virtual: address,
    virtualPort: port,
    server: address,
    serverPort: port,
    forwarding: fc.constantFrom(nat.number, tun.number, dr.number, fullnat.number),
    template: fc.boolean(),
    local: address,
    localPort: port,
  })
  .map((drawn) => {
    const template = drawn.template && drawn.clientPort === 0;
    const bound = drawn.forwarding === fullnat.number && !template;
    return { ...drawn, template, local: bound ? drawn.local : 0, localPort: bound ? drawn.localPort : 0 };
  });

function fill(table: ConnectionTable, row: number, e: Entry): void {
  const { rows } = table;
  rows.setProtocol(row, e.protocol);
  rows.setClientAddress(row, e.client);
  rows.setClientPort(row, e.clientPort);
  rows.setVirtualAddress(row, e.virtual);
  rows.setVirtualPort(row, e.virtualPort);
  rows.setDestinationAddress(row, e.server);
  rows.setDestinationPort(row, e.serverPort);
  rows.setFlags(row, e.forwarding | methodOf(e.forwarding).answers | (e.template ? TEMPLATE : 0));
  rows.setLocalAddress(row, e.local);
  rows.setLocalPort(row, e.localPort);
}

/** Newest first. */
class Model {
  readonly entries: { readonly row: number; readonly entry: Entry }[] = [];

  #find(matches: (entry: Entry) => boolean): number {
    return this.entries.find(({ entry: e }) => matches(e))?.row ?? NONE;
  }

  request(protocol: number, from: number, fromPort: number, to: number, toPort: number): number {
    if (fromPort === 0) return NONE;
    return this.#find(
      (e) =>
        e.protocol === protocol &&
        e.client === from &&
        e.clientPort === fromPort &&
        e.virtual === to &&
        e.virtualPort === toPort,
    );
  }

  /** Who answers to a local address does so before others. */
  answer(protocol: number, from: number, fromPort: number, to: number, toPort: number): number {
    // A template of FULLNAT has no local address, and so no answers.
    const toLocal = this.#find(
      (e) =>
        e.protocol === protocol &&
        e.local !== 0 &&
        e.local === to &&
        e.localPort === toPort &&
        e.server === from &&
        e.serverPort === fromPort,
    );
    if (toLocal !== NONE) return toLocal;
    return this.#find((e) => {
      if (e.protocol !== protocol || e.forwarding === fullnat.number) return false;
      const [server, serverPort] = e.forwarding === nat.number ? [e.server, e.serverPort] : [e.virtual, e.virtualPort];
      return e.client === to && e.clientPort === toPort && server === from && serverPort === fromPort;
    });
  }

  template(protocol: number, client: number, virtual: number, virtualPort: number): number {
    return this.#find(
      (e) =>
        e.template &&
        e.protocol === protocol &&
        e.client === client &&
        e.virtual === virtual &&
        e.virtualPort === virtualPort,
    );
  }
}

type Step =
  | { readonly do: "insert"; readonly entry: Entry }
  | { readonly do: "remove"; readonly which: number }
  | { readonly do: "find"; readonly key: readonly [number, number, number, number, number] };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("insert" as const), entry }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("remove" as const), which: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("find" as const),
      key: fc.tuple(fc.constantFrom(6, 17, 0), address, port, address, port),
    }),
  },
);

/** Every way to find each entry, and one key more. */
function compare(
  table: ConnectionTable,
  model: Model,
  keys: readonly (readonly [number, number, number, number, number])[],
): void {
  for (const [protocol, from, fromPort, to, toPort] of keys) {
    const request = table.findRequest(protocol, from, fromPort, to, toPort);
    expect(request, "request").to.equal(model.request(protocol, from, fromPort, to, toPort));
    const answer = table.findAnswer(protocol, from, fromPort, to, toPort);
    expect(answer, "answer").to.equal(model.answer(protocol, from, fromPort, to, toPort));
    expect(table.findTemplate(protocol, from, to, toPort), "template").to.equal(
      model.template(protocol, from, to, toPort),
    );
  }
}

const keysOf = ({ entries }: Model): (readonly [number, number, number, number, number])[] =>
  entries.flatMap(({ entry: e }) => [
    [e.protocol, e.client, e.clientPort, e.virtual, e.virtualPort] as const,
    [e.protocol, e.server, e.serverPort, e.client, e.clientPort] as const,
    [e.protocol, e.virtual, e.virtualPort, e.client, e.clientPort] as const,
    [e.protocol, e.server, e.serverPort, e.local, e.localPort] as const,
  ]);

describe("connection table", () => {
  it("finds what a list would find, newest first, while it grows", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(0xffffffff), (steps, seed) => {
        const table = new ConnectionTable(2, seed);
        const model = new Model();
        for (const taken of steps) {
          if (taken.do === "insert") {
            const row = table.rows.take();
            fill(table, row, taken.entry);
            table.insert(row);
            model.entries.unshift({ row, entry: taken.entry });
          } else if (taken.do === "remove") {
            const [gone] = model.entries.splice(taken.which % Math.max(1, model.entries.length), 1);
            if (gone === undefined) continue;
            expect(table.remove(gone.row)).to.equal(true);
            expect(table.remove(gone.row), "a second time").to.equal(false);
            table.rows.release(gone.row);
          } else compare(table, model, [taken.key]);
        }
        compare(table, model, keysOf(model));
        const listed: number[] = [];
        table.forEach((row) => {
          listed.push(row);
        });
        expect(listed).to.have.members(model.entries.map(({ row }) => row));
        expect(table.rows.count).to.equal(model.entries.length);
      }),
      { numRuns: 400 },
    );
  });

  it("of two entries of one key the younger is found, and the elder again when that is gone", () => {
    for (const size of [2, 64]) {
      const table = new ConnectionTable(size);
      const make = (server: number): number => {
        const row = table.rows.take();
        const ends = { client: 0xc6336401 | 0, clientPort: 40000, virtual: 0xcb007164 | 0, virtualPort: 80 };
        const rest = { protocol: 6, server, serverPort: 80, forwarding: nat.number, template: false };
        fill(table, row, { ...ends, ...rest, local: 0, localPort: 0 });
        table.insert(row);
        return row;
      };
      const find = (): number => table.findRequest(6, 0xc6336401 | 0, 40000, 0xcb007164 | 0, 80);
      const rows = Array.from({ length: 40 }, (_, server) => make(server + 1));
      for (const row of rows.reverse()) {
        expect(find()).to.equal(row);
        table.remove(row);
      }
      expect(find()).to.equal(NONE);
    }
  });

  it("a FULLNAT connection is found by its client and by its local address, and by nothing else", () => {
    const table = new ConnectionTable(4);
    const row = table.rows.take();
    const ends = { client: 0xc6336401 | 0, clientPort: 40000, virtual: 0xcb007164 | 0, virtualPort: 80 };
    const inside = { server: 0xc0a80102 | 0, serverPort: 8080, local: 0xc0a80165 | 0, localPort: 5000 };
    fill(table, row, { ...ends, ...inside, protocol: 6, forwarding: fullnat.number, template: false });
    table.insert(row);
    expect(table.findRequest(6, ends.client, 40000, ends.virtual, 80)).to.equal(row);
    expect(table.findAnswer(6, inside.server, 8080, inside.local, 5000)).to.equal(row);
    expect(table.findAnswer(6, inside.server, 8080, ends.client, 40000), "as NAT would").to.equal(NONE);
    expect(table.findAnswer(6, ends.virtual, 80, ends.client, 40000), "as DR would").to.equal(NONE);
    expect(table.findAnswer(17, inside.server, 8080, inside.local, 5000), "by another protocol").to.equal(NONE);
    expect(table.findRequest(6, inside.local, 5000, inside.server, 8080), "backwards").to.equal(NONE);
  });

  it("a template is no connection: a packet from port 0 does not find it", () => {
    const table = new ConnectionTable(4);
    const row = table.rows.take();
    const ends = { client: 0xc6336401 | 0, clientPort: 0, virtual: 0xcb007164 | 0, virtualPort: 80 };
    const inside = { server: 0xc0a80102 | 0, serverPort: 80, local: 0, localPort: 0 };
    fill(table, row, { ...ends, ...inside, protocol: 6, forwarding: dr.number, template: true });
    table.insert(row);
    expect(table.findRequest(6, ends.client, 0, ends.virtual, 80)).to.equal(NONE);
    expect(table.findTemplate(6, ends.client, ends.virtual, 80)).to.equal(row);
    expect(table.findTemplate(6, ends.client, ends.virtual, 81)).to.equal(NONE);
  });

  it("a million connections take 128 bytes each at most, all of them found", () => {
    const COUNT = 1_000_000;
    const table = new ConnectionTable();
    const { rows } = table;
    for (let number = 0; number < COUNT; number++) {
      const row = rows.take();
      rows.setProtocol(row, 6);
      rows.setClientAddress(row, (0xc6000000 + (number >>> 4)) | 0);
      rows.setClientPort(row, 1024 + (number & 15));
      rows.setVirtualAddress(row, 0xcb007164 | 0);
      rows.setVirtualPort(row, 80);
      table.insert(row);
    }
    const perConnection = table.bytes / COUNT;
    console.log(`      ${perConnection.toFixed(1)} bytes a connection`);
    expect(perConnection).to.be.at.most(128);
    let found = 0;
    for (let number = 0; number < COUNT; number++) {
      const row = table.findRequest(6, (0xc6000000 + (number >>> 4)) | 0, 1024 + (number & 15), 0xcb007164 | 0, 80);
      if (row === number) found++;
    }
    expect(found).to.equal(COUNT);
  });
});
