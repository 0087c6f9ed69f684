/** What tests expect of packets: checks that hold, checks that fail and say why; cases as suites; packets at random. */
import { strictEqual, throws } from "node:assert";
import { expect } from "chai";
import fc from "fast-check";
import { createDirector, type Director, UsageError } from "tapvs";
import { packets, rules, traffic } from "tapvs/arbitraries";
import { type Packet, tcp, udp } from "tapvs/packet";
import {
  AssertionError,
  between,
  carries,
  conversation,
  ends,
  expectFrame,
  expectFrames,
  expectSent,
  expectVerdict,
  flags,
  fragment,
  icmpError,
  inside,
  LAB,
  lab,
  length,
  onPort,
  protocol,
  quotes,
  runCases,
  sequence,
  service,
  tcpOptions,
  ttl,
  wrong,
} from "tapvs/testing";

const CLIENT = "10.1.0.7:40000 > 10.1.0.100:80";

const director = (method = "-m"): Director =>
  createDirector({
    interfaces: { eth0: "10.1.0.100/24", eth1: "10.2.0.1/24" },
    neighbors: { "10.1.0.7": "02:00:00:00:00:07", "10.2.0.2": "02:00:00:00:00:09" },
    rules: ["-A -t 10.1.0.100:80 -s rr", `-a -t 10.1.0.100:80 -r 10.2.0.2 ${method}`],
  });

/** The message of what is thrown, which is an AssertionError. */
function failure(check: () => unknown): string {
  try {
    check();
  } catch (error) {
    if (error instanceof AssertionError) return error.message;
    throw error;
  }
  return expect.fail("nothing was thrown");
}

describe("expectations", () => {
  it("hold for what was sent", () => {
    const received = director().receive("eth0", tcp(CLIENT, "S", { sequence: 7, mss: 1460 }));
    const expected = expectSent(received).on("eth1").to("10.2.0.2:80").from("10.1.0.7:40000").checksumsRight();
    expected
      .nextHop("02:00:00:00:00:09")
      .to("10.2.0.2")
      .with(ttl(63), flags("S"), sequence(7), tcpOptions(2, 4, 5, 180));
    strictEqual(expected.frame, received.sent[0]);
    expectVerdict(received, "sent");
  });

  it("say what came instead, and the walk that led there", () => {
    const received = director().receive("eth0", tcp(CLIENT, "S"));
    expect(failure(() => expectSent(received).on("eth0"))).equals(
      'port of eth1 tcp 10.1.0.7:40000 > 10.2.0.2:80 S ttl 63: expected "eth0", got "eth1"',
    );
    expect(failure(() => expectSent(received).to("10.2.0.3:80"))).includes('expected "10.2.0.3:80", got "10.2.0.2:80"');
    expect(failure(() => expectSent(received).from("10.1.0.8"))).includes("source of");
    expect(failure(() => expectSent(received, 2))).matches(
      /^expected a frame 2 to be sent, got eth1 tcp .*\n\npacket 1 {2}/,
    );
    const dropped = director().receive("eth0", tcp("10.1.0.7:40000 > 10.9.0.1:80", "S"));
    expect(failure(() => expectVerdict(dropped, "sent"))).matches(/^expected the verdict sent, got no-route\n\n/);
    expect(failure(() => expectSent({ sent: [] }))).equals("expected one frame to be sent, got none");
  });

  it("refuse what is no result, and no check", () => {
    expect(() => expectSent([] as never)).throws(
      UsageError,
      /^expected what receive or advance of a director returned, got a list$/,
    );
    const result = { sent: [{ port: "eth0" }] } as never;
    expect(() => expectSent(result).with("ttl 3" as never)).throws(
      UsageError,
      'expected a check such as ttl(63), got "ttl 3"',
    );
  });

  it("are errors of assert, with what differs", () => {
    const received = director().receive("eth0", tcp(CLIENT, "S"));
    throws(() => expectSent(received).on("eth0"), { code: "ERR_ASSERTION", actual: "eth1", expected: "eth0" });
  });
});

describe("a lab", () => {
  for (const ipv6 of [false, true]) {
    it(`needs rules and packets only${ipv6 ? ", in IPv6" : ""}`, () => {
      const [client, vip, [server]] = ipv6
        ? [`[${LAB.client6}]`, `[${LAB.vip6}]`, LAB.servers6.map((address) => `[${address}]:80`)]
        : [LAB.client, LAB.vip, LAB.servers.map((address) => `${address}:80`)];
      const rules = service("-m", [server ?? ""], { at: `-t ${vip}:80` });
      const { receive, director: made } = lab(rules, { ipv6, sysctl: { conn_reuse_mode: 0 } });
      expectSent(receive(tcp(`${client}:40000 > ${vip}:80`, "S")))
        .on("eth1")
        .to(server ?? "")
        .checksumsRight();
      expectSent(receive(tcp(`${server} > ${client}:40000`, "S.")))
        .on("eth0")
        .from(`${vip}:80`);
      expect(made.sysctl("net.ipv4.vs.conn_reuse_mode")).equals("0");
    });
  }

  it("refuses names that mean nothing, and what is no packet", () => {
    expect(() => lab([], { mtus: 1 } as never)).throws(UsageError, /^mtus: no such option; expected one of mtu, /);
    expect(() => service("-m", [], { schedular: "rr" } as never)).throws(UsageError, /^schedular: no such option/);
    expect(() => service("-m", "192.168.1.2" as never)).throws(UsageError, /^expected a list of real servers/);
    expect(() => service(undefined as never)).throws(UsageError, /^expected a forwarding method such as -m/);
    expect(() => lab().receive("S" as never)).throws(UsageError, /^expected a packet of tapvs\/packet/);
  });

  it("takes further keys of a description", () => {
    const made = lab(service("-m"), { description: { connections: { max: 1 } }, neighbors: false });
    const [first, second] = [1, 2].map((port) => made.receive(tcp(`${LAB.farClient}:${port} > ${LAB.vip}:80`, "S")));
    expect([first?.verdict, second?.verdict]).deep.equals(["parked", "connections-full"]);
  });
});

describe("a conversation", () => {
  it("goes both ways with the numbers of TCP", () => {
    const talk = conversation(director(), "eth0", CLIENT, { clientIsn: 0xffff_ffff }).open();
    expect([talk.peer, talk.server]).deep.equals(["10.1.0.7:40000", "10.2.0.2:80"]);
    const asked = talk.say("P.", { data: "GET /" });
    expect([asked.fields.sequence, asked.fields.acknowledgement]).deep.equals([0, 5001]);
    const answered = talk.answer("P.", { data: "200" });
    expect([answered.fields.ends, answered.fields.acknowledgement]).deep.equals(["10.1.0.100:80 > 10.1.0.7:40000", 5]);
    expectFrame(talk.say("F."), flags("F."), ends("10.1.0.7:40000 > 10.2.0.2:80"));
  });

  it("is over where nobody gets what was said", () => {
    const talk = conversation(director(), "eth0", "10.1.0.7:40000 > 10.9.0.1:80");
    expect(failure(() => talk.say("S"))).matches(
      /^no-route: expected one frame for the server, got .*10\.1\.0\.100 > 10\.1\.0\.7/,
    );
    expect(talk.server).equals("");
  });
});

describe("checks of frames", () => {
  const port = "eth0";
  const sent = (packet: Packet) => ({ port, fields: packet.fields });

  it("compose", () => {
    const frame = sent(udp("10.1.0.1:5 > 10.1.0.2:6", { data: "abc", ttl: 9 }));
    expectFrame(
      frame,
      onPort(port),
      ends("10.1.0.1:5 > 10.1.0.2:6"),
      between("10.1.0.1 > 10.1.0.2"),
      protocol(17),
      length(31),
    );
    expectFrames([frame, frame], [carries("abc")], [ttl(9), fragment(0, false)]);
  });

  it("verify checksums unless one says what is wrong", () => {
    const frame = sent(tcp(CLIENT, "S", { error: 1 }));
    expect(failure(() => expectFrame(frame, ttl(64)))).includes('expected "", got "tcp checksum"');
    expectFrame(frame, wrong("tcp checksum"));
    expect(failure(() => expectFrame(undefined))).equals("expected a frame, there is none");
    expect(failure(() => expectFrames([], [ttl(1)]))).equals("expected 1 frames, got 0: none");
  });

  it("look into tunnels and errors", () => {
    const tunnelled = director("-i").receive("eth0", tcp(CLIENT, "S"));
    expectSent(tunnelled).with(protocol(4), inside(ends(CLIENT), ttl(63)));
    const expired = director().receive("eth0", tcp(CLIENT, "S", { ttl: 1 }));
    expectSent(expired)
      .on("eth0")
      .with(icmpError(11, 0), quotes(ends(CLIENT)));
    expect(failure(() => inside()(sent(tcp(CLIENT, "S"))))).includes("expected a tunnel");
  });
});

describe("random packets, rules and traffic", () => {
  it("are sound, in both families, and never throw", () => {
    for (const family of [
      { from: "10.1.0.7", to: "10.1.0.100" },
      { from: "2001:db8::7", to: "2001:db8::100" },
    ])
      fc.assert(
        fc.property(packets(family), (packet) => {
          expect(packet.fields.problem).equals("");
          director().receive("eth0", packet);
        }),
        { numRuns: 30 },
      );
  });

  it("are taken, and what comes of them is sound", () => {
    const service = "10.1.0.100:80";
    const given = rules({ service, servers: ["10.2.0.2:80", "10.2.0.3:8080"] });
    fc.assert(
      fc.property(given, traffic({ clients: ["10.1.0.7", "10.1.0.8"], service }), (lines, events) => {
        const one = createDirector({
          interfaces: { eth0: "10.1.0.100/24", eth1: "10.2.0.1/24" },
          neighbors: { "10.2.0.2": "02:00:00:00:00:02", "10.2.0.3": "02:00:00:00:00:03" },
          rules: lines,
        });
        for (const event of events) {
          const { sent } = "wait" in event ? one.advance(event.wait) : one.receive("eth0", event.packet);
          for (const { fields } of sent) expect(fields.problem).equals("");
        }
      }),
      { numRuns: 20 },
    );
  });
});

runCases("examples/nat");
