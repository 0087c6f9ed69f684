/** Packets of connections that there are, by either side, as the director itself lists them; also such as no honest host sends. */
import { runIpvsadm } from "../../../../src/core/control/interpreter.ts";
import { ACK, FIN, PSH, RST, SYN } from "../../../../src/core/wire/tcp.ts";
import { addressOf, ipv4, type Payload, sctp, tcp, udp } from "../../frames.ts";
import type { Station } from "../../network.ts";
import { randomData, randomSum } from "../packets.ts";
import type { Random } from "../random.ts";
import { senderOf, type World } from "../world.ts";
import { put, wildFragments, wildHeader } from "./packets.ts";

export interface Listed {
  readonly protocol: "tcp" | "udp" | "sctp";
  readonly client: number;
  readonly clientPort: number;
  readonly virtual: number;
  readonly virtualPort: number;
  readonly server: number;
  readonly serverPort: number;
}

const LINE = /^(TCP|UDP|SCTP) +\S+ +\S+ +([\d.]+):(\d+) +([\d.]+):(\d+) +([\d.]+):(\d+)/gm;
const NAMES: Readonly<Record<string, Listed["protocol"]>> = { TCP: "tcp", UDP: "udp", SCTP: "sctp" };

/** One of the connections, templates among them; `undefined` if there is none. */
export function anyConnection({ random, stage }: World): Listed | undefined {
  const { out } = runIpvsadm(["-Lnc"], { server: stage.director.server });
  const all = [...out.matchAll(LINE)];
  const [, name = "", client = "", clientPort, virtual = "", virtualPort, server = "", serverPort] =
    all.length === 0 ? [] : random.pick(all);
  const protocol = NAMES[name];
  // Templates of marks have a number in the place of the virtual address.
  if (protocol === undefined || /^0\.0\.0\./.test(virtual)) return undefined;
  return {
    protocol,
    client: addressOf(client),
    clientPort: Number(clientPort),
    virtual: addressOf(virtual),
    virtualPort: Number(virtualPort),
    server: addressOf(server),
    serverPort: Number(serverPort),
  };
}

export type Between = { source: number; destination: number; sourcePort: number; destinationPort: number };

/** Whose packet, from where to where: the client's as it sends it or as the server gets it, the server's as it sends it or as the client gets it. */
export const between = (of: Listed, side: "request" | "forwarded" | "answer" | "translated"): Between => {
  const client = { address: of.client, port: of.clientPort };
  const virtual = { address: of.virtual, port: of.virtualPort };
  const server = { address: of.server, port: of.serverPort };
  const [from, to] = {
    request: [client, virtual],
    forwarded: [client, server],
    answer: [server, client],
    translated: [virtual, client],
  }[side] as [typeof client, typeof client];
  return { source: from.address, sourcePort: from.port, destination: to.address, destinationPort: to.port };
};

const INIT = 1;
/** Chunks in the order of a handshake, of data, and of an end; an association is taken through its states by chance. */
const CHUNKS = [1, 1, 2, 2, 10, 10, 11, 11, 0, 3, 4, 5, 6, 7, 7, 8, 8, 14, 14, 9, 12, 63, 193] as const;

const FLAGS = [SYN, ACK, SYN | ACK, PSH | ACK, FIN | ACK, RST, RST | ACK] as const;

/** What one of the ends may say, or with `opens` what begins a connection. */
export function wildPayload(random: Random, protocol: Listed["protocol"], ends: Between, opens = false): Payload {
  const sum = randomSum(random);
  const data = random.chance(0.5) ? randomData(random) : new Uint8Array();
  if (protocol === "udp") return udp({ ...ends, data, sum: random.chance(0.15) ? "none" : sum });
  if (protocol === "tcp") {
    const flags = random.chance(0.15) ? random.integer(0, 255) : random.pick(FLAGS);
    return tcp({ ...ends, data, sum, flags: opens ? SYN : flags });
  }
  const count = random.weighted([
    [6, 1],
    [2, 2],
    [0.3, 0],
    [0.3, 3],
  ]);
  const chunks = opens ? [INIT] : Array.from({ length: count }, () => random.pick(CHUNKS));
  return sctp({ ...ends, data, sum, chunks, verificationTag: random.integer(0, 3) });
}

/** Who puts a packet on the wire: the host of that address, or anybody. */
const putter = (world: World, address: number): Station =>
  world.random.chance(0.95) ? senderOf(world, address) : world.random.pick(world.network.stations);

/** The next packet of a connection from one of its ends; servers also answer as the virtual service, as by direct routing. */
export function speak(world: World): void {
  const { random } = world;
  const known = anyConnection(world);
  if (known === undefined) return;
  const side = random.weighted([
    [4, "request"],
    [4, "answer"],
    [2, "translated"],
    [0.3, "forwarded"],
  ] as const);
  const ends = between(known, side);
  const payload = wildPayload(random, known.protocol, ends);
  const by = putter(world, side === "request" || side === "forwarded" ? known.client : known.server);
  sendAs(world, by, payload);
}

/** Whole or in fragments. */
export function sendAs(world: World, by: Station, payload: Payload): void {
  const { random } = world;
  const header = wildHeader(random);
  const packets = random.chance(0.07) ? wildFragments(random, payload, header) : [ipv4(payload, header)];
  for (const packet of packets) put(world, by, packet);
}
