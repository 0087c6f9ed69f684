/** Frames of established clients, made quickly: a batch of them is used again and again. */
import { type Address, ANY_IPV6, parseIpv6 } from "../src/core/wire/address.ts";
import { AddressTable } from "../src/core/wire/address-table.ts";
import { difference16, difference32, fold, pseudoHeaderSum, sum, updated } from "../src/core/wire/checksum.ts";
import { writeMac } from "../src/core/wire/ethernet.ts";
import { Frame } from "../src/core/wire/frame.ts";
import { writeIpv4 } from "../src/core/wire/ipv4.ts";
import { writeIpv6 } from "../src/core/wire/ipv6.ts";

export const VIP = 0xc0a80064;
export const VIP6 = "fd00:1::100";
const DIRECTOR_MAC = 0x0200_0000_0164;
const START = 64;
export const ACK = 0x10;
export const SYN = 0x02;

export const ipv6Address = (text: string): Address => parseIpv6(text) ?? ANY_IPV6;

/** Clients: 60,000 ports each, addresses from 16.0.0.1 up. */
const clientAddress = (index: number): number => 0xcb007101 + Math.floor(index / 60_000);
const clientPort = (index: number): number => 1024 + (index % 60_000);

/** A request of a client's, in a frame that is used again. */
export interface Request {
  readonly frame: Frame;
  /** Makes it the request of this connection; borrowed. */
  point(index: number, flags: number): Frame;
}

/** A 60-byte request from client 0, with the checksums of an ACK; `point` makes it another client's. */
export class Ipv4Request implements Request {
  readonly frame = new Frame(new Uint8Array(256), START, START + 60);
  readonly #bytes = new Uint8Array(64);
  readonly #words: BigUint64Array;
  readonly #source: BigUint64Array;
  #ipCheck = 0;
  #tcpCheck = 0;

  constructor() {
    const { view, network } = this.frame;
    writeMac(view, START, DIRECTOR_MAC);
    writeMac(view, START + 6, 0x0200_0000_0101);
    view.setUint16(START + 12, 0x0800);
    writeIpv4(view, network, {
      tos: 0,
      length: 46,
      identification: 7,
      fragment: 0x4000,
      ttl: 64,
      protocol: 6,
      source: 0,
      destination: VIP,
    });
    view.setUint16(network + 22, 80);
    view.setUint32(network + 24, 1000);
    view.setUint8(network + 32, 0x50);
    view.setUint8(network + 33, ACK);
    const pseudo = pseudoHeaderSum(0, VIP, 6, 26);
    view.setUint16(network + 36, ~fold(sum(view, network + 20, 26) + pseudo) & 0xffff);
    this.#ipCheck = view.getUint16(network + 10);
    this.#tcpCheck = view.getUint16(network + 36);
    this.#source = new BigUint64Array(this.#bytes.buffer);
    this.#words = new BigUint64Array(this.frame.bytes.buffer, START, 8);
    this.#source.set(this.#words);
  }

  point(index: number, flags: number): Frame {
    const { frame } = this;
    const { view } = frame;
    frame.reset(START, START + 60);
    this.#words.set(this.#source);
    const address = clientAddress(index);
    const port = clientPort(index);
    const network = START + 14;
    view.setUint32(network + 12, address);
    view.setUint16(network + 20, port);
    const addresses = difference32(0, address);
    view.setUint16(network + 10, updated(this.#ipCheck, addresses));
    view.setUint16(network + 36, updated(this.#tcpCheck, addresses + difference16(0, port)));
    if (flags !== ACK) this.#refinish(flags);
    return frame;
  }

  #refinish(flags: number): void {
    const { view, network } = this.frame;
    view.setUint8(network + 33, flags);
    view.setUint16(network + 36, 0);
    const pseudo = pseudoHeaderSum(view.getUint32(network + 12), VIP, 6, 26);
    view.setUint16(network + 36, ~fold(sum(view, network + 20, 26) + pseudo) & 0xffff);
  }
}

/** The same in IPv6, 80 bytes: client fd00:9::n. */
export class Ipv6Request implements Request {
  readonly frame = new Frame(new Uint8Array(256), START, START + 80);
  readonly #sources: Readonly<Record<number, Uint8Array>>;

  constructor() {
    this.#sources = { [SYN]: this.#made(SYN), [ACK]: this.#made(ACK) };
  }

  #made(flags: number): Uint8Array {
    const { view, network } = this.frame;
    const addresses = new AddressTable();
    writeMac(view, START, DIRECTOR_MAC);
    writeMac(view, START + 6, 0x0200_0000_0101);
    view.setUint16(START + 12, 0x86dd);
    writeIpv6(view, network, { trafficClass: 0, flowLabel: 0, length: 26, nextHeader: 6, hopLimit: 64 });
    addresses.write(view, network + 8, addresses.of(ipv6Address("fd00:9::")));
    addresses.write(view, network + 24, addresses.of(ipv6Address(VIP6)));
    view.setUint16(network + 42, 80);
    view.setUint32(network + 44, 1000);
    view.setUint8(network + 52, 0x50);
    view.setUint8(network + 53, flags);
    view.setUint16(network + 56, 0);
    const pseudo = sum(view, network + 8, 32) + 6 + 26;
    view.setUint16(network + 56, ~fold(sum(view, network + 40, 26) + pseudo) & 0xffff);
    return this.frame.contents().slice();
  }

  point(index: number, flags: number): Frame {
    const { frame } = this;
    const { view } = frame;
    frame.reset(START, START + 80);
    frame.bytes.set(this.#sources[flags] ?? NO_BYTES, START);
    const address = clientAddress(index);
    const port = clientPort(index);
    const network = START + 14;
    view.setUint32(network + 20, address);
    view.setUint16(network + 40, port);
    const change = difference32(0, address) + difference16(0, port);
    view.setUint16(network + 56, updated(view.getUint16(network + 56), change));
    return frame;
  }
}

const NO_BYTES = new Uint8Array();
