import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { parseTranscript, type Transcript } from "../../../src/core/capture/transcript.ts";
import { formatTranscript, formatTranscriptHead } from "../../../src/core/capture/transcript-writer.ts";
import { prefixed } from "../../../src/core/host/config/config.ts";
import { ipv4 as ipv4Address } from "../../../src/core/wire/address.ts";

const GOLDEN = "fixtures/golden";

const parsed = (text: string): Transcript => {
  const result = parseTranscript(text);
  if (result.kind === "errors") throw new Error(JSON.stringify(result.errors));
  return result.transcript;
};

const errorsOf = (...lines: readonly string[]): (readonly [number, string])[] => {
  const result = parseTranscript(lines.join("\n"));
  return result.kind === "errors" ? result.errors.map(({ line, message }) => [line, message]) : [];
};

const valuesOf = (text: string): unknown[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);

const HEAD = {
  transcript: 1,
  interfaces: [
    { name: "eth0", mac: "02:00:00:00:01:64", addresses: ["10.1.0.254/24", "10.1.0.100/32"] },
    { name: "eth1", mac: "02:00:00:00:02:64", mtu: 1000, addresses: [] },
  ],
};
const head = (changes: Readonly<Record<string, unknown>> = {}): string => JSON.stringify({ ...HEAD, ...changes });

describe("transcripts of the kernel", () => {
  const names = readdirSync(GOLDEN).filter((name) => name.endsWith(".jsonl"));

  it("are 72", () => {
    expect(names.length).equals(72);
  });

  for (const name of names) {
    it(`${name} is the same once parsed and written`, () => {
      const text = readFileSync(`${GOLDEN}/${name}`, "utf8");
      const written = valuesOf(formatTranscript(parsed(text)));
      const recorded = valuesOf(text);
      expect(written.length).equals(recorded.length);
      for (const [index, value] of recorded.entries()) expect(written[index], `line ${index + 1}`).deep.equals(value);
    });
  }
});

describe("a transcript", () => {
  it("describes the director with values ready for use", () => {
    const text = head({
      name: "case",
      kernel: "Linux 6.1.176",
      routes: [
        { to: "default", via: "10.1.0.1" },
        { to: "10.9.0.0/16", dev: "eth1" },
      ],
      neighbors: [{ address: "10.1.0.1", mac: "02:00:00:00:01:01", dev: "eth0" }],
      sysctl: { "net.ipv4.vs.sloppy_tcp": 1, "net.ipv4.ip_local_port_range": "1024 65535" },
      marks: [
        { protocol: "tcp", destination: "10.1.0.100", ports: "80", mark: 7 },
        { protocol: "udp", destination: "10.1.0.0/24", ports: "8000:8010", mark: 4294967295 },
      ],
    });
    expect(parsed(text).head).deep.equals({
      name: "case",
      kernel: { hz: 100, release: "6.1.176" },
      recordedOn: "Linux 6.1.176",
      interfaces: [
        {
          name: "eth0",
          mac: Uint8Array.of(2, 0, 0, 0, 1, 0x64),
          mtu: 1500,
          addresses: [prefixed(0x0a0100fe, 24), prefixed(0x0a010064, 32)],
        },
        { name: "eth1", mac: Uint8Array.of(2, 0, 0, 0, 2, 0x64), mtu: 1000, addresses: [] },
      ],
      routes: [
        { to: prefixed(0, 0), via: ipv4Address(0x0a010001) },
        { to: prefixed(0x0a090000, 16), dev: "eth1" },
      ],
      neighbors: [{ address: ipv4Address(0x0a010001), mac: Uint8Array.of(2, 0, 0, 0, 1, 1), dev: "eth0" }],
      sysctl: { "net.ipv4.vs.sloppy_tcp": 1, "net.ipv4.ip_local_port_range": "1024 65535" },
      marks: [
        { protocol: 6, destination: prefixed(0x0a010064, 32), portFirst: 80, portLast: 80, mark: 7 },
        {
          protocol: 17,
          destination: prefixed(0x0a010000, 24),
          portFirst: 8000,
          portLast: 8010,
          mark: 0xffffffff,
        },
      ],
    });
    expect(valuesOf(formatTranscript(parsed(text)))).deep.equals([
      { ...(JSON.parse(text) as object), interfaces: [{ ...HEAD.interfaces[0], mtu: 1500 }, HEAD.interfaces[1]] },
    ]);
  });

  it("has events of six kinds, and knows their lines", () => {
    const lines = [
      '{"do":"ipvsadm","t":0,"args":"-Ln","code":255,"out":"IP","err":"no"}',
      '{"do":"rx","t":0.5,"dev":"eth0","frame":"0200aAFf"}',
      '{"do":"tx","t":0.5,"dev":"eth1","frame":""}',
      '{"do":"sleep","t":0.6,"seconds":2}',
      '{"do":"sysctl","t":2.6,"key":"net.ipv4.vs.sloppy_tcp","value":1}',
      '{"do":"proc","t":2.7,"name":"ip_vs","out":"IP"}',
    ];
    const transcript = parsed(`${head()}\n${lines[0]}\n\n${lines.slice(1).join("\r\n")}\n`);
    expect(transcript.lines).deep.equals([2, 4, 5, 6, 7, 8]);
    expect(transcript.events).deep.equals([
      { do: "ipvsadm", t: 0, args: "-Ln", code: 255, out: "IP", err: "no" },
      { do: "rx", t: 0.5, dev: "eth0", frame: Uint8Array.of(2, 0, 0xaa, 0xff) },
      { do: "tx", t: 0.5, dev: "eth1", frame: new Uint8Array(0) },
      { do: "sleep", t: 0.6, seconds: 2 },
      { do: "sysctl", t: 2.6, key: "net.ipv4.vs.sloppy_tcp", value: 1 },
      { do: "proc", t: 2.7, name: "ip_vs", out: "IP" },
    ]);
    expect(formatTranscript(transcript).split("\n").slice(1)).deep.equals([
      ...lines.map((line) => line.replace("aAFf", "aaff")),
      "",
    ]);
  });

  it("need not say what a command gave", () => {
    expect(parsed(`${head()}\n{"do":"ipvsadm","t":0,"args":"-C"}`).events).deep.equals([
      { do: "ipvsadm", t: 0, args: "-C", code: 0, out: "", err: "", open: true },
    ]);
  });

  it("takes packets in words, with the interface and the MAC addresses that the head says", () => {
    const lines = [
      '{"do":"rx","t":1,"packet":"tcp 10.1.0.1:{40000..40001} > 10.1.0.100:80 S","expect":"sent nothing"}',
      '{"do":"sleep","seconds":3}',
      '{"do":"ipvsadm","args":"-Ln","times":2,"every":0.5}',
      '{"do":"rx","packet":"udp 10.1.0.9:1 > 10.1.0.100:53 on eth1","expect":["dropped","picks nobody"]}',
    ];
    const { events, lines: places } = parsed([head(), ...lines].join("\n"));
    expect(events.map(({ t }) => t)).deep.equals([1, 1.001, 1.002, 4.002, 4.502, 5.002]);
    expect(places).deep.equals([2, 2, 3, 4, 4, 5]);
    expect(events.map((event) => (event.do === "rx" ? [event.dev, event.packet] : []))).deep.equals([
      ["eth0", "tcp 10.1.0.1:40000 > 10.1.0.100:80 S"],
      ["eth0", "tcp 10.1.0.1:40001 > 10.1.0.100:80 S"],
      [],
      [],
      [],
      ["eth1", "udp 10.1.0.9:1 > 10.1.0.100:53 on eth1"],
    ]);
    expect(events.map((event) => event.expect?.map(({ text }) => text))).deep.equals([
      ["sent nothing"],
      ["sent nothing"],
      undefined,
      undefined,
      undefined,
      ["dropped", "picks nobody"],
    ]);
    const [first] = events;
    expect(first?.do === "rx" && Buffer.from(first.frame.subarray(0, 14)).toString("hex")).equals(
      "02000000016402fe0a0100010800",
    );
  });
});

describe("the kernel of a transcript", () => {
  const kernelFor = (first: Readonly<Record<string, unknown>>) => parsed(head(first)).head.kernel;

  it("is the reference kernel unless it says otherwise", () => {
    expect(kernelFor({ kernel: undefined })).deep.equals({ hz: 100, release: "6.1.176" });
    expect(kernelFor({ kernel: "Linux 6.12.117+deb12-amd64" })).deep.equals({ hz: 250, release: "6.12.117" });
    expect(kernelFor({ kernel: { hz: 1000, release: "6.1.180" } })).deep.equals({ hz: 1000, release: "6.1.180" });
  });

  it("has the HZ of its clock, and its phase", () => {
    const clock = { hz: 250, ticks: 4294905377.19 };
    const first = head({ kernel: "Linux 6.1.176", clock });
    expect(parsed(first).head.kernel).deep.equals({ release: "6.1.176", ...clock });
    const written = formatTranscriptHead(parsed(first).head);
    expect(JSON.parse(written)).deep.includes({ kernel: "Linux 6.1.176", clock });
    expect(parsed(written).head).deep.equals(parsed(first).head);
  });
});

describe("a transcript with mistakes", () => {
  const keys = "known here: do, t, dev, frame, packet, segment, times, every, expect";
  const cases: readonly (readonly [string, string])[] = [
    ["nonsense", 'expected an event as one JSON object, got "nonsense"'],
    ["[1]", "expected a mapping, got a list"],
    ['{"t":0}', "do: missing: expected one of ipvsadm, rx, tx, sleep, sysctl, proc"],
    ['{"do":"toString","t":0}', 'do: expected one of ipvsadm, rx, tx, sleep, sysctl, proc, got "toString"'],
    ['{"do":"rx","t":0,"dev":"eth0","frame":"00","size":1}', `size: unknown key; ${keys}`],
    ['{"do":"rx","t":-1,"dev":"eth0","frame":"00"}', "t: expected seconds, 0 to 1000000000, got -1"],
    ['{"do":"rx","t":1e999,"dev":"eth0","frame":"00"}', "t: expected seconds, 0 to 1000000000, got Infinity"],
    ['{"do":"rx","dev":"eth0","frame":"00"}', "t: missing: expected seconds, 0 to 1000000000"],
    ['{"do":"rx","t":0,"dev":"eth7","frame":"00"}', 'dev: expected the name of one of the interfaces, got "eth7"'],
    ['{"do":"tx","t":0,"dev":"eth0","frame":"0"}', 'frame: expected a frame as pairs of hexadecimal digits, got "0"'],
    ['{"do":"tx","t":0,"dev":"eth0","frame":"0g"}', 'frame: expected a frame as pairs of hexadecimal digits, got "0g"'],
    ['{"do":"ipvsadm","t":0}', "args: missing: expected the arguments of ipvsadm"],
    ['{"do":"ipvsadm","t":0,"args":"-C","code":256}', "code: expected a whole number from 0 to 255, got 256"],
    ['{"do":"ipvsadm","t":0,"args":"-C","out":1}', "out: expected a text, got 1"],
    ['{"do":"sleep","t":0,"seconds":1e308}', "seconds: expected seconds, 0 to 1000000000, got 1e+308"],
    ['{"do":"sleep","t":0,"seconds":-1}', "seconds: expected seconds, 0 to 1000000000, got -1"],
    ['{"do":"sysctl","t":0,"value":1}', "key: missing: expected the name of a sysctl"],
    [
      '{"do":"proc","t":0,"name":"ip_vsx"}',
      'name: expected the name of a file in /proc/net, ip_vs, ip_vs_app, ip_vs_conn, ip_vs_conn_sync, ip_vs_stats, ip_vs_stats_percpu, got "ip_vsx"',
    ],
    ['{"do":"sleep","t":0,"seconds":"1"}', 'seconds: expected seconds, 0 to 1000000000, got "1"'],
    ['{"do":"sysctl","t":0,"key":"a","value":true}', "value: expected a number or a text, got true"],
    [
      '{"do":"sysctl","t":0,"key":"net.ipv4.vs.slopy_tcp","value":1}',
      "value: sysctl: cannot stat /proc/sys/net/ipv4/vs/slopy_tcp: No such file or directory",
    ],
    [
      '{"do":"sysctl","t":0,"key":"net.ipv4.ip_default_ttl","value":"maybe"}',
      'value: sysctl: setting key "net.ipv4.ip_default_ttl": Invalid argument',
    ],
    [
      '{"do":"proc","t":0,"out":""}',
      "name: missing: expected the name of a file in /proc/net, ip_vs, ip_vs_app, ip_vs_conn, ip_vs_conn_sync, ip_vs_stats, ip_vs_stats_percpu",
    ],
  ];
  for (const [line, message] of cases) {
    it(`names the line and the key: ${line}`, () => {
      expect(errorsOf(head(), "", line)).deep.equals([[3, message]]);
    });
  }

  it("says where time goes back", () => {
    expect(errorsOf(head(), '{"do":"sleep","t":2,"seconds":1}', '{"do":"sleep","t":1,"seconds":1}')).deep.equals([
      [3, "t: expected a time not before 2 s, that of the line before, got 1"],
    ]);
  });

  it("a kernel or a clock that cannot be", () => {
    const kernel = head({ kernel: { hz: 60, release: "six" } });
    expect(errorsOf(kernel)).deep.equals([
      [1, "kernel.hz: expected one of 100, 250, 300, 1000, got 60"],
      [1, 'kernel.release: expected a release such as "6.12.117", got "six"'],
    ]);
    expect(errorsOf(head({ clock: { hz: 250, ticks: -1 } }))).deep.equals([
      [1, "clock.ticks: expected a tick counter, 0 or more, got -1"],
    ]);
  });

  it("has all of them listed, of the head too", () => {
    const line1 = head({
      transcript: 2,
      rules: "x",
      neighbors: [{ address: "10.1.0.1", mac: "02:00:00:00:01:01", dev: "eth9" }],
    });
    expect(errorsOf(line1, "{}", '{"do":"rx","t":0,"dev":"eth0","frame":"x"}')).deep.equals([
      [
        1,
        "rules: unknown key; known here: transcript, name, clock, interfaces, routes, neighbors, marks, sysctl, modules, kernel, connections, ha",
      ],
      [1, "transcript: expected version 1 of transcripts, got 2"],
      [1, 'neighbors[0].dev: expected the name of one of the interfaces, got "eth9"'],
      [2, "do: missing: expected one of ipvsadm, rx, tx, sleep, sysctl, proc"],
      [3, 'frame: expected a frame as pairs of hexadecimal digits, got "x"'],
    ]);
  });

  it("may be empty", () => {
    expect(errorsOf("")).deep.equals([[1, 'expected the description of the director as one JSON object, got ""']]);
  });
});
