/** Made-up clients, where no capture is at hand: each opens a connection to each service. */

import { parseEndpoint } from "../../capture/expectation.ts";
import { type CaptureInterface, ETHERNET, type Packet } from "../../capture/packet.ts";
import { arrivingFrame, linkOf } from "../../capture/packet-place.ts";
import type { DirectorConfig } from "../../host/config/config.ts";
import { type MadeUpPacket, plainPacket } from "../../packet/made-up-packet.ts";
import { type Address, AF_INET, ipv4, parseAddress } from "../../wire/address.ts";
import { ACK } from "../../wire/tcp.ts";
import { ruleLines } from "../rules.ts";

/** 198.18.0.0/15 is for benchmarks (RFC 2544), 2001:db8::/32 for documentation (RFC 3849). */
const FIRST_CLIENT = 0xc612_0001;
const FIRST_IPV6_CLIENT = parseAddress("2001:db8:c11e::1");
/** Microseconds from one packet to the next. */
const STEP = 1000;

interface Target {
  readonly protocol: "tcp" | "udp";
  readonly address: Address;
  readonly port: number;
}

/** The services of rules: those of TCP and UDP, each once. */
function targetsOf(config: DirectorConfig): Target[] {
  const targets = new Map<string, Target>();
  for (const line of ruleLines(config.rules)) {
    const [, option = "", service = ""] = /^-A\s.*?(-t|-u|--tcp-service|--udp-service)[\s=]+(\S+)/.exec(line) ?? [];
    const end = parseEndpoint(service);
    if (end?.port === undefined) continue;
    const protocol = option.includes("u") ? "udp" : "tcp";
    targets.set(`${protocol} ${service}`, { protocol, address: end.address, port: end.port === 0 ? 80 : end.port });
  }
  return [...targets.values()];
}

/** SYN and ACK of each client to each TCP service, a datagram to each UDP service, client after client. */
export function* population(config: DirectorConfig, clients: number): Generator<Packet> {
  const targets = targetsOf(config);
  let record = 0;
  for (let client = 0; client < clients; client++)
    for (const target of targets)
      for (const packet of packetsOf(target, client)) {
        const dev = linkOf(config, target.address) ?? config.interfaces[0];
        if (dev === undefined) return;
        const bytes = arrivingFrame(config, dev.name, packet);
        yield packetOf({ index: 0, name: dev.name, linkType: ETHERNET, snapLength: 0 }, bytes, ++record);
      }
}

function packetsOf({ protocol, address, port }: Target, client: number): MadeUpPacket[] {
  const source = address.family === AF_INET ? ipv4(FIRST_CLIENT + client) : ipv6Client(client);
  // Clients choose their ports as they like.
  const sourcePort = 1024 + ((client * 40_503) % 64_000);
  const first = plainPacket({ protocol, source, sourcePort, destination: address, destinationPort: port });
  return protocol === "udp" ? [first] : [first, { ...first, flags: ACK, sequence: 1001, acknowledgement: 1 }];
}

function ipv6Client(client: number): Address {
  const { family, words } = FIRST_IPV6_CLIENT ?? ipv4(0);
  return { family, words: [words[0], words[1], words[2], words[3] + client] };
}

const packetOf = (port: CaptureInterface, bytes: Uint8Array, record: number): Packet => ({
  interface: port,
  time: record * STEP,
  nanoseconds: 0,
  timestamped: true,
  bytes,
  originalLength: bytes.length,
  direction: "in",
  offset: 0,
  record,
});
