import { expect } from "chai";
import fc from "fast-check";
import { runRules } from "../../../src/core/control/restore.ts";
import { type HostConfig, prefixed } from "../../../src/core/host/config.ts";
import { Director } from "../../../src/core/host/director.ts";
import { verdictName } from "../../../src/core/trace/verdict.ts";
import { ipv4 as ipv4Address, parseIpv4, parseMac } from "../../../src/core/wire/address.ts";
import { macNumber } from "../../../src/core/wire/ethernet.ts";
import type { Frame } from "../../../src/core/wire/frame.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../../../src/core/wire/ipv4.ts";
import { finishChecksum, forEachSegment } from "../../../src/core/wire/offload.ts";
import { ACK, areSumsRight, asOne, CWR, FIN, oneByOne, PSH, type Sending, SYN } from "./sent-packets.ts";

const ip = (text: string): number => parseIpv4(text) ?? 0;
const mac = (text: string): Uint8Array => parseMac(text) ?? new Uint8Array(6);

const CLIENT = ip("10.1.0.1");
const VIP = ip("10.1.0.100");
const SERVER = ip("10.2.0.2");
const LOCAL = ip("10.2.0.254");
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
      addresses: [prefixed(ip("10.1.0.254"), 24), prefixed(VIP, 32)],
    },
    { name: "eth1", mac: mac(MACS.inside), mtu, addresses: [prefixed(LOCAL, 24)] },
  ],
  routes: [],
  neighbors: [
    { address: ipv4Address(CLIENT), mac: mac(MACS.client), dev: "eth0" },
    { address: ipv4Address(SERVER), mac: mac(MACS.server), dev: "eth1" },
  ],
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
  if (bytes.length < 34 || view.getUint16(12) !== 0x0800) return bytes;
  if (view.getUint8(at + 9) === 4) at += 20;
  const transport = at + (view.getUint8(at) & 15) * 4;
  const first = (view.getUint16(at + 6) & 0x1fff) === 0;
  if (
    first &&
    view.getUint8(at + 9) === PROTOCOL_TCP &&
    transport + 18 <= bytes.length &&
    view.getUint16(transport + 16) === 0xffff
  ) {
    view.setUint16(transport + 16, 0);
  }
  return bytes;
}

interface Mode {
  readonly name: string;
  readonly rules: (protocol: string) => string;
  /** Whether answers come back through the director. */
  readonly answers: boolean;
  readonly overhead: number;
}

const service = (protocol: string): string => `-A -${protocol} 10.1.0.100:80 -s rr`;
const server = (protocol: string, method: string): string => `-a -${protocol} 10.1.0.100:80 -r 10.2.0.2:80 ${method}`;

const MODES: readonly Mode[] = [
  { name: "NAT", rules: (p) => `${service(p)}\n${server(p, "-m")}`, answers: true, overhead: 0 },
  { name: "direct routing", rules: (p) => `${service(p)}\n${server(p, "-g")}`, answers: false, overhead: 0 },
  { name: "a tunnel", rules: (p) => `${service(p)}\n${server(p, "-i")}`, answers: false, overhead: 20 },
  ...[
    "--tun-type gre --tun-nocsum",
    "--tun-type gre --tun-csum",
    "--tun-type gue --tun-port 6080 --tun-nocsum",
    "--tun-type gue --tun-port 6080 --tun-csum",
  ].map(
    (options): Mode => ({
      name: `a tunnel of ${options}`,
      rules: (p) => `${service(p)}\n${server(p, `-i ${options}`)}`,
      answers: false,
      overhead: 32,
    }),
  ),
  {
    name: "full NAT",
    rules: (p) => `${service(p)}\n-P -${p} 10.1.0.100:80 -z 10.2.0.254\n${server(p, "-b")}`,
    answers: true,
    overhead: 0,
  },
  {
    name: "full NAT with TOA",
    rules: (p) =>
      `${service(p)}${p === "t" ? " --toa dpvs" : ""}\n-P -${p} 10.1.0.100:80 -z 10.2.0.254\n${server(p, "-b")}`,
    answers: true,
    overhead: 0,
  },
];

const base: Sending = {
  macs: { from: macNumber(mac(MACS.client)), to: macNumber(mac(MACS.outside)) },
  from: CLIENT,
  fromPort: 40000,
  to: VIP,
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

/** The handshake of a connection, so that what follows belongs to one; answers only where they come by. */
function open(world: World, { protocol }: Variation, mode: Mode): { readonly from: number; readonly fromPort: number } {
  const syn = {
    ...base,
    protocol,
    sequence: 999,
    flags: SYN,
    payload: new Uint8Array(protocol === PROTOCOL_TCP ? 0 : 1),
  };
  expect(world.receive(oneByOne(syn), 0)).deep.equals(["sent"]);
  const sent = world.emitted.at(-1)?.bytes ?? new Uint8Array(64);
  const view = new DataView(sent.buffer);
  const seen =
    mode.overhead > 0 ? { from: CLIENT, fromPort: 40000 } : { from: view.getUint32(26), fromPort: view.getUint16(34) };
  if (mode.answers && protocol === PROTOCOL_TCP) {
    const answer = { ...answerOf(seen, protocol), sequence: 5000, acknowledgement: 1000, flags: SYN | ACK };
    expect(world.receive(oneByOne(answer), 1)).deep.equals(["sent"]);
  }
  return seen;
}

const answerOf = (
  client: { readonly from: number; readonly fromPort: number },
  protocol: Sending["protocol"],
): Sending => ({
  ...base,
  protocol,
  macs: { from: macNumber(mac(MACS.server)), to: macNumber(mac(MACS.inside)) },
  from: SERVER,
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
      : { ...base, ...what };
    world.emitted.length = 0;
    world.frames = 0;
    const frames = world === one ? oneByOne(sending) : [asOne(sending)];
    const verdicts = new Set(world.receive(frames, answers ? 1 : 0));
    expect([...verdicts], "verdicts").deep.equals(["sent"]);
  }
  expect(other.emitted).deep.equals(one.emitted);
  for (const { bytes } of one.emitted) if (!isFragment(bytes)) expect(areSumsRight(bytes), "sums").equals(true);
}

const isFragment = (bytes: Uint8Array): boolean => ((((bytes[20] ?? 0) << 8) | (bytes[21] ?? 0)) & 0x3fff) !== 0;

describe("a frame that stands for many, sent through the director", () => {
  for (const mode of MODES) {
    it(`becomes by ${mode.name} what its packets become one by one`, () => {
      fc.assert(
        fc.property(variation, (what) => compare(mode, what, 1500, false)),
        { numRuns: 50 },
      );
    });

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
    const world = new World(MODES[0]?.rules("t") ?? "", 1500);
    open(world, base, MODES[0] ?? fail());
    world.frames = 0;
    world.emitted.length = 0;
    world.receive([asOne(FITTING)], 0);
    expect(world.frames).equals(1);
    expect(world.emitted).lengthOf(5);
  });

  it("leaves a tunnel in as many frames as it stands for", () => {
    const mode = MODES[2] ?? fail();
    const world = new World(mode.rules("t"), 1500);
    open(world, base, mode);
    world.frames = 0;
    world.receive([asOne({ ...FITTING, segmentSize: 1200 })], 0);
    expect(world.frames).equals(5);
  });

  it("earns its sender one ICMP error, not one for each packet, where a packet may not be fragmented", () => {
    const world = new World("", 1000);
    const through = { ...FITTING, to: SERVER };
    expect(world.receive([asOne(through)], 0)).deep.equals(["too-big"]);
    expect(world.frames).equals(1);
    const [error] = world.emitted;
    expect(error?.port).equals(0);
    // Type 3, code 4, and the MTU of the link.
    expect([error?.bytes[34], error?.bytes[35]]).deep.equals([3, 4]);
    expect(new DataView(error?.bytes.buffer ?? new ArrayBuffer(42)).getUint16(40)).equals(1000);
  });
});

function fail(): never {
  throw new Error("no such mode");
}
