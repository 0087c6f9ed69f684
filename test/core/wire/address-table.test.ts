/** Handles of addresses: one for each address as long as somebody keeps it or the walk lasts, and no more than that. */
import { expect } from "chai";
import fc from "fast-check";
import {
  type Address,
  AF_INET,
  AF_INET6,
  ANY,
  formatAddress,
  ipv4,
  parseAddress,
} from "../../../src/core/wire/address.ts";
import { AddressTable, familyOf } from "../../../src/core/wire/address-table.ts";

const address = (text: string): Address => parseAddress(text) ?? ANY;
const stranger = (index: number): Address => ({ family: AF_INET6, words: [0x20010db8, 0, index, 1] });
const word = fc.nat(0xffffffff);
const ipv6 = fc.tuple(word, word, word, word).map((words): Address => ({ family: AF_INET6, words }));
const any = fc.oneof(word.map(ipv4), ipv6);

describe("address table", () => {
  it("an IPv4 address is its own handle, whatever its sign; an IPv6 or multicast one gets a number of its own", () => {
    const table = new AddressTable();
    for (const text of ["10.0.0.1", "192.168.1.1", "255.255.255.255", "240.0.0.1", "0.0.0.0"])
      expect(table.of(address(text)), text).equals(address(text).words[0] | 0);
    expect(table.size).equals(0);
    const six = table.of(address("2001:db8::1"));
    const group = table.of(address("224.0.0.1"));
    expect([familyOf(six), familyOf(group), familyOf(table.of(ANY))]).deep.equals([AF_INET6, AF_INET, AF_INET]);
    expect(table.of(address("2001:db8::1"))).equals(six);
    expect(table.size).equals(2);
    // The number that the group's address is as a word means the IPv6 address that happens to have it.
    expect(table.ofIpv4(six)).not.equals(six);
    expect(formatAddress(table.value(table.ofIpv4(six)))).matches(/^2[23]\d\./);
  });

  it("every address comes back, and two handles are the same only if the addresses are", () => {
    fc.assert(
      fc.property(fc.array(any, { maxLength: 50 }), (list) => {
        const table = new AddressTable(7);
        const handles = list.map((one) => table.of(one));
        for (const [index, handle] of handles.entries()) {
          expect(table.value(handle)).deep.equals(list[index]);
          expect(table.of(list[index] ?? ANY)).equals(handle);
        }
        expect(new Set(handles).size).equals(new Set(list.map(formatAddress)).size);
      }),
    );
  });

  it("what is kept stays through any flood of strangers, and the flood leaves a bounded table", () => {
    const table = new AddressTable();
    const kept = Array.from({ length: 5000 }, (_, index) => table.kept(stranger(index)));
    for (let index = 5000; index < 60_000; index++) {
      table.beginWalk();
      table.of(stranger(index));
    }
    expect(table.size).at.most(5000 + 1024);
    for (const [index, handle] of kept.entries()) expect(table.value(handle)).deep.equals(stranger(index));
    for (const handle of kept) table.release(handle);
    for (let index = 60_000; index < 120_000; index++) {
      table.beginWalk();
      table.of(stranger(index));
    }
    expect(table.size).at.most(1024);
  });

  it("a handle is good until its walk ends, however many others are looked at in between", () => {
    const table = new AddressTable();
    for (let walk = 0; walk < 50; walk++) {
      table.beginWalk();
      const first = walk * 10_000;
      const handles = Array.from({ length: 3000 }, (_, index) => table.of(stranger(first + index)));
      for (const [index, handle] of handles.entries()) expect(table.value(handle)).deep.equals(stranger(first + index));
    }
  });

  it("kept twice, it is given up with the second release", () => {
    const table = new AddressTable();
    const handle = table.keep(table.kept(stranger(0)));
    const flood = (from: number): void => {
      for (let index = from; index < from + 5000; index++) {
        table.beginWalk();
        table.of(stranger(index));
      }
    };
    table.release(handle);
    flood(1);
    expect(table.value(handle)).deep.equals(stranger(0));
    table.release(handle);
    flood(10_000);
    expect(table.value(handle)).not.deep.equals(stranger(0));
  });

  it("prefixes, masks, folds and sums are those of the addresses' bits", () => {
    const table = new AddressTable();
    const of = (text: string): number => table.of(address(text));
    expect(table.samePrefix(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"), 63)).equals(true);
    expect(table.samePrefix(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"), 64)).equals(false);
    expect(table.samePrefix(of("10.1.2.3"), of("10.1.3.3"), 23)).equals(true);
    expect(table.samePrefix(of("10.1.2.3"), of("::"), 0)).equals(false);
    expect(table.commonPrefix(of("fd00:1::100"), of("fd00:1::1"))).equals(119);
    expect(table.masked(of("2001:db8:ffff::1"), 36)).equals(of("2001:db8:f000::"));
    expect(table.masked(of("10.1.2.3"), 0xffffff00)).equals(of("10.1.2.0"));
    expect(table.fold(of("2001:db8::7"))).equals(0x20010db8 ^ 7);
    expect(table.fold(of("10.1.2.3"))).equals(0x0a010203);
    expect(table.ofMark(AF_INET6, 7)).equals(of("0:7::"));
  });

  it("an address that is likely another one is found all the same", () => {
    const last = fc.constantFrom(1, 2);
    const near = fc.tuple(last, last, last, last).map((words): Address => ({ family: AF_INET6, words }));
    fc.assert(
      fc.property(near, fc.oneof(near, any), (one, other) => {
        const table = new AddressTable(3);
        const view = new DataView(new ArrayBuffer(20));
        table.write(view, 4, table.of(one));
        expect(table.ofLikelyIpv6At(view, 4, table.of(other))).equals(table.of(one));
      }),
    );
  });

  it("an address stands in a packet as it came: 4 bytes or 16", () => {
    fc.assert(
      fc.property(any, (one) => {
        const table = new AddressTable();
        const view = new DataView(new Uint8Array(24).fill(0xa5).buffer);
        table.write(view, 4, table.of(one));
        const length = one.family === AF_INET ? 4 : 16;
        const back = one.family === AF_INET ? table.ofIpv4(view.getInt32(4)) : table.ofIpv6At(view, 4);
        expect(table.value(back)).deep.equals(one);
        expect([view.getUint8(3), view.getUint8(4 + length)]).deep.equals([0xa5, 0xa5]);
      }),
    );
  });
});
