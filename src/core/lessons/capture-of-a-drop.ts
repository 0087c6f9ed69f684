/** Makes the capture of lesson 10: what the ports of a director saw while it had to drop a packet. */
import { pcapngFile } from "../capture/pcapng-file.ts";
import { factsOf } from "../explain/decode/facts.ts";
import { verdictSentence } from "../explain/sentences/sentences.ts";
import { summary } from "../explain/summary.ts";
import { VIRTUAL_ADDRESS } from "../simulator/layout.ts";
import type { Hop } from "../simulator/network.ts";
import { DROP_REASONS } from "../trace/verdict.ts";
import { isIcmpError } from "../wire/icmp.ts";
import { giveRules } from "./rules.ts";
import { Scene } from "./scene.ts";

/** A frame on a port of the director. */
export interface CapturedFrame {
  /** Place among the interfaces of director.yaml. */
  readonly port: number;
  /** Microseconds. */
  readonly time: number;
  readonly direction: "in" | "out";
  readonly bytes: Uint8Array;
  /** What became of it, or what it is, without a full stop. */
  readonly story: string;
  /** `sent`, `delivered`, ... or a reason; empty for what the director sent. */
  readonly verdict: string;
}

export interface Recording {
  readonly frames: readonly CapturedFrame[];
  /** Number of the frame that was dropped, from 1, and why. */
  readonly dropped: number;
  readonly reason: string;
  /** Number of the ICMP message about it, and the MTU that it names. */
  readonly told: number;
  readonly limit: number;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
}

const LINK_MTU = 1400;
/** Makes a request of 1500 bytes. */
const LONG_REQUEST = 1429;
const CLOSED_PORT = 8080;

const RULES = `-A -t 12.11.0.101:80 -s wrr
-a -t 12.11.0.101:80 -r 172.16.1.2:80 -m -w 2
-a -t 12.11.0.101:80 -r 172.16.1.3:80 -m -w 1
`;

const CONFIG = `interfaces:
  - name: eth0
    mac: "02:00:0c:0b:00:01"
    addresses: [12.11.0.1/24, 12.11.0.101/32]
  - name: eth1
    mac: "02:00:ac:10:01:01"
    mtu: ${LINK_MTU}
    addresses: [172.16.1.1/24]
rules: rules.ipvs
`;

/** Runs the traffic and takes it down. Each call does it anew, and comes to the same. */
export function recording(): Recording {
  const scene = new Scene("nat", { clients: 2, mtu: LINK_MTU });
  giveRules(scene.director, { rules: RULES }, "rules");
  play(scene);
  const frames = framesAt(scene);
  const dropped = frames.findIndex(({ verdict }) => DROP_REASONS.some(({ name }) => name === verdict));
  const told = frames.findIndex(({ bytes, direction }) => direction === "out" && mtuIn(bytes) > 0);
  const ports = scene.director.interfaces.map(({ name }) => ({ name }));
  return {
    frames,
    dropped: dropped + 1,
    reason: frames[dropped]?.verdict ?? "",
    told: told + 1,
    limit: mtuIn(frames[told]?.bytes ?? new Uint8Array(0)),
    files: { "wire.pcapng": pcapngFile(ports, frames), "director.yaml": CONFIG, "rules.ipvs": RULES },
  };
}

/** A short visit, one knock at a closed port, a visit with a long form, another short one. */
function play(scene: Scene): void {
  const { network, client, clients } = scene;
  scene.visitInTurn(1);
  client.tcp.connect(client.address, VIRTUAL_ADDRESS, CLOSED_PORT, {});
  network.run();
  scene.visitInTurn(1, { client: clients[1], padding: LONG_REQUEST });
  scene.visitInTurn(1);
}

/** What the director's ports saw, in the order of time; of one moment, what came in first. */
function framesAt({ network, director }: Scene): CapturedFrame[] {
  const portOf = ({ segment }: Hop): number => director.interfaces.findIndex((port) => port.segment.name === segment);
  const frames = network.hops.flatMap((hop): CapturedFrame[] => {
    const { bytes, from, time } = hop;
    if (from === director.name) {
      const story = `the director itself sent it: ${summary(bytes)}`;
      return [{ port: portOf(hop), time, direction: "out", bytes, story, verdict: "" }];
    }
    const reception = hop.receptions.find(({ host }) => host === director.name);
    if (reception === undefined) return [];
    const story = `${summary(bytes)}: ${verdictSentence(reception.events)}`;
    return [{ port: portOf(hop), time: reception.time, direction: "in", bytes, story, verdict: reception.verdict }];
  });
  return frames.toSorted((a, b) => a.time - b.time || a.direction.localeCompare(b.direction));
}

/** The MTU that an ICMP error names; 0 if it is none. */
function mtuIn(bytes: Uint8Array): number {
  const transport = factsOf(bytes)?.ip?.transport;
  return transport?.kind === "icmp" && isIcmpError(transport.type) ? transport.rest & 0xffff : 0;
}
