import { expect } from "chai";
import { packetBytes } from "../../../src/core/packet/packet-bytes.ts";
import { packetWords } from "../../../src/core/packet/packet-text.ts";
import { parsePacket } from "../../../src/core/packet/read-packet.ts";
import { parseHex } from "../../../src/core/packet/words.ts";

const MACS = { source: 0x020000000101, destination: 0x020000000164 };
const bytesOf = (words: string): Uint8Array => packetBytes(parsePacket(words), MACS.source, MACS.destination);

/** Each as it is written again: what is usual is left out. */
const WORDS = [
  "tcp 10.1.0.1:40000 > 10.1.0.100:80 S",
  "tcp 10.1.0.1:40000 > 10.1.0.100:80 none",
  'tcp 10.1.0.1:40000 > 10.1.0.100:80 P. seq 1001 ack 5001 data "GET / HTTP/1.0\\r\\n\\r\\n" df',
  "tcp 10.1.0.1:40000 > 10.1.0.100:80 S mss 1400 partial",
  "tcp 10.1.0.1:40000 > 10.1.0.100:80 S options 0x020405b401010402 badsum",
  "tcp 10.1.0.1:40000 > 10.1.0.100:80 . sum 0xdead",
  "udp 10.1.0.1:5000 > 10.1.0.100:53 len 30 sum 0x0",
  "udp 10.1.0.1:5000 > 10.1.0.100:53 data 0x00ff80",
  "udp [fd00::1]:0 > [fd00::2]:0 label 7 id 9 len 8 frag 1032",
  "sctp 10.1.0.1:5000 > 10.1.0.100:9 heartbeat tag 287454020 data 0x0001000801020304",
  "sctp 10.1.0.1:5000 > 10.1.0.100:9 init",
  "icmp 10.1.0.1 > 10.1.0.2 echo rest 0x20003 len 9",
  "icmp 10.1.0.9 > 10.1.0.1 frag-needed 1400 about tcp 10.1.0.1:1 > 10.1.0.100:80 . len 100 df",
  "icmpv6 fd00::9 > fd00::1 no-route about udp [fd00::1]:1 > [fd00::2]:2",
  "esp 10.1.0.1 > 10.1.0.100 seq 7 len 40",
  "ah fd00::1 > fd00::2 spi 99 len 12",
  "ipip 10.2.0.1 > 10.2.0.2 ttl 3 carrying tcp 10.1.0.1:1 > 10.1.0.100:80 S",
  "ipip 10.2.0.1 > 10.2.0.2 carrying tcp [fd00::1]:1 > [fd00::2]:80 S",
  "gre 10.2.0.1 > 10.2.0.2 ttl 63 carrying udp 10.1.0.1:1 > 10.1.0.100:53 len 3",
  "gre fd00::1 > fd00::2 checksum badsum carrying tcp 10.1.0.1:1 > 10.1.0.100:80 S",
  "gue 10.2.0.1:44790 > 10.2.0.2:6080 sum 0x0 carrying tcp [fd00::1]:1 > [fd00::2]:80 S ttl 63",
  "gue [fd00::1]:4000 > [fd00::2]:6080 carrying tcp 10.1.0.1:1 > 10.1.0.100:80 S router-alert",
  "udp 10.2.0.1:1 > 10.2.0.2:6080 data 0x00040001",
  "icmpv6 fe80::1 > ff02::1:ff00:2 ns fd00::2",
  "icmpv6 fe80::1 > ff02::1:ff00:2 ns fd00::2 mac 02:00:00:00:09:09 ttl 254",
  "icmpv6 :: > ff02::1:ff00:2 ns fd00::2",
  "icmpv6 :: > ff02::1:ff00:2 ns fd00::2 mac own badsum",
  "icmpv6 fd00::2 > fd00::1 na fd00::2 rest 0xe0000000",
  "icmpv6 fd00::2 > ff02::1 na fd00::2 mac none",
  "icmp 10.1.0.1 > 10.1.0.2 echo record-route 9",
  "udp 10.1.0.1:1 > 10.1.0.2:2 loose 10.9.0.1,10.9.0.2 len 4",
  "udp 10.1.0.1:1 > 10.1.0.2:2 strict 10.9.0.1",
  "udp 10.1.0.1:1 > 10.1.0.2:2 timestamp 9",
  "tcp 10.1.0.1:1 > 10.1.0.2:2 S ip-options 0x01010100",
  "icmp 10.1.0.9 > 10.1.0.1 ttl-exceeded about udp 10.1.0.1:1 > 10.1.0.2:2 router-alert",
  "arp 10.2.0.1 > 10.2.0.2 request",
  "arp 10.2.0.2 > 10.2.0.1 reply from 02:00:00:00:09:09",
] as const;

describe("a frame in words", () => {
  for (const words of WORDS) {
    it(`is ${words}`, () => {
      expect(packetWords(bytesOf(words), () => MACS)).equals(words);
    });
  }

  it("names the MAC addresses that do not go without saying", () => {
    const bytes = bytesOf("udp 10.1.0.1:1 > 10.1.0.2:2");
    expect(packetWords(bytes)).equals("udp 10.1.0.1:1 > 10.1.0.2:2 from 02:00:00:00:01:01 to 02:00:00:00:01:64");
  });

  it("names those of a frame before what is in its packet", () => {
    for (const words of [
      "ipip 10.2.0.1 > 10.2.0.2 from 02:00:00:00:01:01 to 02:00:00:00:01:64 carrying tcp 10.1.0.1:1 > 10.1.0.2:2 S",
      "icmp 10.1.0.9 > 10.1.0.1 ttl-exceeded to 02:00:00:00:01:64 about udp 10.1.0.1:1 > 10.1.0.2:2",
    ])
      expect(
        packetWords(bytesOf(words), () => ({
          ...MACS,
          source: words.includes("from") ? -1 : MACS.source,
          destination: -1,
        })),
      ).equals(words);
  });

  it("is undefined where no words make the same bytes", () => {
    const withTrailer = parseHex("0200000001640200000001010800450000140001000040006000");
    for (const bytes of [new Uint8Array(5), Uint8Array.of(...bytesOf(WORDS[0]), 0), withTrailer ?? new Uint8Array()])
      expect(packetWords(bytes)).equals(undefined);
  });

  it("cuts a packet into pieces that are the whole again", () => {
    const whole = bytesOf("udp 10.1.0.1:1 > 10.1.0.2:2 len 3000");
    const pieces = [1, 2, 3].map((piece) => bytesOf(`udp 10.1.0.1:1 > 10.1.0.2:2 len 3000 piece ${piece} of 1480`));
    expect(pieces.flatMap((piece) => [...piece.subarray(34)])).deep.equals([...whole.subarray(34)]);
    expect(pieces.map((piece) => (piece[20] ?? 0) * 256 + (piece[21] ?? 0))).deep.equals([0x2000, 0x20b9, 0x172]);
  });
});
