import { expect } from "chai";
import fc from "fast-check";
import { decode } from "../../../src/core/explain/decode/decode.ts";
import { summary } from "../../../src/core/explain/summary.ts";
import { PacketError } from "../../../src/core/packet/made-up-packet.ts";
import { packetBytes } from "../../../src/core/packet/packet-bytes.ts";
import { parsePacket } from "../../../src/core/packet/read-packet.ts";

const bytesOf = (words: string): Uint8Array => packetBytes(parsePacket(words), 0x020000000101, 0x020000000164);

const PACKETS: readonly (readonly [string, string])[] = [
  ["tcp 10.1.0.1:40000 > 10.1.0.100:80", "10.1.0.1:40000 > 10.1.0.100:80 TCP S, 40 bytes, ttl 64"],
  ["tcp 10.1.0.1:40000>10.1.0.100:80 S df", "10.1.0.1:40000 > 10.1.0.100:80 TCP S, 40 bytes, ttl 64, DF"],
  ["tcp 10.1.0.1:1 > 10.1.0.100:80 SA mss 1460 ttl 3", "10.1.0.1:1 > 10.1.0.100:80 TCP S., 44 bytes, ttl 3"],
  [
    "tcp 10.1.0.1:1 > 10.1.0.100:80 P. len 18 seq 0x10",
    "10.1.0.1:1 > 10.1.0.100:80 TCP P. (18 bytes of data), 58 bytes, ttl 64",
  ],
  ["tcp 10.1.0.1:1 > 10.1.0.100:80 F. ack 7 win 0 id 9", "10.1.0.1:1 > 10.1.0.100:80 TCP F., 40 bytes, ttl 64"],
  ["udp 10.1.0.1:5000 > 10.1.0.100:53 len 1", "10.1.0.1:5000 > 10.1.0.100:53 UDP (1 byte of data), 29 bytes, ttl 64"],
  [
    "udp 10.1.0.1:5000 > 10.1.0.100:53 len 1480 frag 0+",
    "10.1.0.1:5000 > 10.1.0.100:53 UDP (1480 bytes of data), 1508 bytes, ttl 64, fragment at 0, more follow",
  ],
  [
    "udp 10.1.0.1:5000 > 10.1.0.100:53 len 8 frag 1488",
    "10.1.0.1 > 10.1.0.100 UDP, 28 bytes, ttl 64, fragment at 1488, the last",
  ],
  ["icmp 10.1.0.1 > 10.1.0.100 echo len 56", "10.1.0.1 > 10.1.0.100 ICMP echo request, 84 bytes, ttl 64"],
  [
    "icmp 10.1.0.9 > 10.1.0.100 frag-needed 1400 about tcp 10.1.0.100:80 > 10.1.0.1:4 . len 100 df",
    "10.1.0.9 > 10.1.0.100 ICMP fragmentation needed, mtu 1400 about [10.1.0.100:80 > 10.1.0.1:4 TCP . (100 bytes of data)], 168 bytes, ttl 64",
  ],
  [
    "icmp 10.1.0.9 > 10.1.0.1 ttl 9 ttl-exceeded about udp 10.1.0.1:1 > 10.1.0.100:2",
    "10.1.0.9 > 10.1.0.1 ICMP TTL exceeded about [10.1.0.1:1 > 10.1.0.100:2 UDP], 56 bytes, ttl 9",
  ],
];

const TUNNELS_AND_OPTIONS: readonly (readonly [string, string])[] = [
  [
    "gre 10.2.0.1 > 10.2.0.2 checksum carrying tcp 10.1.0.1:1 > 10.1.0.100:80 S",
    "10.2.0.1 > 10.2.0.2 GRE [10.1.0.1:1 > 10.1.0.100:80 TCP S], 68 bytes, ttl 64",
  ],
  [
    "gue 10.2.0.1:4000 > 10.2.0.2:6080 carrying tcp [fd00::1]:1 > [fd00::2]:80 S",
    "10.2.0.1 > 10.2.0.2 GUE [[fd00::1]:1 > [fd00::2]:80 TCP S], 92 bytes, ttl 64",
  ],
  [
    "icmpv6 fe80::1 > ff02::1:ff00:2 ns fd00::2",
    "fe80::1 > ff02::1:ff00:2 ICMPv6 neighbor solicitation: who has fd00::2?, 72 bytes, hop limit 255",
  ],
  [
    "icmpv6 fd00::2 > ff02::1 na fd00::2 mac 02:00:00:00:09:09",
    "fd00::2 > ff02::1 ICMPv6 neighbor advertisement: fd00::2 is at 02:00:00:00:09:09, 72 bytes, hop limit 255",
  ],
  [
    "icmpv6 :: > ff02::1:ff00:2 ns fd00::2",
    ":: > ff02::1:ff00:2 ICMPv6 neighbor solicitation: who has fd00::2?, 64 bytes, hop limit 255",
  ],
  [
    "icmp 10.1.0.1 > 10.1.0.2 echo record-route 9",
    "10.1.0.1 > 10.1.0.2 ICMP echo request, 68 bytes, ttl 64, record route 9 free",
  ],
];

const IPV6_PACKETS: readonly (readonly [string, string])[] = [
  ["tcp [2001:db8::1]:1 > [2001:db8::2]:80 S", "[2001:db8::1]:1 > [2001:db8::2]:80 TCP S, 60 bytes, hop limit 64"],
  [
    "tcp [2001:db8::1]:1>[2001:db8::2]:80 P. len 3 ttl 2 tos 3 label 0xabcde",
    "[2001:db8::1]:1 > [2001:db8::2]:80 TCP P. (3 bytes of data), 63 bytes, hop limit 2",
  ],
  [
    "udp [fd00::1]:5000 > [fd00::2]:53 len 1",
    "[fd00::1]:5000 > [fd00::2]:53 UDP (1 byte of data), 49 bytes, hop limit 64",
  ],
  [
    "udp [fd00::1]:5000 > [fd00::2]:53 len 1024 frag 0+ id 7",
    "[fd00::1]:5000 > [fd00::2]:53 UDP (1024 bytes of data), 1080 bytes, hop limit 64, fragment at 0, more follow",
  ],
  [
    "udp [fd00::1]:5000 > [fd00::2]:53 len 8 frag 1032 id 7",
    "fd00::1 > fd00::2 UDP, 56 bytes, hop limit 64, fragment at 1032, the last",
  ],
  ["icmpv6 fd00::1 > fd00::2 echo len 56", "fd00::1 > fd00::2 ICMPv6 echo request, 104 bytes, hop limit 64"],
  [
    "icmpv6 fd00::9 > fd00::2 too-big 1280 about tcp [fd00::2]:80 > [fd00::1]:4 . len 1400",
    "fd00::9 > fd00::2 ICMPv6 packet too big, mtu 1280 about [[fd00::2]:80 > [fd00::1]:4 TCP . (1172 bytes of data)], 1280 bytes, hop limit 64",
  ],
  [
    "icmpv6 fd00::9 > fd00::1 hop-limit-exceeded about udp [fd00::1]:1 > [fd00::2]:2",
    "fd00::9 > fd00::1 ICMPv6 hop limit exceeded about [[fd00::1]:1 > [fd00::2]:2 UDP], 96 bytes, hop limit 64",
  ],
];

const MISTAKES: readonly (readonly [string, string])[] = [
  ["", "expected a packet, such as tcp 10.1.0.1:40000 > 10.1.0.100:80 S"],
  ["tpc 10.1.0.1:1 > 10.1.0.2:2", 'word 1, "tpc": expected tcp, udp, icmp or icmpv6'],
  ["tcp 10.1.0.300:1 > 10.1.0.2:2", 'word 2, "10.1.0.300:1": expected a source such as 10.1.0.1:40000'],
  ["tcp 10.1.0.1 > 10.1.0.2:2", 'word 2, "10.1.0.1": expected a source such as 10.1.0.1:40000'],
  ["tcp 10.1.0.1:65536 > 10.1.0.2:2", 'word 2, "10.1.0.1:65536": expected a source with a port from 0 to 65535'],
  ["icmp 10.1.0.1:8 > 10.1.0.2 echo", 'word 2, "10.1.0.1:8": expected a source such as 10.1.0.1'],
  ["tcp 10.1.0.1:1 10.1.0.2:2", 'word 3, "10.1.0.2:2": expected >'],
  ["tcp 10.1.0.1:1 >", "expected a destination such as 10.1.0.1:40000 behind the last word"],
  ["tcp 10.1.0.1:1 > 10.1.0.2:2 S ttl", "expected a TTL, 0 to 255 behind the last word"],
  ["tcp 10.1.0.1:1 > 10.1.0.2:2 S ttl 256", 'word 7, "256": expected a TTL, 0 to 255'],
  [
    "tcp 10.1.0.1:1 > 10.1.0.2:2 Q",
    'word 5, "Q": expected flags such as S or P., seq, ack, win, mss, options, or one of len, data, ttl, tos, id, df, record-route, timestamp, loose, strict, router-alert, ip-options, frag, piece, badsum, sum, partial, on, mark, from, to',
  ],
  [
    "udp 10.1.0.1:1 > 10.1.0.2:2 S",
    'word 5, "S": expected one of len, data, ttl, tos, id, df, record-route, timestamp, loose, strict, router-alert, ip-options, frag, piece, badsum, sum, partial, on, mark, from, to',
  ],
  ["udp 10.1.0.1:1 > 10.1.0.2:2 seq 1", 'word 5, "seq": expected no seq in a packet of udp'],
  [
    "udp 10.1.0.1:1 > 10.1.0.2:2 frag 7",
    'word 6, "7": expected an offset in bytes, a multiple of 8, and + if more follow',
  ],
  ["udp 10.1.0.1:1 > 10.1.0.2:2 on", "expected the name of an interface behind the last word"],
  [
    "icmp 10.1.0.1 > 10.1.0.2",
    "expected a message: echo, reply, net-unreachable, host-unreachable, protocol-unreachable, port-unreachable, frag-needed, ttl-exceeded behind the last word",
  ],
  [
    "icmpv6 fd00::1 > fd00::2",
    "expected a message: echo, reply, no-route, prohibited, address-unreachable, port-unreachable, too-big, hop-limit-exceeded, ns, na behind the last word",
  ],
  ["tcp 2001:db8::1:1 > [2001:db8::2]:80", 'word 2, "2001:db8::1:1": expected a source such as [2001:db8::1]:40000'],
  [
    "tcp [2001:db8::1]:1 > 10.1.0.2:80",
    'word 4, "10.1.0.2:80": expected a destination of the same family as the source, IPv6',
  ],
  [
    "tcp 10.1.0.1:1 > [2001:db8::2]:80",
    'word 4, "[2001:db8::2]:80": expected a destination of the same family as the source, IPv4',
  ],
  ["icmp fd00::1 > fd00::2 echo", 'word 2, "fd00::1": expected a source such as 10.1.0.1'],
  ["icmpv6 10.1.0.1 > fd00::2 echo", 'word 2, "10.1.0.1": expected a source such as 2001:db8::1'],
  [
    "tcp [fd00::1]:1 > [fd00::2]:80 df",
    'word 5, "df": expected flags such as S or P., seq, ack, win, mss, options, or one of len, data, ttl, tos, id, label, frag, piece, badsum, sum, partial, on, mark, from, to',
  ],
  ["icmpv6 fd00::1 > fd00::2 ns", "expected the address that it is about, such as 2001:db8::1 behind the last word"],
  ["icmpv6 fd00::1 > fd00::2 ns 10.1.0.1", 'word 6, "10.1.0.1": expected the address that it is about'],
  ["icmpv6 fd00::1 > fd00::2 echo mac none", 'word 6, "mac": expected about, echo, reply'],
  ["icmpv6 fd00::1 > fd00::2 na fd00::1 mac", "expected a MAC address such as 02:00:00:00:01:64 behind the last word"],
  ["udp 10.1.0.1:1 > 10.1.0.2:2 record-route 10", 'word 6, "10": expected how many places it has, 1 to 9'],
  ["udp 10.1.0.1:1 > 10.1.0.2:2 loose fd00::1", 'word 6, "fd00::1": expected addresses with commas between them'],
  ["udp 10.1.0.1:1 > 10.1.0.2:2 ip-options 0x01", 'word 6, "0x01": expected options as hexadecimal digits'],
  ["udp [fd00::1]:1 > [fd00::2]:2 router-alert", 'word 5, "router-alert": expected one of len'],
  ["gre 10.2.0.1 > 10.2.0.2 checksum", "expected carrying and the packet in the tunnel behind the last word"],
  ["gue 10.2.0.1 > 10.2.0.2:6080", 'word 2, "10.2.0.1": expected a source such as 10.1.0.1:40000'],
  ["tcp 10.1.0.1:1 > 10.1.0.2:2 label 1", 'word 5, "label": expected no label in a packet of IPv4'],
  [
    "icmp 10.1.0.1 > 10.1.0.2 port-unreachable",
    "expected about and the packet that the error quotes behind the last word",
  ],
];

describe("a made-up packet", () => {
  for (const [words, line] of [...PACKETS, ...IPV6_PACKETS, ...TUNNELS_AND_OPTIONS]) {
    it(words, () => {
      const bytes = bytesOf(words);
      expect(summary(bytes)).equals(line);
      expect(JSON.stringify(decode(bytes))).not.includes("(wrong)");
    });
  }

  it("goes to the MAC address of a group where its destination is one", () => {
    for (const [destination, mac] of [
      ["icmpv6 fe80::1 > ff02::1:ff00:2 ns fd00::2", [0x33, 0x33, 0xff, 0, 0, 2]],
      ["udp 10.1.0.1:1 > 224.0.0.81:8848", [1, 0, 0x5e, 0, 0, 81]],
      ["udp 10.1.0.1:1 > 255.255.255.255:9", [255, 255, 255, 255, 255, 255]],
      ["udp 10.1.0.1:1 > 224.0.0.81:8848 to 02:00:00:00:00:07", [2, 0, 0, 0, 0, 7]],
    ] as const)
      expect([...bytesOf(destination).subarray(0, 6)]).deep.equals(mac);
  });

  it("tells its IPv4 options to people", () => {
    const optionsOf = (words: string) =>
      /"name":"options","value":"([^"]*)"/.exec(JSON.stringify(decode(bytesOf(words))))?.[1];
    for (const [words, text] of [
      ["record-route 3", "record route 3 free"],
      ["timestamp 2", "timestamp, 2 free"],
      ["loose 10.9.0.1,10.9.0.2", "loose source route 10.9.0.1, 10.9.0.2"],
      ["strict 10.9.0.1", "strict source route 10.9.0.1"],
      ["router-alert", "router alert"],
      ["ip-options 0x01070b080a0100010a020002", "record route 10.1.0.1, 1 free"],
      ["ip-options 0x86060000000001ff", "option 134 of 6 bytes"],
      ["ip-options 0x01010100", "4 bytes"],
    ] as const)
      expect(optionsOf(`udp 10.1.0.1:1 > 10.1.0.2:2 ${words}`), words).equals(text);
  });

  it("is of ICMPv6 under each of its two names", () => {
    const words = "2001:db8::1 > 2001:db8::2 echo";
    expect(parsePacket(`icmp6 ${words}`)).deep.equals(parsePacket(`icmpv6 ${words}`));
  });

  it("may have a wrong checksum", () => {
    for (const head of [
      "tcp 10.1.0.1:1 > 10.1.0.2:2",
      "udp 10.1.0.1:1 > 10.1.0.2:2",
      "icmp 10.1.0.1 > 10.1.0.2 echo",
    ]) {
      expect(JSON.stringify(decode(bytesOf(`${head} badsum`)))).includes("(wrong)");
    }
  });

  it("takes its other words over into the header", () => {
    const text = JSON.stringify(decode(bytesOf("tcp 10.1.0.1:1 > 10.1.0.2:2 S tos 0x10 id 0xbeef seq 5 ack 6 win 7")));
    for (const value of ['"0x10"', '"0xbeef"', '"5"', '"6"', '"7"']) expect(text).includes(value);
  });

  for (const [words, message] of MISTAKES) {
    it(`names the word that is wrong: ${words}`, () => {
      expect(() => parsePacket(words)).throws(PacketError, message);
    });
  }

  it("is read or refused with a PacketError, whatever the words", () => {
    const word = fc.constantFrom(
      "tcp",
      "icmp",
      "10.1.0.1:1",
      ">",
      "10.1.0.2",
      "S",
      "len",
      "9",
      "about",
      "frag-needed",
      "frag",
      "8+",
      "on",
      "x:y:z",
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 9 }), (words) => {
        try {
          expect(bytesOf(words.join(" ")).length).greaterThan(33);
        } catch (error) {
          expect(error).instanceOf(PacketError);
        }
      }),
    );
  });
});
