/** Whatever happens between packets, the fast path does what the walk does: to bytes, counters, states, timers, neighbors. */
import { expect } from "chai";
import fc from "fast-check";
import { type MarkConfig, prefixed } from "../../../src/core/host/config/config.ts";
import { Frame } from "../../../src/core/wire/frame.ts";
import { PROTOCOL_TCP } from "../../../src/core/wire/ipv4.ts";
import {
  CLIENT,
  CLIENT2,
  CLIENT6,
  DIRECTOR_MACS,
  FAR_CLIENT,
  INSIDE,
  LOCAL,
  LOCAL2,
  macOf,
  SERVER,
  SERVER2,
  SERVER3,
  SERVER6,
  service,
  sourceOf,
  VIP,
  VIP6,
} from "../../support/lab.ts";
import { counting, ethernet, icmpAbout, ip, type Packet, tcp, udp } from "../../support/packet.ts";
import type { Seen } from "../../support/seen.ts";
import { Twins } from "./twins.ts";

const at = (port: number, protocol = "-t"): string => `${protocol} ${VIP}:${port}`;
const pool = (port: number, protocol = "-t"): string => `-P ${at(port, protocol)} -z ${LOCAL}`;

/** A service of each method, over TCP and over UDP. */
const RULES: readonly string[] = [
  ...service("-m", [`${SERVER}:8080`, SERVER2], { at: at(80) }),
  ...service("-g", [SERVER, SERVER3], { at: at(81) }),
  ...service("-i", [SERVER2], { at: at(82) }),
  ...service("-i --tun-type gre --tun-csum", [SERVER3], { at: at(82), scheduler: "wrr" }).slice(1),
  ...service("-b", [`${SERVER}:8084`, SERVER2], { at: at(84) }),
  pool(84),
  ...service("-b", [SERVER3], { at: at(85), extra: "--toa dpvs -p 60" }),
  `-P ${at(85)} -z ${LOCAL2}`,
  ...service("-m", [SERVER, SERVER2], { at: at(86), extra: "-p 30" }),
  ...service("-m", [`${SERVER}:5353`], { at: at(53, "-u"), extra: "-p 20" }),
  ...service("-g", [SERVER2], { at: at(54, "-u") }),
  ...service("-b", [SERVER3], { at: at(55, "-u") }),
  pool(55, "-u"),
  ...service("-m", [SERVER], { at: at(56, "-u"), extra: "-o" }),
  ...service("-m", [SERVER2, SERVER3], { at: "-f 7", scheduler: "lc" }),
];
const MARKS: readonly MarkConfig[] = [
  { mark: 7, destination: prefixed(ip(VIP), 32), protocol: PROTOCOL_TCP, portFirst: 87, portLast: 87 },
];
/** The same in IPv6, tunnels between the families, and NAT64. */
const RULES6: readonly string[] = [
  ...service("-m", [`[${SERVER6}]:8080`], { at: `-t [${VIP6}]:80` }),
  ...service("-g", [`[${SERVER6}]:81`], { at: `-t [${VIP6}]:81` }),
  ...service("-i", [`[${SERVER6}]:82`, `${SERVER}:82`], { at: `-t [${VIP6}]:82` }),
  ...service("-b", [`[${SERVER6}]:8084`], { at: `-t [${VIP6}]:84`, extra: "--toa dpvs" }),
  `-P -t [${VIP6}]:84 -z 2001:db8:2::101`,
  ...service("-b", [`${SERVER}:8085`], { at: `-t [${VIP6}]:85` }),
  `-P -t [${VIP6}]:85 -z ${LOCAL2}`,
  ...service("-i", [`[${SERVER6}]:86`], { at: at(86) }).slice(1),
  ...service("-m", [`[${SERVER6}]:5353`], { at: `-u [${VIP6}]:53` }),
  ...service("-b", [`[${SERVER6}]:55`], { at: `-u [${VIP6}]:55` }),
  `-P -u [${VIP6}]:55 -z 2001:db8:2::101`,
];
/** No service is at 83; at 87 there is one by a mark. */
const TCP_PORTS = [80, 81, 82, 83, 84, 85, 86, 87];
const UDP_PORTS = [53, 54, 55, 56];
const IPV6_CLIENT = `[${CLIENT6}]`;
const CLIENTS = [CLIENT, CLIENT2, FAR_CLIENT, IPV6_CLIENT];

interface Flow {
  readonly client: string;
  readonly virtual: string;
  readonly isTcp: boolean;
  /** Whom the server sees, and who it is, once a packet got there. */
  peer: string;
  server: string;
}

const flows = (): Flow[] =>
  CLIENTS.flatMap((client, index) =>
    [...TCP_PORTS, ...UDP_PORTS].map((port) => ({
      client: `${client}:${40_000 + index}`,
      virtual: `${client === IPV6_CLIENT ? `[${VIP6}]` : VIP}:${port}`,
      isTcp: TCP_PORTS.includes(port),
      peer: "",
      server: "",
    })),
  );

// --- what may happen

const often = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 40, arbitrary: fc.constant(usual) },
    { weight: others.length, arbitrary: fc.constantFrom(...others) },
  );

const packet = fc.record({
  kind: fc.constant("packet" as const),
  flow: fc.nat(CLIENTS.length * (TCP_PORTS.length + UDP_PORTS.length) - 1),
  answers: fc.boolean(),
  /** Of a client's: from how many ports beyond its own, a new connection perhaps. */
  beyond: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(9) }),
  times: fc.integer({ min: 1, max: 3 }),
  flags: often(".", "P.", "PE.", "U.", "F.", "S", "R", "", "S."),
  length: often(100, 0, 1, 1380, 1440, 1460, 1461, 1600),
  ttl: often(64, 1, 2, 255),
  tos: often(0, 3, 0xb8),
  dontFragment: fc.boolean(),
  moreFragments: often(false, true),
  options: often<readonly number[]>([], [1, 1, 1, 0]),
  tcpOptions: often<readonly number[]>(
    [],
    [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2],
    [1, 1, 5, 10, 0, 0, 1, 0, 0, 0, 2, 0],
  ),
  sequence: fc.nat(0xffffffff),
  acknowledgement: fc.oneof(fc.constant(5001), fc.nat(0xffffffff)),
  error: often(0, 1, 0xfffe),
  headerError: often(0, 1),
  unchecked: often(false, true),
  partial: often(false, true),
  padding: often(0, 6),
});
const command = fc.record({
  kind: fc.constant("command" as const),
  line: fc.constantFrom(
    `-d ${at(80)} -r ${SERVER2}`,
    `-a ${at(80)} -r ${SERVER2} -m -w 2`,
    `-e ${at(80)} -r ${SERVER}:8080 -m -w 0`,
    `-e ${at(81)} -r ${SERVER} -i`,
    `-e ${at(81)} -r ${SERVER} -g -x 2 -y 1`,
    `-e ${at(82)} -r ${SERVER2} -i --tun-type gue --tun-port 6080`,
    `-d ${at(84)} -r ${SERVER2}`,
    `-Q ${at(84)} -z ${LOCAL}`,
    pool(84),
    // A client's address becomes the host's own.
    `-P ${at(84)} -z ${CLIENT2}`,
    `-E ${at(84)} -s wlc --toa alibaba`,
    `-E ${at(85)} -s rr`,
    `-D ${at(86)}`,
    `-A ${at(86)} -s rr -p 30`,
    `-a ${at(86)} -r ${SERVER} -m`,
    "--set 700 100 40",
    "--set 0 0 3",
    "-Z",
    "--start-daemon master --mcast-interface eth1",
    "--stop-daemon master",
    "--start-daemon backup --mcast-interface eth1",
    "--stop-daemon backup",
  ),
});
const sysctl = fc
  .constantFrom<readonly [string, number]>(
    ["net.ipv4.vs.nat_icmp_send", 1],
    ["net.ipv4.vs.nat_icmp_send", 0],
    ["net.ipv4.vs.expire_nodest_conn", 1],
    ["net.ipv4.vs.pmtu_disc", 0],
    ["net.ipv4.vs.pmtu_disc", 1],
    ["net.ipv4.vs.secure_tcp", 3],
    ["net.ipv4.vs.snat_reroute", 0],
    ["net.ipv4.vs.drop_packet", 3],
    ["net.ipv4.vs.am_droprate", 3],
    ["net.ipv4.vs.sloppy_tcp", 1],
    ["net.ipv4.vs.backup_only", 1],
    ["net.ipv4.conf.all.rp_filter", 1],
    ["net.ipv4.conf.all.rp_filter", 0],
    ["net.ipv4.conf.all.send_redirects", 1],
    ["net.ipv4.conf.all.send_redirects", 0],
    ["net.ipv4.conf.eth1.forwarding", 0],
    ["net.ipv4.ip_forward", 1],
    ["net.ipv4.route.mtu_expires", 5],
    ["net.ipv6.conf.all.forwarding", 0],
    ["net.ipv6.conf.all.forwarding", 1],
  )
  .map(([name, value]) => ({ kind: "sysctl" as const, name, value }));
const wait = fc
  .constantFrom(0.000_5, 0.004, 0.01, 0.02, 0.7, 5.1, 31, 61, 130, 905)
  .map((seconds) => ({ kind: "wait" as const, seconds }));
const tooBig = fc.record({
  kind: fc.constant("too big" as const),
  mtu: fc.constantFrom(500, 1000, 1400),
  from: fc.constantFrom(SERVER, SERVER2, FAR_CLIENT),
});
const moved = fc.record({
  kind: fc.constant("moved" as const),
  server: fc.constantFrom(SERVER, SERVER2, SERVER3),
  operation: fc.constantFrom(1, 2),
});
const step = fc.oneof(
  { weight: 30, arbitrary: packet },
  { weight: 2, arbitrary: command },
  { weight: 1, arbitrary: sysctl },
  { weight: 3, arbitrary: wait },
  { weight: 1, arbitrary: tooBig },
  { weight: 1, arbitrary: moved },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type PacketStep = Extract<Step, { kind: "packet" }>;

// --- and how it is done

/** Leaves the transport checksum to a network card: the sum of the pseudo header is there. */
function partial(frame: Frame): void {
  const { view, start, end } = frame;
  const isTcp = view.getUint8(start + 23) === 6;
  let sum = (isTcp ? 6 : 17) + (end - start - 34);
  for (let word = 26; word < 34; word += 2) sum += view.getUint16(start + word);
  sum = (sum & 0xffff) + (sum >>> 16);
  frame.checksumStart = 34;
  frame.checksumOffset = isTcp ? 16 : 6;
  view.setUint16(start + 34 + frame.checksumOffset, (sum & 0xffff) + (sum >>> 16));
}

function madeOf(ends: string, isTcp: boolean, { flags, length, headerError, ...fields }: PacketStep): Packet {
  const { error, tcpOptions, sequence, acknowledgement, unchecked, ttl, tos } = fields;
  const { dontFragment, moreFragments, options } = fields;
  const ofIpv4 = { dontFragment, moreFragments, options };
  const common = { ttl, tos, error, data: counting(length) };
  const header = ends.includes("[") ? common : { ...common, ...ofIpv4, ...(headerError === 0 ? {} : { headerError }) };
  return isTcp
    ? tcp(ends, flags, { ...header, tcpOptions, sequence, acknowledgement })
    : udp(ends, ends.includes("[") ? header : { ...header, unchecked });
}

/** Notes whom the server sees in a packet that got to one, perhaps in a tunnel. */
function note(flow: Flow, sent: readonly Seen[]): void {
  const [seen] = sent.filter(({ port, protocol }) => port === "eth1" && (protocol === 6 || protocol === 17));
  if (seen !== undefined) [flow.peer = "", flow.server = ""] = seen.ends.split(" > ");
}

function sendPacket(twins: Twins, flow: Flow, doing: PacketStep): void {
  if (doing.answers && flow.server === "") return;
  const client = flow.client.replace(/\d+$/, (port) => `${Number(port) + 4 * doing.beyond}`);
  const ends = doing.answers ? `${flow.server} > ${flow.peer}` : `${client} > ${flow.virtual}`;
  const flags = doing.beyond > 0 && doing.flags === "." ? "S" : doing.flags;
  const made = madeOf(ends, flow.isTcp, { ...doing, flags });
  for (let time = 0; time < doing.times; time++) {
    const sent = twins.receive(made, doing.answers ? "eth1" : "eth0", (frame) => {
      if (doing.partial && !ends.includes("[") && doing.options.length === 0 && !doing.moreFragments) partial(frame);
      frame.end += doing.padding <= frame.bytes.length - frame.end ? doing.padding : 0;
    });
    if (!doing.answers && doing.beyond === 0) note(flow, sent);
  }
}

/** What arrives, of known clients on this side; `undefined` if it does not. New clients of IPv6 would get other handles. */
function packetOf(
  doing: PacketStep | Extract<Step, { kind: "too big" }>,
  all: readonly Flow[],
  answers: boolean,
): Packet | undefined {
  if (doing.kind === "too big") {
    const quoted = tcp(`${INSIDE}:9 > ${doing.from}:9`, ".", { dontFragment: true });
    return icmpAbout(`${doing.from} > ${INSIDE}`, 3, 4, quoted, { rest: doing.mtu });
  }
  const flow = all[doing.flow];
  if (flow === undefined || (answers && flow.server === "")) return undefined;
  const beyond = flow.client === IPV6_CLIENT ? 0 : doing.beyond;
  const client = flow.client.replace(/\d+$/, (port) => `${Number(port) + 4 * beyond}`);
  return madeOf(answers ? `${flow.server} > ${flow.peer}` : `${client} > ${flow.virtual}`, flow.isTcp, doing);
}

function run(twins: Twins, all: readonly Flow[], doing: Step): void {
  switch (doing.kind) {
    case "packet": {
      const flow = all[doing.flow];
      if (flow !== undefined) sendPacket(twins, flow, doing);
      return;
    }
    case "command":
      twins.ipvsadm(doing.line);
      return;
    case "sysctl":
      twins.sysctl(doing.name, doing.value);
      return;
    case "wait":
      twins.wait(doing.seconds);
      return;
    case "too big": {
      const quoted = tcp(`${INSIDE}:9 > ${doing.from}:9`, ".", { dontFragment: true });
      twins.receive(icmpAbout(`${doing.from} > ${INSIDE}`, 3, 4, quoted, { rest: doing.mtu }));
      return;
    }
    case "moved":
      twins.arp(doing.operation, doing.server, "02:00:00:00:02:77", "eth1", INSIDE);
  }
}

const PLAIN: PacketStep = {
  kind: "packet",
  flow: 0,
  answers: false,
  beyond: 0,
  times: 1,
  flags: ".",
  length: 0,
  ttl: 64,
  tos: 0,
  dontFragment: true,
  moreFragments: false,
  options: [],
  tcpOptions: [],
  sequence: 0,
  acknowledgement: 0,
  error: 0,
  headerError: 0,
  unchecked: false,
  partial: false,
  padding: 0,
};

/** Every connection is there, most of them established. */
function open(twins: Twins, all: readonly Flow[]): void {
  for (const flow of all) {
    const ends = `${flow.client} > ${flow.virtual}`;
    const say = (between: string, flags: string, sequence: number, acknowledgement: number): readonly Seen[] =>
      twins.receive(madeOf(between, flow.isTcp, { ...PLAIN, flags, sequence, acknowledgement }));
    note(flow, say(ends, "S", 1000, 0));
    if (flow.server !== "") say(`${flow.server} > ${flow.peer}`, "S.", 5000, 1001);
    if (flow.isTcp) say(ends, ".", 1001, 5001);
  }
}

const framed = (packet: Packet): Frame => Frame.of(ethernet(DIRECTOR_MACS.eth0 ?? "", macOf(sourceOf(packet)), packet));

describe("the fast path beside the walk", () => {
  for (const neighbors of [true, false]) {
    it(`mixed traffic, commands and time, ${neighbors ? "permanent neighbors" : "neighbors by ARP"}`, () => {
      let taken = 0;
      let all = 0;
      fc.assert(
        fc.property(fc.array(step, { minLength: 40, maxLength: 80 }), (steps) => {
          const twins = new Twins({
            rules: [...RULES, ...RULES6],
            marks: MARKS,
            ipv6: true,
            neighbors,
            mtu: [1500, 1480],
          });
          const conversations = flows();
          open(twins, conversations);
          for (const doing of steps) run(twins, conversations, doing);
          taken += twins.fast.director.fastPackets;
          all += twins.fast.director.counts[0] ?? 0;
        }),
        { numRuns: 5 },
      );
      expect(taken / all, "packets on the fast path, of those sent").to.be.greaterThan(0.1);
    });
  }

  it("frames that arrive together, some of which change what was seen of the others", () => {
    const together = fc.tuple(
      fc.boolean(),
      fc.array(fc.oneof({ weight: 12, arbitrary: packet }, { weight: 1, arbitrary: tooBig }), {
        minLength: 2,
        maxLength: 100,
      }),
    );
    fc.assert(
      fc.property(fc.array(together, { minLength: 5, maxLength: 10 }), (batches) => {
        const twins = new Twins({ rules: [...RULES, ...RULES6], marks: MARKS, ipv6: true, neighbors: true });
        const conversations = flows();
        open(twins, conversations);
        for (const [answers, list] of batches) {
          const packets = list.flatMap((doing) => packetOf(doing, conversations, answers) ?? []);
          twins.receiveTogether(packets, answers ? "eth1" : "eth0");
        }
        expect(twins.fast.director.fastPackets).to.be.greaterThan(0);
      }),
      { numRuns: 5 },
    );
  });

  it("frames that arrive together where there are more connections than a processor's cache holds", () => {
    const twins = new Twins({ rules: service("-m", [SERVER], { at: at(80) }), neighbors: true });
    const of = (flags: string, client: number): Packet => tcp(`${CLIENT}:${20_000 + client} > ${VIP}:80`, flags);
    for (let client = 0; client < 4100; client++)
      for (const { director } of [twins.fast, twins.walked]) director.receive(framed(of("S", client)), 0, 0);
    const clients = Array.from({ length: 70 }, (_, index) => index * 58);
    for (const flags of [".", "P."])
      twins.receiveTogether(
        clients.map((client) => of(flags, client)),
        "eth0",
      );
    expect(twins.fast.director.fastPackets).to.equal(4100 + clients.length);
  });

  it("a virtual address that is a local address, too: its clients' packets, and replies to it", () => {
    const rules = [...service("-m", [SERVER], { at: at(80) }), ...service("-b", [SERVER2], { at: at(84) })];
    const twins = new Twins({ rules: [...rules, `-P ${at(84)} -z ${VIP}`], neighbors: true });
    const say = (ends: string, flags: string): readonly Seen[] =>
      twins.receive(tcp(ends, flags, { sequence: 1001, acknowledgement: 5001 }));
    for (const port of [80, 84]) {
      const ends = `${CLIENT}:40000 > ${VIP}:${port}`;
      const [peer, server] = (say(ends, "S")[0]?.ends ?? "").split(" > ");
      say(`${server} > ${peer}`, "S.");
      say(ends, ".");
      const before = twins.fast.director.fastPackets;
      say(ends, ".");
      say(`${server} > ${peer}`, ".");
      expect(twins.fast.director.fastPackets - before, `at port ${port}`).to.equal(2);
    }
  });

  it("tunnels: whatever TOS, TTL and DF the packet inside has, and whether DF counts", () => {
    const twins = new Twins({ rules: service("-i", [SERVER], { at: at(82) }), neighbors: true });
    const ends = `${CLIENT}:40000 > ${VIP}:82`;
    for (const flags of ["S", "."]) twins.receive(tcp(ends, flags));
    for (const pmtuDisc of [1, 0]) {
      twins.sysctl("net.ipv4.vs.pmtu_disc", pmtuDisc);
      for (const tos of [0, 1, 2, 3, 0xb8, 0xbb]) {
        for (const dontFragment of [true, false]) {
          const before = twins.fast.director.fastPackets;
          for (const ttl of [2, 64, 255]) twins.receive(tcp(ends, "P.", { tos, ttl, dontFragment, data: counting(5) }));
          expect(twins.fast.director.fastPackets - before).to.equal(3);
        }
      }
    }
  });

  it("frames that come alone: timers are those of the walk whenever the clock moves on, and whatever a timeout is set to", () => {
    const rules = [...service("-m", [SERVER], { at: at(80) }), ...service("-g", [SERVER2], { at: at(54, "-u") })];
    const twins = new Twins({ rules, neighbors: true });
    const [overTcp, overUdp] = [`${CLIENT}:40000 > ${VIP}:80`, `${CLIENT}:40000 > ${VIP}:54`];
    const both = (): void => {
      twins.receive(tcp(overTcp, "."));
      twins.receive(udp(overUdp, { data: counting(4) }));
    };
    twins.receive(tcp(overTcp, "S"));
    both();
    for (const timeouts of ["", "--set 100 0 0", "--set 0 0 7", "--set 900 0 300"]) {
      if (timeouts !== "") twins.ipvsadm(timeouts);
      for (const seconds of [0, 0.001, 0.0101, 3]) {
        twins.wait(seconds);
        both();
        both();
      }
    }
    expect(twins.fast.director.fastPackets).to.be.greaterThan(60);
  });

  it("takes first packets, too: SYNs, datagrams, and what no service is for", () => {
    const { fast, walked } = new Twins({ rules: RULES, marks: MARKS, neighbors: true });
    const packets = [...TCP_PORTS, ...UDP_PORTS].map((port) => {
      const ends = `${CLIENT}:40000 > ${VIP}:${port}`;
      return TCP_PORTS.includes(port) ? tcp(ends, "S") : udp(ends, { data: counting(4) });
    });
    for (const made of packets) fast.receive(made);
    expect(fast.director.fastPackets).to.equal(packets.length);
    expect(walked.director.fastPackets).to.equal(0);
  });
});
