/** A director through the public door: what arrives, what it says of it, and what it refuses. */
import { inspect } from "node:util";
import { expect } from "chai";
import { createDirector, DescriptionError, type Director, IpvsadmError, UsageError } from "tapvs";
import { ethernet, tcp, udp } from "tapvs/packet";

const CLIENT = "10.1.0.7:40000 > 10.1.0.100:80";
const WEB = ["-A -t 10.1.0.100:80 -s rr", "-a -t 10.1.0.100:80 -r 10.2.0.2 -m"];

const nat = (rules: readonly string[] = WEB): Director =>
  createDirector({
    interfaces: { eth0: "10.1.0.100/24", eth1: ["10.2.0.1/24", "2001:db8:2::1/64"] },
    neighbors: {
      "10.1.0.7": "02:00:00:00:00:07",
      "10.2.0.2": "02:00:00:00:00:09",
      "2001:db8:2::2": "02:00:00:00:00:0a",
    },
    rules,
  });

/** What a mistake throws. */
function thrownBy(mistake: () => unknown): Error {
  try {
    mistake();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  return expect.fail("nothing was thrown");
}

describe("a director of the library", () => {
  it("sends a packet on, and says so in bytes, fields and words", () => {
    const received = nat().receive("eth0", tcp(CLIENT, "S"));
    expect(received.verdict).equals("sent");
    expect(received.sent).lengthOf(1);
    const [frame] = received.sent;
    expect(frame?.port).equals("eth1");
    expect(frame?.text).equals("tcp 10.1.0.7:40000 > 10.2.0.2:80 S ttl 63");
    expect(frame?.fields.toMac).equals("02:00:00:00:00:09");
    expect(frame?.fields.ends).equals("10.1.0.7:40000 > 10.2.0.2:80");
    expect(frame?.fields.problem).equals("");
    expect(frame?.bytes).lengthOf(54);
  });

  it("is printed by console.log with what its getters give", () => {
    const director = nat();
    const received = director.receive("eth0", tcp(CLIENT, "S"));
    expect(inspect(director)).equals("Director { ports: [ 'eth0', 'eth1' ], now: 0 }");
    expect(inspect(received.sent[0]))
      .includes("text: 'tcp 10.1.0.7:40000 > 10.2.0.2:80 S ttl 63'")
      .and.includes("destination: '10.2.0.2'");
    expect(inspect(received))
      .includes("{ code: 'ttl', sentence: 'The TTL drops from 64 to 63.' }")
      .and.not.includes("[Getter]");
    expect(inspect(received.steps.at(-1))).includes("verdict: 'sent'");
  });

  it("has steps with codes, values and sentences", () => {
    const { steps } = nat().receive("eth0", tcp(CLIENT, "S"));
    const scheduled = steps.find((step) => step.code === "scheduled");
    expect(scheduled?.values.picked).equals("10.2.0.2:80");
    expect(scheduled?.values.candidates.map(({ weight }) => weight)).deep.equals([1]);
    const created = steps.find((step) => step.code === "created");
    expect(created?.values.connection).includes({ client: "10.1.0.7:40000", destination: "10.2.0.2:80" });
    const routed = steps.find((step) => step.code === "routed");
    expect(routed?.values.destination).equals("10.1.0.100");
    expect(steps.map(String).at(-1)).equals("The end: sent.");
  });

  it("says why it drops", () => {
    const received = nat(["-A -t 10.1.0.100:80"]).receive("eth0", tcp(CLIENT, "S"));
    expect(received.verdict).equals("no-destination");
    expect(String(received.steps.at(-1))).includes("no usable real server");
  });

  it("takes any bytes", () => {
    const director = nat();
    expect(director.receive("eth0", new Uint8Array()).verdict).equals("frame-too-short");
    expect(director.receive("eth0", new Uint8Array(60)).verdict).equals("ieee-802.3");
    const long = ethernet("02:00:00:00:00:01", "02:00:00:00:00:07", tcp(CLIENT, "P.", { data: "x".repeat(60_000) }));
    const longest = new Uint8Array(300_000);
    longest.set(long);
    for (const bytes of [long, longest]) expect(director.receive("eth0", bytes).verdict).equals("delivered");
  });

  it("comes from the neighbor that the source is, and goes to whom it asks", () => {
    const director = nat();
    const shown = director.receive("eth0", tcp(CLIENT, "S")).explain();
    expect(shown).includes("packet 1  ").and.includes("02:00:00:00:00:07  -> 02:00:00:00:00:02");
    expect(director.explain()).equals(shown);
    const { verdict, sent } = director.receive("eth1", tcp("10.2.0.2:80 > 10.1.0.8:40000", "S."));
    expect(verdict).equals("parked");
    expect(sent.map(({ text }) => text)).deep.equals(["arp 10.1.0.100 > 10.1.0.8 request"]);
  });

  it("is answered by every neighbor that it asks for, if that is wanted", () => {
    const rules = [...WEB, "-A -t [2001:db8:2::1]:80 -s rr", "-a -t [2001:db8:2::1]:80 -r [2001:db8:2::2]:80 -m"];
    const interfaces = { eth0: "10.1.0.100/24", eth1: ["10.2.0.1/24", "2001:db8:2::1/64"] };
    const director = createDirector({ interfaces, rules }, { neighborsAnswer: true });
    const { verdict, sent, steps } = director.receive("eth0", tcp(CLIENT, "S"));
    expect(verdict).equals("sent");
    expect(sent.map(({ text }) => text)).deep.equals([
      "arp 10.2.0.1 > 10.2.0.2 request",
      "tcp 10.1.0.7:40000 > 10.2.0.2:80 S ttl 63",
    ]);
    expect(sent[1]?.fields.toMac).equals("02:fe:0a:02:00:02");
    expect(String(steps.at(-1))).equals("The end: sent.");
    expect(director.receive("eth0", tcp(CLIENT, ".")).sent).lengthOf(1);
    const inIpv6 = director.receive("eth1", tcp("[2001:db8:2::7]:40000 > [2001:db8:2::1]:80", "S"));
    expect(inIpv6.sent.at(-1)?.fields.ends).equals("[2001:db8:2::7]:40000 > [2001:db8:2::2]:80");
  });

  it("lists connections and counters, and forgets connections as time passes", () => {
    const director = nat();
    director.receive("eth0", tcp(CLIENT, "S"));
    expect(director.connections()).deep.equals([
      {
        protocol: "TCP",
        client: "10.1.0.7:40000",
        virtual: "10.1.0.100:80",
        destination: "10.2.0.2:80",
        state: "SYN_RECV",
        secondsLeft: 60,
        template: false,
      },
    ]);
    const { services, verdicts, inBytes } = director.stats();
    expect(verdicts).deep.equals({ sent: 1 });
    expect(inBytes).equals(40);
    expect(services[0]?.service).equals("-t 10.1.0.100:80");
    expect(services[0]?.destinations[0]).includes({ destination: "10.2.0.2:80", forwarding: "Masq", inPackets: 1 });
    expect(director.advance("59 s").steps).deep.equals([]);
    expect(director.advance(15).steps.map(({ code }) => code)).deep.equals(["expired"]);
    expect(director.connections()).deep.equals([]);
    expect(director.now).equals(74);
  });

  it("hands every frame to its link", () => {
    const heard: string[] = [];
    const link = { send: ({ port, text }: { port: string; text: string }) => heard.push(`${port} ${text}`) };
    const director = createDirector({ interfaces: { eth0: "10.1.0.100/24" } }, { link });
    director.receive("eth0", udp("10.1.0.7:1 > 10.1.0.100:2"));
    expect(heard).deep.equals(["eth0 arp 10.1.0.100 > 10.1.0.7 request"]);
  });

  it("is made from a director.yaml, too", () => {
    const director = createDirector(`
interfaces:
  - {name: eth0, addresses: [10.1.0.100/24]}
rules: |
  -A -u 10.1.0.100:53 -s rr
`);
    expect(director.ports).deep.equals(["eth0"]);
    expect(director.ipvsadm("-Sn")).equals("-A -u 10.1.0.100:53 -s rr\n");
  });

  it("reads the rules that a director.yaml names, and says where in them a mistake is", () => {
    const yaml = "interfaces: {eth0: 10.1.0.100/24}\nrules: web.ipvs\n";
    const director = createDirector(yaml, { readFile: (name) => `# ${name}\n-A -u 10.1.0.100:53 -s rr\n` });
    expect(director.ipvsadm("-Sn")).equals("-A -u 10.1.0.100:53 -s rr\n");
    const mistaken = (): Director =>
      createDirector(yaml, { readFile: () => "-A -u 10.1.0.100:53\n-A -u 10.1.0.100:53\n" });
    expect(mistaken).throws(DescriptionError, "web.ipvs:2: Service already exists");
  });

  it("balances IPv6", () => {
    const director = nat(["-A -t [2001:db8:2::1]:80 -s rr", "-a -t [2001:db8:2::1]:80 -r [2001:db8:2::2]:8080 -m"]);
    const { sent } = director.receive("eth1", tcp("[2001:db8:2::7]:40000 > [2001:db8:2::1]:80", "S", { mss: 1440 }));
    expect(sent[0]?.fields.ends).equals("[2001:db8:2::7]:40000 > [2001:db8:2::2]:8080");
    expect(sent[0]?.fields.mss).equals(1440);
    expect(sent[0]?.fields.problem).equals("");
  });

  it("reads and writes switches as sysctl(8)", () => {
    const director = nat();
    director.sysctl("net.ipv4.vs.conn_reuse_mode", 0);
    expect(() => director.sysctl(5 as never)).throws(UsageError, /^expected the name of a switch/);
    expect(director.sysctl("net/ipv4/vs/conn_reuse_mode")).equals("0");
  });
});

describe("wrong use of the library", () => {
  const mistakes: readonly (readonly [string, () => unknown, abstract new (...args: never[]) => Error, string])[] = [
    [
      "a frame for a port that is not there",
      () => nat().receive("eth9", tcp(CLIENT, "S")),
      UsageError,
      'no port "eth9": expected one of the director\'s interfaces, eth0, eth1',
    ],
    [
      "a prefix that cannot be",
      () => createDirector({ interfaces: { eth0: "10.1.0.1/99" } }),
      DescriptionError,
      'interfaces.eth0: expected an address with the length of its prefix, such as 10.1.0.254/24 or 2001:db8::1/64, got "10.1.0.1/99"',
    ],
    [
      "a neighbor on no device",
      () => createDirector({ interfaces: { eth0: "10.1.0.1/24" }, neighbors: { "10.9.0.1": "02:00:00:00:00:01" } }),
      DescriptionError,
      'neighbors["10.9.0.1"].dev: missing: expected the name of the interface that it is on, as no interface has a network with 10.9.0.1',
    ],
    [
      "a route by an unknown interface",
      () => createDirector({ interfaces: { eth0: "10.1.0.1/24" }, routes: { default: { dev: "eth7" } } }),
      DescriptionError,
      'routes.default.dev: expected the name of one of the interfaces, got "eth7"',
    ],
    [
      "an unknown key",
      () => createDirector(Object.assign({ interfaces: { eth0: "10.1.0.1/24" } }, { rule: "" })),
      DescriptionError,
      "rule: unknown key; known here: interfaces, routes, neighbors, marks, sysctl, modules, kernel, connections, ha, rules",
    ],
    [
      "a description in a text that is none",
      () => createDirector("interfaces:\n  eth0: {mtu: 1}\n"),
      DescriptionError,
      "director.yaml:2:15: interfaces.eth0.mtu: expected a whole number from 68 to 65535, got 1",
    ],
    [
      "a text that names a file of rules",
      () => createDirector("interfaces: {eth0: }\nrules: rules.ipvs\n"),
      DescriptionError,
      "director.yaml:2:8: rules: expected the lines themselves, as ipvsadm -S prints them, or the option readFile for a file of them",
    ],
    [
      "an unknown switch in a description",
      () => createDirector({ interfaces: { eth0: "10.1.0.1/24" }, sysctl: { "net.ipv4.foo": 1 } }),
      DescriptionError,
      'sysctl["net.ipv4.foo"]: sysctl: cannot stat /proc/sys/net/ipv4/foo: No such file or directory',
    ],
    [
      "an unknown switch",
      () => nat().sysctl("net.ipv4.vs.foo"),
      UsageError,
      "sysctl: cannot stat /proc/sys/net/ipv4/vs/foo: No such file or directory",
    ],
    [
      "a value that the kernel refuses",
      () => nat().sysctl("net.ipv4.vs.sync_version", "many"),
      UsageError,
      'sysctl: setting key "net.ipv4.vs.sync_version": Invalid argument',
    ],
    [
      "a rule that is refused",
      () => nat([...WEB, ...WEB]),
      DescriptionError,
      "rules:3: Service already exists\nrules:4: Destination already exists",
    ],
    [
      "a packet in words where a packet is expected",
      () => nat().receive("eth0", "tcp 10.1.0.7:40000 > 10.1.0.100:80 S" as never),
      UsageError,
      'expected a packet of tapvs/packet, or the bytes of a frame, got "tcp 10.1.0.7:40000 > 10.1.0.100:80 S"; packet(words) makes one of words',
    ],
    [
      "a port that is none",
      () => nat().receive(7 as never, tcp(CLIENT, "S")),
      UsageError,
      "no port 7: expected one of the director's interfaces, eth0, eth1",
    ],
    [
      "a list where a line of ipvsadm is expected",
      () => nat().ipvsadm(["-L"] as never),
      UsageError,
      'expected a line of ipvsadm such as "-A -t 10.1.0.100:80 -s rr", got a list',
    ],
    [
      "an option that is none",
      () => createDirector({ interfaces: { eth0: "10.1.0.1/24" } }, { sed: 1 } as never),
      UsageError,
      "sed: no such option; expected one of link, readFile, neighborsAnswer, seed",
    ],
    [
      "no options at all",
      () => createDirector({ interfaces: { eth0: "10.1.0.1/24" } }, null as never),
      UsageError,
      "expected an object with any of link, readFile, neighborsAnswer, seed; got null",
    ],
    [
      "a link that is none",
      () => createDirector({ interfaces: { eth0: "10.1.0.1/24" } }, { link: 1 as never }),
      UsageError,
      "link: expected an object with a function send, got 1",
    ],
    [
      "a seed that is none",
      () => createDirector({ interfaces: { eth0: "10.1.0.1/24" } }, { seed: 0.5 }),
      UsageError,
      `seed: expected a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, got 0.5`,
    ],
    [
      "a time of more than 285 years",
      () => nat().advance(1e300),
      UsageError,
      '1e+300: expected a time such as "15 min", "300 ms", or seconds as a number',
    ],
    [
      "a time that is none",
      () => nat().advance("a while"),
      UsageError,
      '"a while": expected a time such as "15 min", "300 ms", or seconds as a number',
    ],
  ];
  for (const [what, mistake, kind, message] of mistakes) {
    it(`${what} is an error that says what to do`, () => {
      const error = thrownBy(mistake);
      expect(error).instanceOf(kind);
      expect(error.message).equals(message);
    });
  }

  it("a refused command throws exit status and text", () => {
    const error = thrownBy(() => nat().ipvsadm("-a -t 10.1.0.100:81 -r 10.2.0.2 -m"));
    expect(error).instanceOf(IpvsadmError).includes({ code: 255, err: "Service not defined\n" });
    expect(thrownBy(() => nat().ipvsadm("-A -t 10.1.0.200:80 -s foo"))).includes({ code: 255 });
  });

  it("all mistakes of a description are told at once, each with its place", () => {
    const error = thrownBy(() =>
      createDirector({ interfaces: { eth0: ["10.1.0.1/24", "x"], "a/b": "10.2.0.1" }, sysctl: { foo: 1 } }),
    );
    const places = error instanceof DescriptionError ? error.problems.map(({ place }) => place) : [];
    expect(places).deep.equals(["interfaces.eth0[1]", 'interfaces["a/b"]', 'interfaces["a/b"]', "sysctl.foo"]);
  });
});
