/** The words of a packet, one after the other, and the values that they can be. */
import { type Address, AF_INET6, parseAddress, parseMac } from "../wire/address.ts";
import { macNumber } from "../wire/ethernet.ts";
import { DONT_FRAGMENT, MORE_FRAGMENTS } from "../wire/ipv4.ts";
import { ipOptionArgument, ipOptionBytes } from "./ip-option-words.ts";
import { type MadeUpPacket, PacketError } from "./made-up-packet.ts";
import { bytesOf } from "./words.ts";

/** Bytes of data that a packet can have. */
export const LARGEST_DATA = 65_000;
/** Of TCP and of IPv4 alike. */
const MOST_OPTIONS = 40;

/** Each value is taken with the words that it consists of; what it is not throws PacketError. */
export class WordReader {
  readonly #words: readonly string[];
  #at = 0;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#words.length;
  }

  next(): string | undefined {
    return this.#words[this.#at++];
  }

  /** An error about the word at `offset` from the next one. */
  expected(what: string, offset = 0): PacketError {
    const place = this.#at + offset;
    const word = this.#words[place];
    return new PacketError(
      word === undefined ? `expected ${what} behind the last word` : `word ${place + 1}, "${word}": expected ${what}`,
    );
  }

  number(most: number, what: string): number {
    const value = readNumber(this.next() ?? "");
    if (value === undefined || value > most) throw this.expected(`${what}, 0 to ${most}`, -1);
    return value;
  }

  device(): string {
    const name = this.next();
    if (name === undefined) throw this.expected("the name of an interface", -1);
    return name;
  }

  mac(): number {
    const mac = parseMac(this.next() ?? "");
    if (mac === undefined) throw this.expected("a MAC address such as 02:00:00:00:01:64", -1);
    return macNumber(mac);
  }

  linkLayer(): MadeUpPacket["linkLayer"] {
    const word = this.#words[this.#at];
    if (word !== "none" && word !== "own") return this.mac();
    this.#at++;
    return word;
  }

  target(): Address {
    const address = parseAddress(this.next() ?? "");
    if (address?.family !== AF_INET6) throw this.expected("the address that it is about, such as 2001:db8::1", -1);
    return address;
  }

  get isBytesNext(): boolean {
    return /^(0x|")/i.test(this.#words[this.#at] ?? "");
  }

  data(): Uint8Array {
    const bytes = bytesOf(this.next() ?? "");
    if (bytes === undefined || bytes.length > LARGEST_DATA)
      throw this.expected('a text in quotes such as "PASV\\r\\n", or hexadecimal digits such as 0x0d0a', -1);
    return bytes;
  }

  /** Options of a header in bytes, such as `example`. */
  options(example: string): Uint8Array {
    const bytes = bytesOf(this.next() ?? "");
    if (bytes === undefined || bytes.length % 4 !== 0 || bytes.length > MOST_OPTIONS)
      throw this.expected(`options as hexadecimal digits, such as ${example}, four bytes or more`, -1);
    return bytes;
  }

  ipOption(name: string): Uint8Array {
    const argument = ipOptionArgument(name);
    const bytes = ipOptionBytes(name, argument === undefined ? "" : (this.next() ?? ""));
    if (bytes === undefined) throw this.expected(argument ?? "", -1);
    return bytes;
  }

  /** `1480`, `0+`, into the flags and the offset as a header has them; DF stays. */
  fragment(before: number): number {
    const word = this.next() ?? "";
    const more = word.endsWith("+");
    const offset = readNumber(more ? word.slice(0, -1) : word);
    if (offset === undefined || offset % 8 !== 0 || offset > 65_528)
      throw this.expected("an offset in bytes, a multiple of 8, and + if more follow", -1);
    return (before & DONT_FRAGMENT) | (offset / 8) | (more ? MORE_FRAGMENTS : 0);
  }

  /** `2 of 1480`. */
  piece(): { readonly number: number; readonly size: number } {
    const number = this.number(0xffff, "the number of a piece, from 1");
    if (number === 0) throw this.expected("the number of a piece, from 1", -1);
    if (this.next() !== "of") throw this.expected("of, and how many bytes each piece carries", -1);
    const size = this.number(65_528, "the bytes that each piece carries");
    if (size === 0 || size % 8 !== 0) throw this.expected("bytes that are a multiple of 8", -1);
    return { number, size };
  }
}

/** A whole number, decimal or hexadecimal behind 0x; `undefined` for anything else. */
export function readNumber(text: string): number | undefined {
  return /^(\d{1,10}|0x[0-9a-f]{1,8})$/i.test(text) ? Number(text) : undefined;
}
