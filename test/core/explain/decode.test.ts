import { readFileSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import { parseTranscript, type Transcript } from "../../../src/core/capture/transcript.ts";
import { compare, isChanged } from "../../../src/core/explain/changes.ts";
import { decode } from "../../../src/core/explain/decode.ts";
import { factsOf } from "../../../src/core/explain/facts.ts";
import type { LayerName } from "../../../src/core/explain/layers.ts";
import { summary } from "../../../src/core/explain/summary.ts";
import { SYN_FRAME } from "./examples.ts";

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
