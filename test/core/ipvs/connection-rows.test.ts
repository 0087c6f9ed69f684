import { expect } from "chai";
import { HASHED, NONE, TEMPLATE } from "../../../src/core/ipvs/connection-rows.ts";
import { ConnectionTable } from "../../../src/core/ipvs/connection-table.ts";

describe("connection rows", () => {
  it("a freed row is handed out again, the last one first, and empty", () => {
    const { rows } = new ConnectionTable(4);
    const taken = [rows.take(), rows.take(), rows.take()];
    expect(taken).to.deep.equal([0, 1, 2]);
    rows.setFlags(1, HASHED | TEMPLATE);
    rows.setExpires(1, 2 ** 40);
    rows.setFirstData(1, 7);
    rows.setFwmark(1, 9);
    rows.release(1);
    rows.release(2);
    expect([rows.count, rows.inUse(0), rows.inUse(1), rows.inUse(2), rows.inUse(3)]).to.deep.equal([
      1,
      true,
      false,
      false,
      false,
    ]);
    expect([rows.take(), rows.take(), rows.take()]).to.deep.equal([2, 1, 3]);
    expect([rows.flags(1), rows.expires(1), rows.firstData(1), rows.fwmark(1)]).to.deep.equal([0, 0, 0, 0]);
    expect([rows.destination(1), rows.next(1), rows.nextLocal(1), rows.control(1), rows.localIndex(1)]).to.deep.equal([
      NONE,
      NONE,
      NONE,
      NONE,
      NONE,
    ]);
  });

  it("no field shares bits with another", () => {
    const { rows } = new ConnectionTable(2);
    const fields = [
      ["ClientAddress", 31],
      ["VirtualAddress", 31],
      ["DestinationAddress", 31],
      ["ClientPort", 16],
      ["VirtualPort", 16],
      ["DestinationPort", 16],
      ["Protocol", 8],
      ["State", 8],
      ["Flags", 32],
      ["Destination", 31],
      ["Timeout", 32],
      ["Expires", 50],
      ["Next", 31],
      ["TimerBucket", 15],
      ["LocalPort", 16],
      ["InPackets", 32],
      ["LocalAddress", 31],
      ["SequenceDelta", 32],
      ["FirstData", 32],
      ["NextLocal", 31],
      ["TimerNext", 31],
      ["TimerPrevious", 31],
      ["Control", 31],
      ["Controlled", 31],
      ["Fwmark", 32],
      ["LocalIndex", 31],
    ] as const;
    rows.take();
    const row = rows.take();
    const values = new Map<string, number>();
    for (const [index, [name, bits]] of fields.entries()) {
      const value = 2 ** bits - 1 - index;
      values.set(name, value);
      rows[`set${name}`](row, value);
    }
    for (const [name] of fields) {
      const getter = `${name[0]?.toLowerCase()}${name.slice(1)}`;
      expect(Reflect.apply(Reflect.get(rows, getter), rows, [row]), name).to.equal(values.get(name));
    }
  });
});
