/** A frame that left the director, taken apart by the tests' own reading of the headers. */
import { AF_INET6, addressAt, formatAddress } from "../../src/core/wire/address.ts";
import { internetChecksum, pseudoHeader } from "./ones-complement.ts";

const FLAG_LETTERS = "FSRP.UEW";
const PROTOCOLS: Readonly<Record<number, string>> = { 1: "icmp", 4: "ipip", 6: "tcp", 17: "udp" };

const addressText = (bytes: Uint8Array, at: number): string => Array.from(bytes.subarray(at, at + 4)).join(".");
const ipv6Text = (bytes: Uint8Array, at: number): string =>
  formatAddress(addressAt(new DataView(bytes.buffer, bytes.byteOffset), at, AF_INET6));
const macText = (bytes: Uint8Array, at: number): string =>
  Array.from(bytes.subarray(at, at + 6), (byte) => byte.toString(16).padStart(2, "0")).join(":");

const IPV4 = 0x0800;
const IPV6 = 0x86dd;

/** Getters read fields where they ought to stand; `problem` says whether the packet is one. */
export class Seen {
  /** The port's name. */
  readonly port: string;
  readonly bytes: Uint8Array;
  /** What stood beside the bytes. */
  readonly checksumStart: number;
  readonly segmentSize: number;
  readonly segmentType: number;

  constructor(port: string, bytes: Uint8Array, checksumStart = 0, segmentSize = 0, segmentType = 0) {
    this.port = port;
    this.bytes = bytes;
    this.checksumStart = checksumStart;
    this.segmentSize = segmentSize;
    this.segmentType = segmentType;
  }

  get isIpv6(): boolean {
    return this.type === IPV6;
  }
  get to(): string {
    return macText(this.bytes, 0);
  }
  get from(): string {
    return macText(this.bytes, 6);
  }
  get type(): number {
    return this.#word(this.bytes, 12);
  }

  /** The packet of either family; of IPv6 as long as it has no extension headers. */
  get packet(): Uint8Array {
    return this.bytes.subarray(14);
  }
  get headerLength(): number {
    return this.isIpv6 ? 40 : ((this.packet[0] ?? 0) & 15) * 4;
  }
  get tos(): number {
    return this.isIpv6 ? (this.#word(this.packet, 0) >> 4) & 255 : (this.packet[1] ?? 0);
  }
  get id(): number {
    return this.#word(this.packet, 4);
  }
  get dontFragment(): boolean {
    return !this.isIpv6 && (this.#word(this.packet, 6) & 0x4000) !== 0;
  }
  get moreFragments(): boolean {
    return !this.isIpv6 && (this.#word(this.packet, 6) & 0x2000) !== 0;
  }
  /** In bytes. */
  get offset(): number {
    return this.isIpv6 ? 0 : (this.#word(this.packet, 6) & 0x1fff) * 8;
  }
  get ttl(): number {
    return this.packet[this.isIpv6 ? 7 : 8] ?? 0;
  }
  get protocol(): number {
    return this.packet[this.isIpv6 ? 6 : 9] ?? 0;
  }
  get source(): string {
    return this.isIpv6 ? ipv6Text(this.packet, 8) : addressText(this.packet, 12);
  }
  get destination(): string {
    return this.isIpv6 ? ipv6Text(this.packet, 24) : addressText(this.packet, 16);
  }

  /** What the packet carries, from the transport header on. */
  get payload(): Uint8Array {
    return this.packet.subarray(this.headerLength);
  }
  get sourcePort(): number {
    return this.#word(this.payload, 0);
  }
  get destinationPort(): number {
    return this.#word(this.payload, 2);
  }
  /** `198.51.100.1:40000 > 203.0.113.100:80`; addresses of IPv6 in brackets. */
  get ends(): string {
    const address = (text: string): string => (this.isIpv6 ? `[${text}]` : text);
    return `${address(this.source)}:${this.sourcePort} > ${address(this.destination)}:${this.destinationPort}`;
  }
  get sequence(): number {
    return this.#long(this.payload, 4);
  }
  get acknowledgement(): number {
    return this.#long(this.payload, 8);
  }
  get dataOffset(): number {
    return ((this.payload[12] ?? 0) >> 4) * 4;
  }
  get flags(): string {
    const flags = this.payload[13] ?? 0;
    return [..."SFRPUEW."].filter((letter) => (flags & (1 << FLAG_LETTERS.indexOf(letter))) !== 0).join("");
  }
  get checksum(): number {
    return this.#word(this.payload, this.protocol === 6 ? 16 : this.protocol === 17 ? 6 : 2);
  }
  /** By how much the checksum of TCP or UDP is off, in one's complement; 0 if it is right. */
  get checksumError(): number {
    const pseudo = this.#pseudoHeader();
    return (0xffff - internetChecksum(pseudo, this.payload)) % 0xffff;
  }
  get tcpOptions(): readonly number[] {
    return [...this.payload.subarray(20, this.dataOffset)];
  }
  /** Behind the transport header. */
  get data(): Uint8Array {
    return this.payload.subarray(this.protocol === 6 ? this.dataOffset : 8);
  }
  get icmpType(): number {
    return this.payload[0] ?? 0;
  }
  get icmpCode(): number {
    return this.payload[1] ?? 0;
  }
  /** The second word of an ICMP message. */
  get icmpRest(): number {
    return this.#long(this.payload, 4);
  }
  /** What an ICMP error quotes, or a tunnel carries, as if it had come in a frame of its own. */
  get inner(): Seen {
    const inside = this.protocol === 1 || this.protocol === 58 ? this.payload.subarray(8) : this.payload;
    return new Seen(this.port, Uint8Array.from([...this.bytes.subarray(0, 14), ...inside]));
  }

  /** What is wrong with the packet: lengths, then checksums. `` if nothing is. */
  problem(): string {
    const fragmented = this.offset > 0 || this.moreFragments;
    return this.headerProblem() || ((this.type !== IPV4 && !this.isIpv6) || fragmented ? "" : this.#transportProblem());
  }

  /** What is wrong with the IPv4 header alone. */
  headerProblem(): string {
    const { packet, headerLength } = this;
    if (this.isIpv6) return this.#ipv6Problem();
    if (this.type !== IPV4) return "";
    if (packet.length < 20 || headerLength < 20 || (packet[0] ?? 0) >> 4 !== 4) return "no IPv4 header";
    if (this.#word(packet, 2) !== packet.length) return `total length ${this.#word(packet, 2)} of ${packet.length}`;
    return internetChecksum(packet.subarray(0, headerLength)) === 0 ? "" : "IPv4 header checksum";
  }

  #ipv6Problem(): string {
    const { packet } = this;
    if (packet.length < 40 || (packet[0] ?? 0) >> 4 !== 6) return "no IPv6 header";
    const length = this.#word(packet, 4);
    return length === packet.length - 40 ? "" : `payload length ${length} of ${packet.length - 40}`;
  }

  #transportProblem(): string {
    const { payload, protocol } = this;
    if (protocol === 1) return payload.length < 8 || internetChecksum(payload) !== 0 ? "ICMP checksum" : "";
    if (protocol === 4) return this.inner.problem();
    if (this.isIpv6 && protocol === 58) {
      return internetChecksum(this.#pseudoHeader(), payload) === 0 ? "" : "ICMPv6 checksum";
    }
    if (protocol !== 6 && protocol !== 17) return "";
    if (payload.length < (protocol === 6 ? 20 : 8)) return "transport header cut off";
    if (protocol === 17 && this.checksum === 0 && !this.isIpv6) return "";
    const pseudo = this.#pseudoHeader();
    if (this.checksumStart !== 0) {
      // Only the pseudo header's sum is to be there, not complemented.
      return (this.checksum - (0xffff - internetChecksum(pseudo))) % 0xffff === 0 ? "" : "partial checksum";
    }
    return internetChecksum(pseudo, payload) === 0 ? "" : `${PROTOCOLS[protocol]} checksum`;
  }

  #pseudoHeader(): Uint8Array {
    const { packet, protocol, payload } = this;
    if (!this.isIpv6) return pseudoHeader(packet, protocol, payload.length);
    const length = [0, 0, payload.length >> 8, payload.length & 255];
    return Uint8Array.from([...packet.subarray(8, 40), ...length, 0, 0, 0, protocol]);
  }

  /** The datagram that these fragments of it make, in order. */
  static joined(pieces: readonly Seen[]): Seen {
    const [first] = pieces;
    if (first === undefined) throw new Error("no fragments");
    const header = first.bytes.slice(0, 14 + first.headerLength);
    const whole = Uint8Array.from([...header, ...pieces.flatMap(({ payload }) => [...payload])]);
    const packet = whole.subarray(14);
    packet.set([packet.length >> 8, packet.length & 255], 2);
    packet.set([0, 0], 6);
    packet.set([0, 0], 10);
    const check = internetChecksum(packet.subarray(0, first.headerLength));
    packet.set([check >> 8, check & 255], 10);
    return new Seen(first.port, whole);
  }

  /** For people: `eth1 198.51.100.1:40000 > 192.168.1.2:80 tcp S seq 1000 ack 0 len 0 ttl 63`. */
  toString(): string {
    if (this.type === 0x0806) return `${this.port} arp`;
    if (this.type !== IPV4 && !this.isIpv6) return `${this.port} type ${this.type.toString(16)}`;
    const kind = PROTOCOLS[this.protocol] ?? `protocol ${this.protocol}`;
    const tail = ` ttl ${this.ttl}${this.dontFragment ? " DF" : ""}`;
    if (this.offset > 0 || this.moreFragments) {
      const more = this.moreFragments ? "+" : "";
      return `${this.port} ${this.source} > ${this.destination} ${kind} fragment ${this.offset}${more}${tail}`;
    }
    if (this.protocol === 6) {
      const { flags, sequence, acknowledgement, data } = this;
      const numbers = `seq ${sequence} ack ${acknowledgement}`;
      return `${this.port} ${this.ends} tcp ${flags || "none"} ${numbers} len ${data.length}${tail}`;
    }
    if (this.protocol === 17) return `${this.port} ${this.ends} udp len ${this.data.length}${tail}`;
    const what = this.protocol === 1 ? ` ${this.icmpType}/${this.icmpCode} rest ${this.icmpRest}` : "";
    return `${this.port} ${this.source} > ${this.destination} ${kind}${what}${tail}`;
  }

  #word(bytes: Uint8Array, at: number): number {
    return (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
  }
  #long(bytes: Uint8Array, at: number): number {
    return this.#word(bytes, at) * 65536 + this.#word(bytes, at + 2);
  }
}
