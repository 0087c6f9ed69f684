/**
 * Values by networks of both families; the longest network that an address is in is found in as many steps as networks branch,
 * however many there are. A path-compressed binary trie, as the kernel's are (net/ipv4/fib_trie.c, net/ipv6/ip6_fib.c).
 *
 * A node tests one bit, the first behind its prefix, and most are passed without a look at anything else: an address is
 * compared with the one network that it ends at, and the networks around that one are known by how many bits they have in common.
 */
import { AF_INET } from "../wire/address.ts";
import { type AddressHandle, type AddressTable, familyOf } from "../wire/address-table.ts";

/** A network: one that was put in, or where two of them part. */
export interface PrefixNode<Value> {
  /** Kept by whoever put a network in that begins so. */
  readonly network: AddressHandle;
  readonly prefix: number;
  /** `undefined` if nobody put this network in. */
  value: Value | undefined;
  /** The network around this one. */
  parent: PrefixNode<Value> | undefined;
  zero: PrefixNode<Value> | undefined;
  one: PrefixNode<Value> | undefined;
}

export class PrefixTrie<Value> {
  readonly #addresses: AddressTable;
  #ipv4: PrefixNode<Value> | undefined;
  #ipv6: PrefixNode<Value> | undefined;

  constructor(addresses: AddressTable) {
    this.#addresses = addresses;
  }

  /** The longest network with a value that an address is in; `around` tells of the others. */
  find(address: AddressHandle): PrefixNode<Value> | undefined {
    const addresses = this.#addresses;
    const end = this.#endOf(address);
    if (end === undefined) return undefined;
    const common = addresses.commonPrefix(address, end.network);
    let node: PrefixNode<Value> | undefined = end;
    while (node !== undefined && (node.prefix > common || node.value === undefined)) node = node.parent;
    return node;
  }

  /** The value of a network, which is put in with `make` if it is not there. The caller keeps the network's address. */
  at(network: AddressHandle, prefix: number, make: () => Value): Value {
    const node = this.#nodeFor(network, prefix);
    node.value ??= make();
    return node.value;
  }

  /** Where an address would stand: only the bits at which networks part are looked at. */
  #endOf(address: AddressHandle): PrefixNode<Value> | undefined {
    const isIpv4 = familyOf(address) === AF_INET;
    let node = isIpv4 ? this.#ipv4 : this.#ipv6;
    // The last bit has nothing behind it.
    const last = isIpv4 ? 32 : 128;
    while (node !== undefined && node.prefix < last) {
      const next: PrefixNode<Value> | undefined = this.#isSet(address, node.prefix) ? node.one : node.zero;
      if (next === undefined) break;
      node = next;
    }
    return node;
  }

  #isSet(address: AddressHandle, bit: number): boolean {
    return this.#addresses.word(address, bit >>> 5) << (bit & 31) < 0;
  }

  #nodeFor(network: AddressHandle, prefix: number): PrefixNode<Value> {
    const end = this.#endOf(network);
    const common = end === undefined ? 0 : Math.min(prefix, this.#addresses.commonPrefix(network, end.network));
    // The first network on the path that is longer than what is common, and the one before it.
    let below: PrefixNode<Value> | undefined;
    let above = end;
    while (above !== undefined && above.prefix > common) {
      below = above;
      above = above.parent;
    }
    if (above?.prefix === prefix) return above;
    const made = nodeOf<Value>(network, prefix);
    if (below === undefined || common === prefix) {
      this.#hang(made, above);
      if (below !== undefined) this.#hang(below, made);
      return made;
    }
    const fork = nodeOf<Value>(network, common);
    this.#hang(fork, above);
    this.#hang(below, fork);
    this.#hang(made, fork);
    return made;
  }

  /** Hangs a node below another, or makes it the first of all. */
  #hang(node: PrefixNode<Value>, above: PrefixNode<Value> | undefined): void {
    node.parent = above;
    if (above !== undefined) {
      if (this.#isSet(node.network, above.prefix)) above.one = node;
      else above.zero = node;
    } else if (familyOf(node.network) === AF_INET) this.#ipv4 = node;
    else this.#ipv6 = node;
  }
}

/** The next shorter network with a value around a node. */
export function around<Value>(node: PrefixNode<Value>): PrefixNode<Value> | undefined {
  let next = node.parent;
  while (next !== undefined && next.value === undefined) next = next.parent;
  return next;
}

const nodeOf = <Value>(network: AddressHandle, prefix: number): PrefixNode<Value> => ({
  network,
  prefix,
  value: undefined,
  parent: undefined,
  zero: undefined,
  one: undefined,
});
