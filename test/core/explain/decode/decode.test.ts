import { readFileSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import { parseTranscript, type Transcript } from "../../../../src/core/capture/transcript.ts";
import { compare, isChanged } from "../../../../src/core/explain/decode/changes.ts";
import { decode } from "../../../../src/core/explain/decode/decode.ts";
import { factsOf } from "../../../../src/core/explain/decode/facts.ts";
import type { LayerName } from "../../../../src/core/explain/decode/layers.ts";
import { summary } from "../../../../src/core/explain/summary.ts";
import { SYN_FRAME } from "../examples.ts";

function transcript(file: string): Transcript {
  const parsed = parseTranscript(readFileSync(file, "utf8"));
  if (parsed.kind === "errors") throw new Error(parsed.errors[0]?.message);
  return parsed.transcript;
}

/** The frames of a recording, in order. */
const framesOf = (file: string): Uint8Array[] =>
  transcript(file).events.flatMap((event) => (event.do === "rx" || event.do === "tx" ? [event.frame] : []));

const layersOf = (frame: Uint8Array): LayerName[] => decode(frame).map(({ name }) => name);

function fieldOf(frame: Uint8Array, layer: LayerName, field: string): string | undefined {
  return decode(frame)
    .find(({ name }) => name === layer)
    ?.fields.find(({ name }) => name === field)?.value;
}

describe("decode", () => {
  it("names the fields of a SYN", () => {
    expect(layersOf(SYN_FRAME)).deep.equals(["Ethernet", "IPv4", "TCP"]);
    expect(fieldOf(SYN_FRAME, "Ethernet", "destination")).equals("02:00:00:00:01:64");
    expect(fieldOf(SYN_FRAME, "Ethernet", "type")).equals("0x0800 (IPv4)");
    expect(fieldOf(SYN_FRAME, "IPv4", "source")).equals("10.1.0.1");
    expect(fieldOf(SYN_FRAME, "IPv4", "fragment")).equals("DF");
    expect(fieldOf(SYN_FRAME, "IPv4", "checksum")).equals("0x2669");
    expect(fieldOf(SYN_FRAME, "TCP", "destination port")).equals("80");
    expect(fieldOf(SYN_FRAME, "TCP", "flags")).equals("S");
    expect(fieldOf(SYN_FRAME, "TCP", "checksum")).equals("0x0013");
  });

  it("says of a checksum that it is wrong", () => {
    const broken = SYN_FRAME.slice();
    broken[24] = 0xff;
    broken[51] = 0xff;
    expect(fieldOf(broken, "IPv4", "checksum")).equals("0xff69 (wrong)");
    expect(fieldOf(broken, "TCP", "checksum")).equals("0x00ff (wrong)");
  });

  it("finds every checksum of the kernel's own frames right", () => {
    for (const name of ["nat_http", "tun_http", "icmp_errors_tun", "nat_udp", "arp"]) {
      for (const frame of framesOf(`fixtures/golden/${name}.jsonl`)) {
        expect(JSON.stringify(decode(frame)), name).not.includes("(wrong)");
      }
    }
  });

  it("looks into tunnels and into what ICMP quotes", () => {
    const tunnel = framesOf("fixtures/golden/tun_http.jsonl")[1] ?? SYN_FRAME;
    expect(layersOf(tunnel)).deep.equals(["Ethernet", "outer IPv4", "IPv4", "TCP"]);
    expect(fieldOf(tunnel, "outer IPv4", "protocol")).equals("4 (IPIP)");
    const gre = framesOf("fixtures/tunnels/tunnel_gre.jsonl")[1] ?? SYN_FRAME;
    expect(layersOf(gre)).deep.equals(["Ethernet", "outer IPv4", "GRE", "IPv4", "TCP"]);
    const gue = framesOf("fixtures/tunnels/tunnel_gue.jsonl")[1] ?? SYN_FRAME;
    expect(layersOf(gue)).deep.equals(["Ethernet", "outer IPv4", "GUE", "IPv4", "TCP"]);
    expect(fieldOf(gue, "GUE", "destination port")).equals("6080");
    const error = framesOf("fixtures/golden/icmp_errors_tun.jsonl").find((frame) =>
      layersOf(frame).includes("quoted outer IPv4"),
    );
    expect(error && layersOf(error).slice(0, 5)).deep.equals([
      "Ethernet",
      "IPv4",
      "ICMP",
      "quoted outer IPv4",
      "quoted IPv4",
    ]);
  });

  it("names the fields of IPv6, which has no checksum of its own", () => {
    const [syn = SYN_FRAME] = framesOf("fixtures/golden-v6/v6_nat_http.jsonl");
    expect(layersOf(syn)).deep.equals(["Ethernet", "IPv6", "TCP"]);
    expect(fieldOf(syn, "Ethernet", "type")).equals("0x86dd (IPv6)");
    expect(fieldOf(syn, "IPv6", "source")).equals("fd00:1::1");
    expect(fieldOf(syn, "IPv6", "hop limit")).equals("64");
    expect(fieldOf(syn, "IPv6", "next header")).equals("6 (TCP)");
    expect(fieldOf(syn, "IPv6", "checksum")).equals(undefined);
    expect(summary(syn)).equals("[fd00:1::1]:40000 > [fd00:1::100]:80 TCP S, 60 bytes, hop limit 64");
    const broken = syn.slice();
    broken[60] = 0xff;
    expect(fieldOf(broken, "TCP", "checksum")).matches(/wrong/);
  });

  it("reads extension headers and fragments of IPv6", () => {
    const [options = SYN_FRAME] = framesOf("fixtures/golden-v6/v6_nat_extensions.jsonl");
    expect(layersOf(options)).deep.equals(["Ethernet", "IPv6", "hop-by-hop options", "TCP"]);
    expect(fieldOf(options, "IPv6", "next header")).equals("0 (hop-by-hop options)");
    expect(fieldOf(options, "hop-by-hop options", "next header")).equals("6 (TCP)");
    const fragments = framesOf("fixtures/golden-v6/v6_nat_fragments.jsonl").filter((frame) =>
      layersOf(frame).includes("fragment header"),
    );
    const [first = SYN_FRAME, last = SYN_FRAME] = fragments;
    expect(fieldOf(first, "fragment header", "more fragments")).equals("yes");
    expect(layersOf(first)).includes("UDP");
    expect(summary(first)).matches(/fragment at 0, more follow$/);
    expect(layersOf(last)).deep.equals(["Ethernet", "IPv6", "fragment header", "data"]);
    expect(summary(last)).matches(/ UDP, .* fragment at \d+, the last$/);
  });

  it("reads ICMPv6 and the packet that an error quotes", () => {
    const errors = framesOf("fixtures/golden-v6/v6_nat_errors.jsonl").filter((frame) =>
      layersOf(frame).includes("quoted IPv6"),
    );
    const [tooBig = SYN_FRAME] = errors;
    expect(layersOf(tooBig)).deep.equals(["Ethernet", "IPv6", "ICMPv6", "quoted IPv6", "quoted TCP", "data"]);
    expect(fieldOf(tooBig, "ICMPv6", "type")).equals("2 (packet too big)");
    expect(fieldOf(tooBig, "ICMPv6", "MTU")).equals("1280");
    expect(summary(tooBig)).includes("ICMPv6 packet too big, mtu 1280 about [[fd00:");
  });

  it("reads neighbor discovery", () => {
    const frames = framesOf("fixtures/golden-v6/v6_dr_discovery.jsonl");
    const lines = frames.map(summary);
    expect(lines.some((line) => / ICMPv6 neighbor solicitation: who has fd00:1::100\?, /.test(line))).equals(true);
    expect(
      lines.some((line) => / ICMPv6 neighbor advertisement: fd00:1::100 is at 02:00:00:00:01:64, /.test(line)),
    ).equals(true);
    const asked = frames.find((frame) => fieldOf(frame, "ICMPv6", "source MAC") !== undefined);
    expect(asked && fieldOf(asked, "ICMPv6", "target")).matches(/^f[de]/);
  });

  it("reads tunnels between the families", () => {
    const frames = framesOf("fixtures/golden-v6/v6_mixed_tunnels.jsonl");
    const layers = new Set(frames.map((frame) => layersOf(frame).slice(1, 3).join(" > ")));
    for (const pair of ["IPv6", "IPv4"].flatMap((outer) =>
      ["IPv6", "IPv4"].map((inner) => `outer ${outer} > ${inner}`),
    ))
      expect([...layers]).includes(pair);
    const gre = framesOf("fixtures/golden-v6/v6_gre.jsonl")[1] ?? SYN_FRAME;
    expect(layersOf(gre)).deep.equals(["Ethernet", "outer IPv4", "GRE", "IPv6", "TCP"]);
  });

  it("names chunks of SCTP", () => {
    const file = "fixtures/recordings/sctp_nat.jsonl";
    const frames = framesOf(file).filter((frame) => layersOf(frame).includes("SCTP"));
    expect(frames.map((frame) => fieldOf(frame, "SCTP", "first chunk"))).includes("1 (INIT)");
    for (const frame of frames) expect(summary(frame)).includes("SCTP ");
  });

  it("reads ARP", () => {
    const [request = SYN_FRAME] = framesOf("fixtures/golden/arp.jsonl");
    expect(fieldOf(request, "ARP", "operation")).equals("1 (request)");
    expect(fieldOf(request, "ARP", "target IP")).equals("10.1.0.100");
  });

  it("knows a checksum that is left to the network card from a wrong one", () => {
    const sent = framesOf("fixtures/golden-apps/ftp_passive.jsonl").filter((frame) =>
      String.fromCharCode(...frame).includes("(10,1,0,100,"),
    );
    expect(fieldOf(sent[0] ?? SYN_FRAME, "TCP", "checksum")).equals("0x14b1 (left to the network card)");
  });

  it("never throws, whatever the bytes are and wherever they end", () => {
    const frames = [
      ...framesOf("fixtures/golden/icmp_errors_tun.jsonl"),
      ...framesOf("fixtures/tunnels/tunnel_gre_csum.jsonl"),
      ...framesOf("fixtures/tunnels/tunnel_gue.jsonl"),
      ...framesOf("fixtures/golden-v6/v6_tun_errors.jsonl"),
      ...framesOf("fixtures/golden-v6/v6_tun_extensions.jsonl"),
      ...framesOf("fixtures/golden-v6/v6_dr_discovery.jsonl"),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...frames),
        fc.nat(200),
        fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 6 }),
        (frame, length, edits) => {
          const bytes = frame.slice(0, length);
          for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
          expect(decode(bytes)).is.an("array");
          expect(summary(bytes)).matches(/\S/);
          expect(factsOf(bytes) === undefined).equals(bytes.length < 14);
          expect(compare(frame, bytes)).is.an("array");
        },
      ),
    );
  });
});

describe("compare", () => {
  it("marks what NAT changes, and nothing else", () => {
    const [request = SYN_FRAME, sent = SYN_FRAME] = framesOf("fixtures/golden/nat_http.jsonl");
    const changes = compare(request, sent).filter(isChanged);
    expect(changes.map(({ layer, field }) => `${layer} ${field}`)).deep.equals([
      "Ethernet destination",
      "Ethernet source",
      "IPv4 destination",
      "IPv4 TTL",
      "IPv4 checksum",
      "TCP destination port",
      "TCP checksum",
    ]);
    expect(changes.find(({ field }) => field === "TTL")).deep.equals({
      layer: "IPv4",
      field: "TTL",
      before: "64",
      after: "63",
    });
  });

  it("has nothing before a new outer header, and nothing changed in itself", () => {
    const [request = SYN_FRAME, sent = SYN_FRAME] = framesOf("fixtures/golden/tun_http.jsonl");
    const changes = compare(request, sent);
    const outer = changes.filter(({ layer }) => layer === "outer IPv4");
    expect(outer.length).greaterThan(5);
    for (const { before } of outer) expect(before).equals(undefined);
    expect(compare(request, request).filter(isChanged)).deep.equals([]);
  });
});
