/** A capture to measure with: what arrives at a director by NAT from many clients and from its real servers, both directions. */
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { PcapWriter } from "../../src/core/capture/pcap-writer.ts";
import { fold, pseudoHeaderSum, sum } from "../../src/core/wire/checksum.ts";
import { writeMac } from "../../src/core/wire/ethernet.ts";
import { writeIpv4 } from "../../src/core/wire/ipv4.ts";
import { ACK, FIN, PSH, SYN } from "../../src/core/wire/tcp.ts";

export const VIP = "10.1.0.100";
export const SERVER = "10.2.0.2";
export const VIP_PORT = 80;
export const SERVER_PORT = 8080;

const VIP_NUMBER = 0x0a010064;
const SERVER_NUMBER = 0x0a020002;
/** Clients, behind a router: so many ports of each address. */
const FIRST_CLIENT = 0x10000001;
const FIRST_PORT = 20_000;
const PORTS = 1000;

const ROUTER_MAC = 0x0200_0000_0101;
const CLIENT_SIDE_MAC = 0x0200_0000_0164;
const SERVER_SIDE_MAC = 0x0200_0000_0264;
const SERVER_MAC = 0x0200_0000_0202;

/** Headers of Ethernet, IPv4 and TCP. */
const HEADERS = 14 + 20 + 20;
const MICROSECONDS_APART = 10;
const MICROSECONDS_TO_2026 = 1_767_225_600e6;

/** The director: its neighbors are known, so that no packet waits for ARP. */
const DIRECTOR = `interfaces:
  - name: eth0
    mac: "02:00:00:00:01:64"
    addresses: [10.1.0.254/24, ${VIP}/32]
  - name: eth1
    mac: "02:00:00:00:02:64"
    addresses: [10.2.0.1/24]
routes:
  - { to: default, via: 10.1.0.1 }
neighbors:
  - { address: 10.1.0.1, mac: "02:00:00:00:01:01", dev: eth0 }
  - { address: ${SERVER}, mac: "02:00:00:00:02:02", dev: eth1 }
rules: |
  -A -t ${VIP}:${VIP_PORT} -s rr
  -a -t ${VIP}:${VIP_PORT} -r ${SERVER}:${SERVER_PORT} -m
`;

export interface Traffic {
  readonly packets: number;
  /** Bytes of each frame; those that open or close a connection have none but their headers. */
  readonly frame: number;
  readonly connections: number;
}

export function writeDirector(file: string): void {
  writeFileSync(file, DIRECTOR);
}

/** Writes a pcap file: all connections at the same time, each from its SYN to its last FIN. */
export function writeTraffic(file: string, { packets, frame, connections }: Traffic): void {
  const descriptor = openSync(file, "w");
  const sink = new Buffered((bytes) => writeSync(descriptor, bytes));
  const writer = new PcapWriter((bytes) => sink.add(bytes));
  const segment = new Segment(frame - HEADERS);
  const rounds = Math.ceil(packets / connections);
  for (let count = 0; count < packets; count++) {
    const bytes = segment.point(count % connections, stepOf(Math.floor(count / connections), rounds));
    writer.packet({ bytes, time: MICROSECONDS_TO_2026 + count * MICROSECONDS_APART });
  }
  sink.flush();
  closeSync(descriptor);
}

/** One segment of a connection: who sends it, its flags, whether it carries data. */
interface Step {
  readonly request: boolean;
  readonly flags: number;
  readonly data: boolean;
}

const OPENING: readonly Step[] = [
  { request: true, flags: SYN, data: false },
  { request: false, flags: SYN | ACK, data: false },
  { request: true, flags: ACK, data: false },
];
const CLOSING: readonly Step[] = [
  { request: true, flags: FIN | ACK, data: false },
  { request: false, flags: FIN | ACK, data: false },
  { request: true, flags: ACK, data: false },
];
const REQUEST: Step = { request: true, flags: PSH | ACK, data: true };
const REPLY: Step = { request: false, flags: PSH | ACK, data: true };

const stepOf = (round: number, rounds: number): Step =>
  OPENING[round] ?? CLOSING[round - (rounds - CLOSING.length)] ?? (round % 2 === 0 ? REPLY : REQUEST);

/** A segment that is made anew for each packet. */
class Segment {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #payload: number;
  #identification = 0;

  constructor(payload: number) {
    this.#payload = payload;
    this.#bytes = new Uint8Array(HEADERS + payload).map((_, at) => (at < HEADERS ? 0 : 97 + (at % 26)));
    this.#view = new DataView(this.#bytes.buffer);
  }

  point(connection: number, { request, flags, data }: Step): Uint8Array {
    const view = this.#view;
    const client = FIRST_CLIENT + Math.floor(connection / PORTS);
    const clientPort = FIRST_PORT + (connection % PORTS);
    const length = 20 + (data ? this.#payload : 0);
    const source = request ? client : SERVER_NUMBER;
    const destination = request ? VIP_NUMBER : client;
    writeMac(view, 0, request ? CLIENT_SIDE_MAC : SERVER_SIDE_MAC);
    writeMac(view, 6, request ? ROUTER_MAC : SERVER_MAC);
    view.setUint16(12, 0x0800);
    this.#identification = (this.#identification + 1) & 0xffff;
    writeIpv4(view, 14, {
      tos: 0,
      length: 20 + length,
      identification: this.#identification,
      fragment: 0x4000,
      ttl: 64,
      protocol: 6,
      source,
      destination,
    });
    view.setUint16(34, request ? clientPort : SERVER_PORT);
    view.setUint16(36, request ? VIP_PORT : clientPort);
    view.setUint32(38, 1000);
    view.setUint32(42, 1000);
    view.setUint16(46, 0x5000 | flags);
    view.setUint16(48, 0x7000);
    view.setUint16(50, 0);
    view.setUint16(50, ~fold(sum(view, 34, length) + pseudoHeaderSum(source, destination, 6, length)) & 0xffff);
    return this.#bytes.subarray(0, 14 + 20 + length);
  }
}

/** Many small writes in one call. */
class Buffered {
  readonly #write: (bytes: Uint8Array) => void;
  readonly #bytes = new Uint8Array(1024 * 1024);
  #length = 0;

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  add(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) this.flush();
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  flush(): void {
    this.#write(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
  }
}
