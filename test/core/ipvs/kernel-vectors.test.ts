/**
 * Packets that went through a running kernel 6.1.176, from the IPv4 header on: what came in, and what came out. Client
 * 10.0.1.50, virtual address 10.0.1.100, real server 10.0.2.11, director 10.0.1.1 and 10.0.2.1; MTU 1500.
 * `IIII` is an identification that the kernel draws, `CCCC` the header checksum that goes with it.
 */

import { expect } from "chai";
import { runIpvsadm, wordsOf } from "../../../src/core/control/interpreter.ts";
import { type HostConfig, prefixed } from "../../../src/core/host/config/config.ts";
import { Director } from "../../../src/core/host/director.ts";
import { REFERENCE_KERNEL } from "../../../src/core/kernel/releases.ts";
import { ipv4 as ipv4Address } from "../../../src/core/wire/address.ts";
import { Frame } from "../../../src/core/wire/frame.ts";
import { ip } from "../../support/packet.ts";

const RULES = [
  "-A -t 10.0.1.100:80 -s rr",
  "-a -t 10.0.1.100:80 -r 10.0.2.11:8080 -m",
  "-A -t 10.0.1.100:81 -s rr",
  "-a -t 10.0.1.100:81 -r 10.0.2.11 -g",
  "-A -t 10.0.1.100:82 -s rr",
  "-a -t 10.0.1.100:82 -r 10.0.2.11 -i",
  "-A -u 10.0.1.100:53 -s rr",
  "-a -u 10.0.1.100:53 -r 10.0.2.11:5353 -m",
  "-A -t 10.0.1.100:83 -s rr",
];

const mac = (last: number): Uint8Array => Uint8Array.of(2, 0, 0, 0, 0, last);
const HOST: HostConfig = {
  interfaces: [
    {
      name: "eth0",
      mac: mac(1),
      mtu: 1500,
      addresses: [prefixed(ip("10.0.1.1"), 24), prefixed(ip("10.0.1.100"), 32)],
    },
    { name: "eth1", mac: mac(2), mtu: 1500, addresses: [prefixed(ip("10.0.2.1"), 24)] },
  ],
  routes: [],
  neighbors: [
    { address: ipv4Address(ip("10.0.1.50")), mac: mac(50), dev: "eth0" },
    { address: ipv4Address(ip("10.0.2.11")), mac: mac(11), dev: "eth1" },
  ],
  marks: [],
  sysctl: {},
  kernel: REFERENCE_KERNEL,
};

const SYN_80 = "4500002812344000400612070a0001320a0001649c400050000003e80000000050022000d8d40000";
const CLIENT_SIDE = "eth0";
const SERVER_SIDE = "eth1";

/** `before` are packets of an earlier moment of the same conversation. */
interface Vector {
  readonly title: string;
  readonly before?: readonly (readonly [string, string])[];
  readonly in: readonly [string, string];
  readonly out: readonly [string, string];
  readonly sysctl?: readonly [string, number];
}

const opened = [[CLIENT_SIDE, SYN_80]] as const;
const A_1461 = "41".repeat(1461);

const VECTORS: readonly Vector[] = [
  {
    title: "NAT, 80 to 8080: a SYN",
    in: [CLIENT_SIDE, SYN_80],
    out: [SERVER_SIDE, "45000028123440003f0612600a0001320a00020b9c401f90000003e80000000050022000b8ed0000"],
  },
  {
    title: "NAT: its SYN-ACK",
    before: opened,
    in: [SERVER_SIDE, "4500002812344000400611600a00020b0a0001321f909c4000000005000003e950122000b8d70000"],
    out: [CLIENT_SIDE, "45000028123440003f0613070a0001640a00013200509c4000000005000003e950122000d8be0000"],
  },
  {
    title: "direct routing: a SYN",
    in: [CLIENT_SIDE, "4500002812344000400612070a0001320a0001649c400051000003e80000000050022000d8d30000"],
    out: [SERVER_SIDE, "45000028123440003f0613070a0001320a0001649c400051000003e80000000050022000d8d30000"],
  },
  {
    title: "tunnel: a SYN with DF that experienced congestion",
    in: [CLIENT_SIDE, "4503002812344000400612040a0001320a0001649c400052000003e80000000050022000d8d20000"],
    out: [
      SERVER_SIDE,
      "4502003c000040003f0423b10a0002010a00020b45030028123440003f0613040a0001320a0001649c400052000003e80000000050022000d8d20000",
    ],
  },
  {
    title: "tunnel with pmtu_disc=0: no DF outside",
    sysctl: ["net.ipv4.vs.pmtu_disc", 0],
    in: [CLIENT_SIDE, "4503002812344000400612040a0001320a0001649c400052000003e80000000050022000d8d20000"],
    out: [
      SERVER_SIDE,
      "4502003cIIII00003f04CCCC0a0002010a00020b45030028123440003f0613040a0001320a0001649c400052000003e80000000050022000d8d20000",
    ],
  },
  {
    title: "NAT, 53 to 5353: a datagram without a checksum gets one",
    in: [CLIENT_SIDE, "4500002112344000401112030a0001320a0001640fa00035000d000068656c6c6f"],
    out: [SERVER_SIDE, "45000021123440003f11125c0a0001320a00020b0fa014e9000d803c68656c6c6f"],
  },
  {
    title: "a service without a real server: port unreachable, TOS 1f answered with de",
    in: [CLIENT_SIDE, "451f002812344000400611e80a0001320a0001649c410053000003e80000000050022000d8d00000"],
    out: [
      CLIENT_SIDE,
      "45de0044IIII00004001CCCC0a0001640a000132030313ad00000000451f002812344000400611e80a0001320a0001649c410053000003e80000000050022000d8d00000",
    ],
  },
  {
    title: "an ACK of no connection, TOS 2b: the host's own reset",
    in: [CLIENT_SIDE, "452b002812344000400611dc0a0001320a0001649c420050000003090000037850102000d62b0000"],
    out: [CLIENT_SIDE, "4528002800004000400624130a0001640a00013200509c42000003780000000050040000f9400000"],
  },
  {
    title: "a TTL of 1 on a NAT connection",
    before: opened,
    in: [CLIENT_SIDE, "4500002812344000010651070a0001320a0001649c400050000003e90000000650102000d8bf0000"],
    out: [
      CLIENT_SIDE,
      "45c00044IIII00004001CCCC0a0001640a0001320b000bb0000000004500002812344000010651070a0001320a0001649c400050000003e90000000650102000d8bf0000",
    ],
  },
  {
    title: "fragmentation needed about a NAT answer, from a router",
    before: opened,
    in: [
      CLIENT_SIDE,
      "45000038432140004001e0f30a00014d0a00016403045b66000005004500002899994000370693a10a0001640a00013200509c4000000005",
    ],
    out: [
      SERVER_SIDE,
      "45000038432140003f01e14c0a00014d0a00020b03043c26000005004500002899994000370692fa0a00020b0a0001321f909c4000000005",
    ],
  },
  {
    title: "port unreachable from the real server",
    before: opened,
    in: [
      SERVER_SIDE,
      "45c000380777400040011b520a00020b0a00013203033d440000000045000028123440003f0612600a0001320a00020b9c401f90000003e8",
    ],
    out: [
      CLIENT_SIDE,
      "45c00038077740003f011cf90a0001640a00013203035c840000000045000028123440003f0613070a0001320a0001649c400050000003e8",
    ],
  },
  {
    title: "1501 bytes with DF: the quoted packet has its TTL counted down",
    before: opened,
    in: [CLIENT_SIDE, `450005dd1234400040060c520a0001320a0001649c400050000003e900000006501020007df60000${A_1461}`],
    out: [
      CLIENT_SIDE,
      `45c00240IIII00004001CCCC0a0001640a0001320304a9da000005dc450005dd123440003f060d520a0001320a0001649c400050000003e900000006501020007df60000${A_1461.slice(0, 2 * 508)}`,
    ],
  },
];

/** A director that has these rules; it is given frames and what it sends is collected, as `PORT HEX`. */
function run(vector: Vector): string[] {
  const sent: string[] = [];
  const director = new Director(HOST, {
    link: {
      send: (frame, port) => {
        sent.push(`${HOST.interfaces[port]?.name} ${Buffer.from(frame.contents().subarray(14)).toString("hex")}`);
      },
    },
  });
  for (const rule of RULES) expect(runIpvsadm(wordsOf(rule), { server: director.server }).code).to.equal(0);
  if (vector.sysctl !== undefined) director.setSysctl(...vector.sysctl);
  for (const [port, packet] of [...(vector.before ?? []), vector.in]) {
    sent.length = 0;
    const [to, from] = port === CLIENT_SIDE ? [mac(1), mac(50)] : [mac(2), mac(11)];
    const bytes = Buffer.concat([to, from, Uint8Array.of(8, 0), Buffer.from(packet, "hex")]);
    director.receive(Frame.of(bytes), director.ifindexOf(port), 0);
  }
  return sent;
}

/** With what the kernel draws by chance taken out: identification (bytes 4 and 5) and checksum (10 and 11). */
const masked = (line: string): string =>
  line.replace(/^(\S+ .{8}).{4}(.{8}).{4}/, (_, start: string, middle: string) => `${start}IIII${middle}CCCC`);

describe("packets through a running kernel", () => {
  for (const vector of VECTORS) {
    it(vector.title, () => {
      const [port, packet] = vector.out;
      const seen = run(vector);
      const expected = `${port} ${packet}`;
      expect(packet.includes("IIII") ? seen.map(masked) : seen).to.deep.equal([expected]);
    });
  }

  it("the bytes of a vector are a packet: what they say of their length is so", () => {
    for (const {
      in: [, packet],
    } of VECTORS) {
      expect(Number.parseInt(packet.slice(4, 8), 16)).to.equal(packet.length / 2);
    }
  });
});
