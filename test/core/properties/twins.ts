/** Two labs that hear and are told the same, one of which walks every packet; whatever they do must be the same. */
import { expect } from "chai";
import { runIpvsadm, wordsOf } from "../../../src/core/control/interpreter.ts";
import { Frame } from "../../../src/core/wire/frame.ts";
import { DIRECTOR_MACS, Lab, type LabOptions, macOf, sourceOf } from "../../support/lab.ts";
import { ethernet, type Packet } from "../../support/packet.ts";
import type { Seen } from "../../support/seen.ts";
import { stateOf } from "../../support/state.ts";

export class Twins {
  readonly fast: Lab;
  readonly walked: Lab;

  constructor(options: LabOptions) {
    this.fast = new Lab({ ...options, silent: true });
    this.walked = new Lab({ ...options, silent: true, fastPath: false });
  }

  /** Both receive it; what both send. Who is asked for by ARP answers. */
  receive(packet: Packet | Uint8Array, port?: string, prepare?: (frame: Frame) => void): readonly Seen[] {
    const [one, other] = [this.fast, this.walked].map((made) => made.receive(packet, port, prepare));
    this.compare(`${packet}`);
    expect(one?.verdict, `${packet}`).to.equal(other?.verdict);
    const sent = this.sameFrames(`${packet}`, one?.sent ?? [], other?.sent ?? []);
    return sent.flatMap((seen) => (isArpRequest(seen) ? this.answerArp(seen) : [seen]));
  }

  /** Frames arrive on one port: together at the one, each alone at the other. */
  receiveTogether(packets: readonly Packet[], port: string): void {
    const frames = (): Frame[] =>
      packets.map((packet) => Frame.of(ethernet(DIRECTOR_MACS[port] ?? "", macOf(sourceOf(packet)), packet)));
    const { fast, walked } = this;
    const ifindex = fast.director.ifindexOf(port);
    for (const one of [fast, walked]) one.collect();
    fast.director.receiveAll(frames(), packets.length, ifindex, fast.now);
    for (const frame of frames()) walked.director.receive(frame, ifindex, walked.now);
    const what = packets.join(" and ");
    this.compare(what);
    this.sameFrames(what, fast.collect(), walked.collect());
  }

  wait(seconds: number): void {
    const [one = [], other = []] = [this.fast, this.walked].map((made) => made.wait(seconds));
    for (const seen of this.sameFrames(`${seconds} s`, one, other)) if (isArpRequest(seen)) this.answerArp(seen);
    this.compare(`${seconds} s pass`);
  }

  /** A command, done or refused. */
  ipvsadm(line: string): void {
    const [one, other] = [this.fast, this.walked].map(({ director }) =>
      runIpvsadm(wordsOf(line), { server: director.server }),
    );
    expect(one, line).to.deep.equal(other);
  }

  sysctl(name: string, value: number): void {
    for (const { director } of [this.fast, this.walked]) director.setSysctl(name, value);
  }

  /** A station says which MAC address it has. */
  arp(operation: number, station: string, mac: string, port: string, to: string): readonly Seen[] {
    const quad = (address: string): number[] => address.split(".").map(Number);
    const pairs = (text: string): number[] => text.split(":").map((pair) => Number.parseInt(pair, 16));
    const own = DIRECTOR_MACS[port] ?? "";
    const message = [0, 1, 8, 0, 6, 4, 0, operation, ...pairs(mac), ...quad(station), ...pairs(own), ...quad(to)];
    const bytes = ethernet(own, mac, Uint8Array.from(message), 0x0806);
    const [one, other] = [this.fast, this.walked].map((made) => made.receiveFrame(bytes, port));
    this.compare(`ARP of ${station}`);
    return this.sameFrames(`ARP of ${station}`, one?.sent ?? [], other?.sent ?? []);
  }

  answerArp({ port, bytes }: Seen): readonly Seen[] {
    const quad = (at: number): string => bytes.subarray(at, at + 4).join(".");
    return this.arp(2, quad(38), macOf(quad(38)), port, quad(28));
  }

  sameFrames(what: string, one: readonly Seen[], other: readonly Seen[]): readonly Seen[] {
    const text = ({ port, bytes, checksumStart, segmentSize }: Seen): string =>
      `${port} ${Buffer.from(bytes).toString("hex")} ${checksumStart} ${segmentSize}`;
    expect(one.map(text), `sent because of ${what}`).to.deep.equal(other.map(text));
    return one;
  }

  compare(what: string): void {
    const [one, other] = [stateOf(this.fast.director), stateOf(this.walked.director)];
    if (one.join("\n") !== other.join("\n")) expect(one, `after ${what}`).to.deep.equal(other);
  }
}

const isArpRequest = ({ etherType, bytes }: Seen): boolean => etherType === 0x0806 && bytes[21] === 1;
