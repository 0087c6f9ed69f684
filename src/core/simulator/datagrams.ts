/** UDP and ping of a simulated host: a question, and an answer or none. */
import type { Appointment } from "../time/agenda.ts";
import { type Address, AF_INET, sameAddress } from "../wire/address.ts";
import { checksum } from "../wire/checksum.ts";
import type { Frame } from "../wire/frame.ts";
import { ECHO_REPLY, ECHO_REQUEST, ICMP_CHECKSUM, ICMP_HEADER, ICMP_REST, ICMP_TYPE } from "../wire/icmp.ts";
import { ICMPV6_ECHO_REPLY, ICMPV6_ECHO_REQUEST } from "../wire/icmpv6.ts";
import { PROTOCOL_ICMP, PROTOCOL_UDP } from "../wire/ipv4.ts";
import { PROTOCOL_ICMPV6 } from "../wire/ipv6.ts";
import { finishIcmpv6, transportSum } from "../wire/network.ts";
import { UDP_CHECKSUM, UDP_HEADER, UDP_LENGTH } from "../wire/udp.ts";
import { destinationOf, flowLabelOf, newPacket, sourceOf } from "./packet.ts";

/** How a question by UDP or ping ended. `from` is who answered; `unreachable` names the ICMP error. */
export type AnswerEnd =
  | { readonly kind: "answered"; readonly from: Address; readonly data: Uint8Array }
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
const FIRST_EPHEMERAL_PORT = 50_000;

interface Question {
  readonly protocol: number;
  /** Local port, or identifier of a ping. */
  readonly key: number;
  readonly remoteAddress: Address;
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
  ask(source: Address, destination: Address, port: number, data: Uint8Array, done: (end: AnswerEnd) => void): void {
    const localPort = this.#port++;
    this.#await(PROTOCOL_UDP, localPort, destination, port, done);
    this.#sendUdp(source, localPort, destination, port, data);
  }

  /** Sends an echo request and waits 5 s for the reply. */
  ping(source: Address, destination: Address, data: Uint8Array, done: (end: AnswerEnd) => void): void {
    const identifier = this.#ping++;
    const isIpv4 = source.family === AF_INET;
    const protocol = isIpv4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6;
    this.#await(protocol, identifier, destination, 0, done);
    const packet = this.#packet(source, destination, protocol, ICMP_HEADER + data.length, flowLabelOf(identifier, 0));
    const { view, transport: at } = packet;
    view.setUint8(at + ICMP_TYPE, isIpv4 ? ECHO_REQUEST : ICMPV6_ECHO_REQUEST);
    view.setUint32(at + ICMP_REST, identifier * 0x10000 + 1);
    packet.bytes.set(data, at + ICMP_HEADER);
    if (isIpv4) view.setUint16(at + ICMP_CHECKSUM, checksum(view, at, ICMP_HEADER + data.length));
    else finishIcmpv6(packet);
    this.#host.originate(packet);
  }

  #await(
    protocol: number,
    key: number,
    remoteAddress: Address,
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

  #find(protocol: number, key: number, remoteAddress: Address, remotePort: number): Question | undefined {
    return [...this.#questions].find(
      (question) =>
        question.protocol === protocol &&
        question.key === key &&
        sameAddress(question.remoteAddress, remoteAddress) &&
        question.remotePort === remotePort,
    );
  }

  /** Whether a question or a service takes the datagram; the host tells the sender of what nobody takes. */
  deliverUdp(frame: Frame): boolean {
    const { view, transport: at } = frame;
    const length = frame.end - at < UDP_HEADER ? 0 : view.getUint16(at + UDP_LENGTH);
    if (length < UDP_HEADER || at + length > frame.end) return true;
    const [source, port] = [sourceOf(frame), view.getUint16(at)];
    const [destination, localPort] = [destinationOf(frame), view.getUint16(at + 2)];
    if (view.getUint16(at + UDP_CHECKSUM) !== 0 && transportSum(frame) !== 0xffff) return true;
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
    const { view, transport: at, protocol } = frame;
    const reply = protocol === PROTOCOL_ICMP ? ECHO_REPLY : ICMPV6_ECHO_REPLY;
    if (frame.end - at < ICMP_HEADER || view.getUint8(at + ICMP_TYPE) !== reply) return false;
    const from = sourceOf(frame);
    const question = this.#find(protocol, view.getUint16(at + ICMP_REST), from, 0);
    if (question === undefined) return false;
    this.#conclude(question, { kind: "answered", from, data: frame.bytes.slice(at + ICMP_HEADER, frame.end) });
    return true;
  }

  /** An ICMP error about a question of ours. */
  unreachable(protocol: number, key: number, remoteAddress: Address, remotePort: number, icmp: string): void {
    const question = this.#find(protocol, key, remoteAddress, remotePort);
    if (question !== undefined) this.#conclude(question, { kind: "unreachable", icmp });
  }

  #sendUdp(source: Address, port: number, destination: Address, destinationPort: number, data: Uint8Array): void {
    const length = UDP_HEADER + data.length;
    const packet = this.#packet(source, destination, PROTOCOL_UDP, length, flowLabelOf(port, destinationPort));
    const { view, transport: at } = packet;
    view.setUint16(at, port);
    view.setUint16(at + 2, destinationPort);
    view.setUint16(at + UDP_LENGTH, length);
    packet.bytes.set(data, at + UDP_HEADER);
    view.setUint16(at + UDP_CHECKSUM, ~transportSum(packet) & 0xffff || 0xffff);
    // The sender cuts what is too long, and of IPv6 nobody else does.
    packet.ignoreDontFragment = true;
    this.#host.originate(packet);
  }

  #packet(source: Address, destination: Address, protocol: number, length: number, flowLabel: number): Frame {
    const identification = this.#host.identification();
    return newPacket({ source, destination, protocol, length, identification, fragment: 0, flowLabel });
  }
}
