import { expect } from "chai";
import { DROP, SENT } from "../../../src/core/trace/verdict.ts";
import { ipv4 } from "../../../src/core/wire/address.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../../../src/core/wire/ipv4.ts";
import { parseTraceFilter } from "../../../src/io/live/trace-filter.ts";
import { ACK, oneByOne, type Sending } from "../../core/host/sent-packets.ts";

const sending: Sending = {
  macs: { from: 1, to: 2 },
  from: ipv4(0x0a010001),
  fromPort: 40000,
  to: ipv4(0x0a010064),
  toPort: 80,
  protocol: PROTOCOL_TCP,
  identification: 1,
  dontFragment: true,
  ttl: 64,
  tos: 0,
  sequence: 1,
  acknowledgement: 1,
  flags: ACK,
  options: new Uint8Array(0),
  payload: new Uint8Array(0),
  segmentSize: 100,
};

const bytesOf = (change: Partial<Sending>): Uint8Array =>
  oneByOne({ ...sending, ...change })[0]?.contents() ?? new Uint8Array(0);
const ARP = Uint8Array.from(
  "ffffffffffff020000000101080600010800060400010200000001010a0100010000000000000a010064".match(/../g) ?? [],
  (pair) => Number.parseInt(pair, 16),
);
const TCP_PACKET = { port: "eth0", verdict: SENT, bytes: bytesOf({}) };
const UDP_PACKET = {
  port: "eth1",
  verdict: DROP.noRoute,
  bytes: bytesOf({ protocol: PROTOCOL_UDP, toPort: 53, payload: new Uint8Array(4) }),
};
const ARP_PACKET = { port: "eth0", verdict: SENT, bytes: ARP };

/** Which of the three pass. */
function passing(text: string): string {
  const filter = parseTraceFilter(text);
  if (typeof filter !== "function") throw new Error(filter.problem);
  return [filter(TCP_PACKET) ? "tcp" : "", filter(UDP_PACKET) ? "udp" : "", filter(ARP_PACKET) ? "arp" : ""]
    .filter(Boolean)
    .join(" ");
}

describe("a filter of explained packets", () => {
  for (const [text, expected] of [
    ["", "tcp udp arp"],
    ["tcp", "tcp"],
    ["udp", "udp"],
    ["icmp", ""],
    ["arp", "arp"],
    ["dropped", "udp"],
    ["verdict sent", "tcp arp"],
    ["verdict no-route", "udp"],
    ["dev eth0", "tcp arp"],
    ["dev eth0 and tcp", "tcp"],
    ["host 10.1.0.1", "tcp udp arp"],
    ["host 10.1.0.2", ""],
    ["port 80", "tcp"],
    ["port 40000", "tcp udp"],
    ["port 40000, udp", "udp"],
    ["tcp udp", ""],
  ] as const) {
    it(`"${text}" lets ${expected === "" ? "nothing" : expected} pass`, () => {
      expect(passing(text)).equals(expected);
    });
  }

  for (const text of ["nonsense", "port", "port eighty", "host example.org", "dev", "verdict", "tcp port"]) {
    it(`"${text}" is none`, () => {
      expect(parseTraceFilter(text))
        .property("problem")
        .match(/: expected tcp, udp, /);
    });
  }

  it("takes bytes that are no frame", () => {
    const filter = parseTraceFilter("tcp and port 80 and host 10.1.0.1");
    if (typeof filter !== "function") throw new Error(filter.problem);
    for (let length = 0; length < 60; length++) {
      expect(filter({ ...TCP_PACKET, bytes: TCP_PACKET.bytes.slice(0, length) })).a("boolean");
    }
  });
});
