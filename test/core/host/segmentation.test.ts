import { expect } from "chai";
import fc from "fast-check";
import { runRules } from "../../../src/core/control/restore.ts";
import type { HostConfig } from "../../../src/core/host/config/config.ts";
import { Director } from "../../../src/core/host/director.ts";
import { verdictName } from "../../../src/core/trace/verdict.ts";
import {
  type Address,
  AF_INET,
  AF_INET6,
  addressAt,
  type Family,
  parseAddress,
  parseMac,
} from "../../../src/core/wire/address.ts";
import { macNumber } from "../../../src/core/wire/ethernet.ts";
import type { Frame } from "../../../src/core/wire/frame.ts";
import { PROTOCOL_IPIP, PROTOCOL_IPV6, PROTOCOL_TCP, PROTOCOL_UDP } from "../../../src/core/wire/ipv4.ts";
import { FRAGMENT } from "../../../src/core/wire/ipv6.ts";
import { finishChecksum } from "../../../src/core/wire/offload.ts";
import { forEachSegment } from "../../../src/core/wire/segments.ts";
import { ACK, areSumsRight, asOne, CWR, FIN, oneByOne, PSH, type Sending, SYN } from "./sent-packets.ts";

const ip = (text: string): Address => parseAddress(text) ?? fail();
const mac = (text: string): Uint8Array => parseMac(text) ?? new Uint8Array(6);

/** Who takes part, by the family that they speak. */
const PARTS = {
  [AF_INET]: { client: "10.1.0.1", vip: "10.1.0.100", server: "10.2.0.2", local: "10.2.0.254", prefix: 24 },
  [AF_INET6]: {
    client: "2001:db8:1::1",
    vip: "2001:db8:1::100",
    server: "2001:db8:2::2",
    local: "2001:db8:2::254",
    prefix: 64,
  },
} as const;
const FAMILIES = [AF_INET, AF_INET6] as const;
const MACS = {
  client: "02:00:00:00:01:01",
  outside: "02:00:00:00:01:64",
  inside: "02:00:00:00:02:64",
  server: "02:00:00:00:02:02",
};

const hostConfig = (mtu: number): HostConfig => ({
  interfaces: [
    {
      name: "eth0",
      mac: mac(MACS.outside),
      mtu: 1500,
      addresses: FAMILIES.map((family) => ({ address: ip(PARTS[family].vip), prefix: PARTS[family].prefix })),
    },
    {
      name: "eth1",
      mac: mac(MACS.inside),
      mtu,
      addresses: FAMILIES.map((family) => ({ address: ip(PARTS[family].local), prefix: PARTS[family].prefix })),
    },
  ],
  routes: [],
  neighbors: FAMILIES.flatMap((family) => [
    { address: ip(PARTS[family].client), mac: mac(MACS.client), dev: "eth0" },
    { address: ip(PARTS[family].server), mac: mac(MACS.server), dev: "eth1" },
  ]),
  marks: [],
  sysctl: {},
});

interface Emitted {
  readonly port: number;
  readonly bytes: Uint8Array;
}

/** A director whose frames are finished and cut in software as they leave. */
class World {
  readonly director: Director;
  readonly emitted: Emitted[] = [];
  /** Frames as they left. */
  frames = 0;

  constructor(rules: string, mtu: number) {
    this.director = new Director(hostConfig(mtu), { link: { send: (frame, port) => this.#take(frame, port) } });
    this.director.advance(0);
    const { err } = runRules(rules, { server: this.director.server });
    if (err !== "") throw new Error(err);
  }

  #take(frame: Frame, port: number): void {
    this.frames++;
    const copy = frame.copy();
    forEachSegment(
      copy,
      () => 0,
      (piece) => {
        finishChecksum(piece);
        this.emitted.push({ port, bytes: withOneZero(piece.contents().slice()) });
      },
    );
  }

  receive(frames: readonly Frame[], port: number): string[] {
    return frames.map((frame) => verdictName(this.director.receive(frame, port, 1000)));
  }
}

/** A TCP checksum may be either of the two zeros of one's complement: a patched one never is ffff, a finished one never 0. */
function withOneZero(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 14;
  for (;;) {
    const isIpv4 = view.getUint8(at) >> 4 === 4;
    const protocol = view.getUint8(at + (isIpv4 ? 9 : 6));
    const transport = at + (isIpv4 ? (view.getUint8(at) & 15) * 4 : 40);
    if (isIpv4 && (view.getUint16(at + 6) & 0x1fff) !== 0) return bytes;
    if (protocol === PROTOCOL_IPIP || protocol === PROTOCOL_IPV6) {
      at = transport;
      continue;
    }
    const check = transport + 16;
    if (protocol === PROTOCOL_TCP && check + 2 <= bytes.length && view.getUint16(check) === 0xffff)
      view.setUint16(check, 0);
    return bytes;
  }
}

interface Mode {
  readonly name: string;
  readonly rules: (protocol: string) => string;
  /** Families of the client and the service, and of the real server. */
  readonly families: readonly [client: Family, server: Family];
  /** Whether answers come back through the director. */
  readonly answers: boolean;
  /** Whether the client's packet travels inside another one. */
  readonly wraps: boolean;
}

const at80 = (address: string): string => (address.includes(":") ? `[${address}]:80` : `${address}:80`);

const mode = (
  name: string,
  method: string,
  families: Mode["families"] = [AF_INET, AF_INET],
  { toa = "" } = {},
): Mode => {
  const [client, server] = families;
  const vip = at80(PARTS[client].vip);
  return {
    name,
    families,
    answers: method === "-m" || method === "-b",
    wraps: method.startsWith("-i"),
    rules: (p) =>
      [
        `-A -${p} ${vip} -s rr${p === "t" ? toa : ""}`,
        ...(method === "-b" ? [`-P -${p} ${vip} -z ${PARTS[server].local}`] : []),
        `-a -${p} ${vip} -r ${at80(PARTS[server].server)} ${method}`,
      ].join("\n"),
  };
};

const NAT = mode("NAT", "-m");
const TUNNEL = mode("a tunnel", "-i");
const IPV6: Mode["families"] = [AF_INET6, AF_INET6];
const TUNNEL_TYPES = [
  "--tun-type gre --tun-nocsum",
  "--tun-type gre --tun-csum",
  "--tun-type gue --tun-port 6080 --tun-nocsum",
  "--tun-type gue --tun-port 6080 --tun-csum",
];

const MODES: readonly Mode[] = [
  NAT,
  mode("direct routing", "-g"),
  TUNNEL,
  ...TUNNEL_TYPES.map((options) => mode(`a tunnel of ${options}`, `-i ${options}`)),
  mode("full NAT", "-b"),
  mode("full NAT with TOA", "-b", [AF_INET, AF_INET], { toa: " --toa dpvs" }),
  mode("NAT of IPv6", "-m", IPV6),
  mode("direct routing of IPv6", "-g", IPV6),
  mode("a tunnel of IPv6 in IPv6", "-i", IPV6),
  mode("a tunnel of IPv6 in IPv4", "-i", [AF_INET6, AF_INET]),
  mode("a tunnel of IPv4 in IPv6", "-i", [AF_INET, AF_INET6]),
  ...TUNNEL_TYPES.map((options) => mode(`a tunnel of ${options} of IPv6`, `-i ${options}`, IPV6)),
  mode("full NAT of IPv6 with TOA", "-b", IPV6, { toa: " --toa dpvs" }),
];

const base: Sending = {
  macs: { from: macNumber(mac(MACS.client)), to: macNumber(mac(MACS.outside)) },
  from: ip(PARTS[AF_INET].client),
  fromPort: 40000,
  to: ip(PARTS[AF_INET].vip),
  toPort: 80,
  protocol: PROTOCOL_TCP,
  identification: 7,
  dontFragment: true,
  ttl: 64,
  tos: 0,
  sequence: 1000,
  acknowledgement: 5001,
  flags: ACK,
  options: new Uint8Array(0),
  payload: new Uint8Array(0),
  segmentSize: 1460,
};

/** What varies from run to run. */
const variation = fc.record({
  protocol: fc.constantFrom(PROTOCOL_TCP, PROTOCOL_UDP),
  identification: fc.nat(65535),
  dontFragment: fc.boolean(),
  ttl: fc.integer({ min: 2, max: 255 }),
  tos: fc.nat(255),
  flags: fc.subarray([FIN, PSH, CWR]).map((bits) => bits.reduce((all, bit) => all | bit, ACK)),
  options: fc
    .nat({ max: 7 })
    .chain((words) => fc.uint8Array({ minLength: words * 4, maxLength: words * 4 }))
    .map(harmless),
  payload: fc.uint8Array({ minLength: 1, maxLength: 6000 }),
  segmentSize: fc.integer({ min: 200, max: 1380 }),
});

/** Options that are read as one that nobody knows: their kinds would otherwise have the director look for bytes behind them. */
function harmless(options: Uint8Array): Uint8Array {
  if (options.length > 0) options.set([253, options.length]);
  return options;
}

type Variation = Pick<
  Sending,
  "protocol" | "identification" | "dontFragment" | "ttl" | "tos" | "flags" | "options" | "payload" | "segmentSize"
>;

const word = (protocol: number): string => (protocol === PROTOCOL_TCP ? "t" : "u");

/** The handshake of a connection, so that what follows belongs to one; answers only where they come by. Who the server saw. */
function open(world: World, { protocol }: Variation, mode: Mode): Client {
  const syn = {
    ...requestOf(mode),
    protocol,
    sequence: 999,
    flags: SYN,
    payload: new Uint8Array(protocol === PROTOCOL_TCP ? 0 : 1),
  };
  expect(world.receive(oneByOne(syn), 0)).deep.equals(["sent"]);
  const sent = world.emitted.at(-1)?.bytes ?? new Uint8Array(64);
  const seen = mode.answers ? senderOf(sent) : { from: syn.from, fromPort: syn.fromPort };
  if (mode.answers && protocol === PROTOCOL_TCP) {
    const answer = { ...answerOf(seen, protocol), sequence: 5000, acknowledgement: 1000, flags: SYN | ACK };
    expect(world.receive(oneByOne(answer), 1)).deep.equals(["sent"]);
  }
  return seen;
}

interface Client {
  readonly from: Address;
  readonly fromPort: number;
}

function senderOf(bytes: Uint8Array): Client {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return view.getUint8(14) >> 4 === 4
    ? { from: addressAt(view, 26, AF_INET), fromPort: view.getUint16(34) }
    : { from: addressAt(view, 22, AF_INET6), fromPort: view.getUint16(54) };
}

const requestOf = ({ families: [client] }: Mode): Sending => ({
  ...base,
  from: ip(PARTS[client].client),
  to: ip(PARTS[client].vip),
});

const answerOf = (client: Client, protocol: Sending["protocol"]): Sending => ({
  ...base,
  protocol,
  macs: { from: macNumber(mac(MACS.server)), to: macNumber(mac(MACS.inside)) },
  from: ip(PARTS[client.from.family].server),
  fromPort: 80,
  to: client.from,
  toPort: client.fromPort,
  payload: new Uint8Array(protocol === PROTOCOL_TCP ? 0 : 1),
});

/** Both ways of sending the same through two directors alike; what each emits. */
function compare(mode: Mode, what: Variation, mtu: number, answers: boolean): void {
  const worlds = [
    new World(mode.rules(word(what.protocol)), mtu),
    new World(mode.rules(word(what.protocol)), mtu),
  ] as const;
  const [one, other] = worlds;
  for (const world of worlds) {
    const seen = open(world, what, mode);
    const sending: Sending = answers
      ? { ...answerOf(seen, what.protocol), ...what, sequence: 5001, acknowledgement: 1000 }
      : { ...requestOf(mode), ...what };
    world.emitted.length = 0;
    world.frames = 0;
    const frames = world === one ? oneByOne(sending) : [asOne(sending)];
    const verdicts = new Set(world.receive(frames, answers ? 1 : 0));
    expect([...verdicts], "verdicts").deep.equals(["sent"]);
  }
  expect(other.emitted).deep.equals(one.emitted);
  for (const { bytes } of one.emitted) if (!isFragment(bytes)) expect(areSumsRight(bytes), "sums").equals(true);
}

const isFragment = (bytes: Uint8Array): boolean =>
  bytes[12] === 0x08 ? ((((bytes[20] ?? 0) << 8) | (bytes[21] ?? 0)) & 0x3fff) !== 0 : bytes[20] === FRAGMENT;

describe("a frame that stands for many, sent through the director", () => {
  for (const mode of MODES) {
    it(`becomes by ${mode.name} what its packets become one by one`, () => {
      fc.assert(
        fc.property(variation, (what) => compare(mode, what, 1500, false)),
        { numRuns: 50 },
      );
    });

    // Routers do not cut packets of IPv6.
    if (!mode.families.includes(AF_INET6))
      it(`is fragmented by ${mode.name} as its packets are, where the next link carries less and they allow it`, () => {
        fc.assert(
          fc.property(variation, fc.integer({ min: 300, max: 900 }), (what, mtu) =>
            compare(mode, { ...what, dontFragment: false }, mtu, false),
          ),
          { numRuns: 50 },
        );
      });

    if (!mode.answers) continue;
    it(`becomes, on its way back by ${mode.name}, what its packets become one by one`, () => {
      fc.assert(
        fc.property(variation, (what) => compare(mode, what, 1500, true)),
        { numRuns: 50 },
      );
    });
  }

  const FITTING = { ...base, payload: new Uint8Array(6000).fill(1), segmentSize: 1448 };

  it("leaves whole by NAT where its packets fit", () => {
    const world = new World(NAT.rules("t"), 1500);
    open(world, base, NAT);
    world.frames = 0;
    world.emitted.length = 0;
    world.receive([asOne(FITTING)], 0);
    expect(world.frames).equals(1);
    expect(world.emitted).lengthOf(5);
  });

  it("leaves a tunnel in as many frames as it stands for", () => {
    const world = new World(TUNNEL.rules("t"), 1500);
    open(world, base, TUNNEL);
    world.frames = 0;
    world.receive([asOne({ ...FITTING, segmentSize: 1200 })], 0);
    expect(world.frames).equals(5);
  });

  it("earns its sender one ICMP error, not one for each packet, where a packet may not be fragmented", () => {
    const world = new World("", 1000);
    const through = { ...FITTING, to: ip(PARTS[AF_INET].server) };
    expect(world.receive([asOne(through)], 0)).deep.equals(["too-big"]);
    expect(world.frames).equals(1);
    const [error] = world.emitted;
    expect(error?.port).equals(0);
    // Type 3, code 4, and the MTU of the link.
    expect([error?.bytes[34], error?.bytes[35]]).deep.equals([3, 4]);
    expect(new DataView(error?.bytes.buffer ?? new ArrayBuffer(42)).getUint16(40)).equals(1000);
  });

  it("earns its sender one packet too big, in IPv6", () => {
    const world = new World("", 1300);
    const { client, server } = PARTS[AF_INET6];
    const verdicts = world.receive([asOne({ ...FITTING, from: ip(client), to: ip(server) })], 0);
    expect(verdicts).deep.equals(["too-big"]);
    expect(world.frames).equals(1);
    const bytes = world.emitted[0]?.bytes ?? new Uint8Array(62);
    expect([bytes[54], bytes[55]]).deep.equals([2, 0]);
    expect(new DataView(bytes.buffer).getUint32(58)).equals(1300);
  });
});

function fail(): never {
  throw new Error("no such mode");
}
