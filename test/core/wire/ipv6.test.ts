/** IPv6 headers (RFC 8200): what a frame knows after it was read, and what stands in one that was written. */
import { expect } from "chai";
import fc from "fast-check";
import { ANY, formatAddress, parseAddress } from "../../../src/core/wire/address.ts";
import { AddressTable } from "../../../src/core/wire/address-table.ts";
import { Frame } from "../../../src/core/wire/frame.ts";
import { icmpv6Name, isIcmpv6Error, NEIGHBOR_ADVERTISEMENT } from "../../../src/core/wire/icmpv6.ts";
import {
  BROKEN_CHAIN,
  DESTINATION_OPTIONS,
  FRAGMENT,
  FRAGMENT_HEADER,
  flowLabel,
  fragmentIdentification,
  HOP_BY_HOP,
  IPV6_HEADER,
  PROTOCOL_ICMPV6,
  ROUTING,
  readIpv6,
  setTrafficClass,
  trafficClass,
  writeFragmentHeader,
  writeIpv6,
} from "../../../src/core/wire/ipv6.ts";
import {
  advertisementFlags,
  DISCOVERY_MESSAGE,
  discoveryFrame,
  linkLayerOption,
  multicastMac,
  OVERRIDE,
  ROUTER,
  SOLICITED,
  solicitedNode,
  TARGET,
  TARGET_LINK_LAYER,
} from "../../../src/core/wire/neighbor-discovery.ts";
import { hopLimit, readHeaders, transportSum } from "../../../src/core/wire/network.ts";

const addresses = new AddressTable();
const handle = (text: string): number => addresses.kept(parseAddress(text) ?? ANY);

/** A packet whose header names `nextHeader`, with these bytes behind it. */
function packet(nextHeader: number, rest: readonly number[]): Frame {
  const frame = Frame.allocate(14 + IPV6_HEADER + rest.length);
  frame.bytes.fill(0xa5);
  const fields = { trafficClass: 0xb8, flowLabel: 0x12345, length: rest.length, nextHeader, hopLimit: 63 };
  writeIpv6(frame.view, frame.network, fields);
  addresses.write(frame.view, frame.network + 8, handle("2001:db8::1"));
  addresses.write(frame.view, frame.network + 24, handle("2001:db8::2"));
  frame.bytes.set(rest, frame.network + IPV6_HEADER);
  readHeaders(frame, addresses);
  return frame;
}

/** What the frame knows; offsets from the network header. */
const factsOf = (frame: Frame): readonly number[] => [frame.protocol, frame.transport - frame.network];
const options = (next: number, units = 0): number[] => [next, units, ...new Array(6 + units * 8).fill(0)];

describe("IPv6 header", () => {
  it("has its fields where they belong", () => {
    const frame = packet(6, [1, 2, 3, 4]);
    const { view, network } = frame;
    expect([trafficClass(view, network), flowLabel(view, network), hopLimit(frame)]).deep.equals([0xb8, 0x12345, 63]);
    expect(factsOf(frame)).deep.equals([6, 40]);
    expect(formatAddress(addresses.value(frame.source))).equals("2001:db8::1");
    expect(formatAddress(addresses.value(frame.destination))).equals("2001:db8::2");
    setTrafficClass(view, network, 0x03);
    expect([view.getUint8(network) >> 4, trafficClass(view, network), flowLabel(view, network)]).deep.equals([
      6, 3, 0x12345,
    ]);
  });

  it("leads through its extension headers to the transport header", () => {
    expect(factsOf(packet(HOP_BY_HOP, [...options(DESTINATION_OPTIONS), ...options(17, 1), 9, 9]))).deep.equals([
      17, 64,
    ]);
    expect(factsOf(packet(ROUTING, [...options(PROTOCOL_ICMPV6, 2), 1]))).deep.equals([PROTOCOL_ICMPV6, 64]);
    // An authentication header counts words of 4 bytes, and two less than it has.
    expect(factsOf(packet(51, [6, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]))).deep.equals([6, 52]);
    expect(factsOf(packet(59, [6, 1, 0, 0]))).deep.equals([59, 40]);
    expect(factsOf(packet(HOP_BY_HOP, options(DESTINATION_OPTIONS)))[0], "cut off").equals(BROKEN_CHAIN);
  });

  it("tells of a fragment its offset, whether more follow, and its identification", () => {
    const made = new DataView(new ArrayBuffer(FRAGMENT_HEADER));
    writeFragmentHeader(made, 0, 17, 1448, true, 0xdeadbeef);
    const later = packet(FRAGMENT, [...new Uint8Array(made.buffer), 1, 2, 3]);
    expect([later.fragmentOffset, later.moreFragments, later.isFragment]).deep.equals([1448, true, true]);
    expect(fragmentIdentification(later)).equals(0xdeadbeef);
    expect(factsOf(later)).deep.equals([17, 48]);
    const whole = packet(FRAGMENT, [6, 0, 0, 0, 0, 0, 0, 1, 5]);
    expect([whole.fragmentOffset, whole.isFragment, ...factsOf(whole)]).deep.equals([0, false, 6, 48]);
    // Behind the fragment header of a later piece there is no chain to follow.
    const chained = packet(FRAGMENT, [DESTINATION_OPTIONS, 0, 0, 8, 0, 0, 0, 1, ...options(6)]);
    expect(factsOf(chained)).deep.equals([DESTINATION_OPTIONS, 48]);
  });

  it("whatever stands behind it, reading ends", () => {
    fc.assert(
      fc.property(fc.nat(255), fc.uint8Array({ maxLength: 200 }), (nextHeader, rest) => {
        const frame = packet(nextHeader, [...rest]);
        expect(frame.protocol === BROKEN_CHAIN || frame.protocol >= 0).equals(true);
      }),
    );
  });
});

describe("neighbor discovery", () => {
  it("an advertisement as Linux sends it", () => {
    // Recorded from Linux 6.1: the answer of fd00:1::254 to fd00:1::1.
    const recorded =
      "02000000010102000000016486dd6000000000203afffd000001000000000000000000000254fd000001000000000000000000000001" +
      "88009690e0000000fd0000010000000000000000000002540201020000000164";
    const own = handle("fd00:1::254");
    const frame = discoveryFrame(
      {
        type: NEIGHBOR_ADVERTISEMENT,
        flags: ROUTER | SOLICITED | OVERRIDE,
        source: own,
        destination: handle("fd00:1::1"),
        target: own,
        from: 0x0200_0000_0164,
        to: 0x0200_0000_0101,
        tellsMac: true,
      },
      addresses,
    );
    frame.view.setUint16(frame.start + 12, 0x86dd);
    expect(Buffer.from(frame.contents()).toString("hex")).equals(recorded);
    expect(transportSum(frame)).equals(0xffff);
    const { view, transport, end } = frame;
    expect(advertisementFlags(view, transport) & SOLICITED).not.equals(0);
    expect(addresses.ofIpv6At(view, transport + TARGET)).equals(own);
    expect(linkLayerOption(view, transport + DISCOVERY_MESSAGE, end, TARGET_LINK_LAYER)).equals(0x0200_0000_0164);
    expect(linkLayerOption(view, transport + DISCOVERY_MESSAGE, end, 1), "no such option").equals(-1);
    expect(linkLayerOption(view, transport + DISCOVERY_MESSAGE, end - 1, TARGET_LINK_LAYER), "cut off").equals(-2);
    readIpv6(frame, addresses);
  });

  it("asks at the solicited-node address and its Ethernet group", () => {
    const group = solicitedNode(handle("2001:db8::12:3456"), addresses);
    expect(formatAddress(addresses.value(group))).equals("ff02::1:ff12:3456");
    expect(multicastMac(group, addresses)).equals(0x3333_ff12_3456);
  });

  it("messages have names, and errors are those with the upper bit clear", () => {
    expect([1, 4, 128, 136].map(isIcmpv6Error)).deep.equals([true, true, false, false]);
    const cases: readonly [number, number, string][] = [
      [1, 0, "no route"],
      [1, 3, "address unreachable"],
      [1, 4, "port unreachable"],
      [2, 0, "packet too big"],
      [3, 0, "hop limit exceeded"],
      [3, 1, "reassembly time exceeded"],
      [4, 1, "parameter problem"],
      [128, 0, "echo request"],
      [129, 0, "echo reply"],
      [133, 0, "router solicitation"],
      [134, 0, "router advertisement"],
      [135, 0, "neighbor solicitation"],
      [136, 0, "neighbor advertisement"],
      [137, 0, "redirect"],
      [200, 1, "ICMPv6 type 200 code 1"],
    ];
    for (const [type, code, name] of cases) expect(icmpv6Name(type, code)).equals(name);
  });
});
