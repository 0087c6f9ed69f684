/** UDP and ping of a simulated host: a question, and an answer or none. */
import type { Appointment } from "../time/agenda.ts";
import { checksum, fold, pseudoHeaderSum, sum } from "../wire/checksum.ts";
import { ETHERNET_HEADER } from "../wire/ethernet.ts";
import { Frame } from "../wire/frame.ts";
import { ECHO_REPLY, ECHO_REQUEST, ICMP_CHECKSUM, ICMP_HEADER, ICMP_REST, ICMP_TYPE } from "../wire/icmp.ts";
import {
  headerLength,
  IPV4_DESTINATION,
  IPV4_HEADER,
  IPV4_SOURCE,
  PROTOCOL_ICMP,
  PROTOCOL_UDP,
  writeIpv4,
} from "../wire/ipv4.ts";
import { UDP_CHECKSUM, UDP_HEADER, UDP_LENGTH } from "../wire/udp.ts";

/** How a question by UDP or ping ended. `from` is who answered; `unreachable` names the ICMP error. */
export type AnswerEnd =
  | { readonly kind: "answered"; readonly from: number; readonly data: Uint8Array }
  | { readonly kind: "unreachable"; readonly icmp: string }
  | { readonly kind: "timed-out" };

/** What a question asks of its host. */
export interface DatagramHost {
  originate(packet: Frame): void;
  identification(): number;
  after(delay: number, run: () => void): Appointment;
  cancel(appointment: Appointment | undefined): void;
}

/** A question waits this long, in microseconds. */
const PATIENCE = 5_000_000;
const TTL = 64;
const FIRST_EPHEMERAL_PORT = 50_000;

interface Question {
  readonly protocol: number;
  /** Local port, or identifier of a ping. */
  readonly key: number;
  readonly remoteAddress: number;
  readonly remotePort: number;
  readonly timer: Appointment;
  readonly done: (end: AnswerEnd) => void;
}

/** The answer to a datagram's data; `undefined` for none. */
export type UdpService = (data: Uint8Array) => Uint8Array | undefined;

export class Datagrams {
  readonly #host: DatagramHost;
  readonly #services = new Map<number, UdpService>();
  readonly #questions = new Set<Question>();
  #port = FIRST_EPHEMERAL_PORT;
  #ping = 1;

  constructor(host: DatagramHost) {
    this.#host = host;
  }

  /** Serves a UDP port on all addresses of the host. */
  listen(port: number, service: UdpService): void {
    this.#services.set(port, service);
  }

  /** Sends a datagram and waits 5 s for the answer from where it went. */
  ask(source: number, destination: number, port: number, data: Uint8Array, done: (end: AnswerEnd) => void): void {
    const localPort = this.#port++;
    this.#await(PROTOCOL_UDP, localPort, destination, port, done);
    this.#sendUdp(source, localPort, destination, port, data);
  }

  /** Sends an echo request and waits 5 s for the reply. */
  ping(source: number, destination: number, data: Uint8Array, done: (end: AnswerEnd) => void): void {
    const identifier = this.#ping++;
    this.#await(PROTOCOL_ICMP, identifier, destination, 0, done);
    const packet = this.#packet(source, destination, PROTOCOL_ICMP, ICMP_HEADER + data.length);
    const at = packet.network + IPV4_HEADER;
    packet.view.setUint8(at + ICMP_TYPE, ECHO_REQUEST);
    packet.view.setUint32(at + ICMP_REST, identifier * 0x10000 + 1);
    packet.bytes.set(data, at + ICMP_HEADER);
    packet.view.setUint16(at + ICMP_CHECKSUM, checksum(packet.view, at, ICMP_HEADER + data.length));
    this.#host.originate(packet);
  }

  #await(
    protocol: number,
    key: number,
    remoteAddress: number,
    remotePort: number,
    done: (end: AnswerEnd) => void,
  ): void {
    const timer = this.#host.after(PATIENCE, () => this.#conclude(question, { kind: "timed-out" }));
    const question: Question = { protocol, key, remoteAddress, remotePort, timer, done };
    this.#questions.add(question);
  }

  #conclude(question: Question, end: AnswerEnd): void {
    if (!this.#questions.delete(question)) return;
    this.#host.cancel(question.timer);
    question.done(end);
  }

  #find(protocol: number, key: number, remoteAddress: number, remotePort: number): Question | undefined {
    return [...this.#questions].find(
      (question) =>
        question.protocol === protocol &&
        question.key === key &&
        question.remoteAddress === remoteAddress &&
        question.remotePort === remotePort,
    );
  }

  /** Whether a question or a service takes the datagram; the host tells the sender of what nobody takes. */
  deliverUdp(frame: Frame): boolean {
    const { view, network } = frame;
    const at = network + headerLength(view, network);
    const length = frame.end - at < UDP_HEADER ? 0 : view.getUint16(at + UDP_LENGTH);
    if (length < UDP_HEADER || at + length > frame.end) return true;
    const [source, port] = [view.getUint32(network + IPV4_SOURCE), view.getUint16(at)];
    const [destination, localPort] = [view.getUint32(network + IPV4_DESTINATION), view.getUint16(at + 2)];
    const pseudo = pseudoHeaderSum(source, destination, PROTOCOL_UDP, length);
    if (view.getUint16(at + UDP_CHECKSUM) !== 0 && fold(sum(view, at, length) + pseudo) !== 0xffff) return true;
    const data = frame.bytes.slice(at + UDP_HEADER, at + length);
    const question = this.#find(PROTOCOL_UDP, localPort, source, port);
    if (question !== undefined) {
      this.#conclude(question, { kind: "answered", from: source, data });
      return true;
    }
    const service = this.#services.get(localPort);
    const answer = service?.(data);
    if (answer !== undefined) this.#sendUdp(destination, localPort, source, port, answer);
    return service !== undefined;
  }

  /** An echo reply; false if nobody waits for it. */
  deliverEcho(frame: Frame): boolean {
    const { view, network } = frame;
    const at = network + headerLength(view, network);
    if (frame.end - at < ICMP_HEADER || view.getUint8(at + ICMP_TYPE) !== ECHO_REPLY) return false;
    const from = view.getUint32(network + IPV4_SOURCE);
    const question = this.#find(PROTOCOL_ICMP, view.getUint16(at + ICMP_REST), from, 0);
    if (question === undefined) return false;
    this.#conclude(question, { kind: "answered", from, data: frame.bytes.slice(at + ICMP_HEADER, frame.end) });
    return true;
  }

  /** An ICMP error about a question of ours. */
  unreachable(protocol: number, key: number, remoteAddress: number, remotePort: number, icmp: string): void {
    const question = this.#find(protocol, key, remoteAddress, remotePort);
    if (question !== undefined) this.#conclude(question, { kind: "unreachable", icmp });
  }

  #sendUdp(source: number, port: number, destination: number, destinationPort: number, data: Uint8Array): void {
    const length = UDP_HEADER + data.length;
    const packet = this.#packet(source, destination, PROTOCOL_UDP, length);
    const { view } = packet;
    const at = packet.network + IPV4_HEADER;
    view.setUint16(at, port);
    view.setUint16(at + 2, destinationPort);
    view.setUint16(at + UDP_LENGTH, length);
    packet.bytes.set(data, at + UDP_HEADER);
    const check = ~fold(sum(view, at, length) + pseudoHeaderSum(source, destination, PROTOCOL_UDP, length)) & 0xffff;
    view.setUint16(at + UDP_CHECKSUM, check || 0xffff);
    this.#host.originate(packet);
  }

  #packet(source: number, destination: number, protocol: number, length: number): Frame {
    const packet = Frame.allocate(ETHERNET_HEADER + IPV4_HEADER + length);
    writeIpv4(packet.view, packet.network, {
      tos: 0,
      length: IPV4_HEADER + length,
      identification: this.#host.identification(),
      fragment: 0,
      ttl: TTL,
      protocol,
      source,
      destination,
    });
    return packet;
  }
}
