/** Networks of both families in one trie, against a look at each of them. */
import { expect } from "chai";
import fc from "fast-check";
import { around, PrefixTrie } from "../../../src/core/host/prefix-trie.ts";
import { type Address, AF_INET, AF_INET6, longestPrefix } from "../../../src/core/wire/address.ts";
import { AddressTable, familyOf } from "../../../src/core/wire/address-table.ts";

/** Words of which many begin alike. */
const word = fc.oneof(
  fc.constantFrom(0, 0x20010db8, 0xfe800000, 0xffffffff, 0xe0000001),
  fc.nat(3),
  fc.nat(0xffffffff),
);
const address: fc.Arbitrary<Address> = fc.oneof(
  word.map((first) => ({ family: AF_INET, words: [first, 0, 0, 0] }) as const),
  fc.tuple(word, word, word, word).map((words) => ({ family: AF_INET6, words }) as const),
);
const network = address.chain((drawn) =>
  fc.nat(longestPrefix(drawn.family)).map((prefix) => ({ address: drawn, prefix })),
);

describe("a trie of networks", () => {
  it("finds the networks that an address is in, the longest first, as a look at all of them does", () => {
    fc.assert(
      fc.property(fc.array(network, { maxLength: 40 }), fc.array(address, { maxLength: 10 }), (networks, asked) => {
        const addresses = new AddressTable();
        const trie = new PrefixTrie<number>(addresses);
        const all = networks.map((one, index) => {
          const handle = addresses.kept(one.address);
          return { handle, prefix: one.prefix, value: trie.at(handle, one.prefix, () => index) };
        });
        for (const target of [...asked, ...networks.map((one) => one.address)]) {
          const handle = addresses.of(target);
          const found: number[] = [];
          for (let node = trie.find(handle); node !== undefined; node = around(node)) found.push(node.value ?? -1);
          const expected = all
            .filter(
              (one) => familyOf(one.handle) === target.family && addresses.samePrefix(one.handle, handle, one.prefix),
            )
            .sort((a, b) => b.prefix - a.prefix)
            .map(({ value }) => value);
          expect(found).to.deep.equal([...new Set(expected)]);
        }
      }),
    );
  });

  it("a network is there once, and the value that it got first is its own", () => {
    const addresses = new AddressTable();
    const trie = new PrefixTrie<string>(addresses);
    expect(trie.find(0x0a000001)).to.equal(undefined);
    expect(trie.at(0x0a000000, 8, () => "first")).to.equal("first");
    expect(trie.at(0x0a636363, 8, () => "second")).to.equal("first");
    expect(trie.find(0x0affffff)?.value).to.equal("first");
    expect(trie.find(0x0b000000)).to.equal(undefined);
  });
});
