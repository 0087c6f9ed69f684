import { expect } from "chai";
import { packetBytes } from "../../../../src/core/packet/packet-bytes.ts";
import { parsePacket } from "../../../../src/core/packet/read-packet.ts";
import { fold, sum } from "../../../../src/core/wire/checksum.ts";
import { anonymiser } from "../../../../src/io/anonymise.ts";

const ETHERNET = 14;

/** The fragments of a packet that carry so much each, in their order. */
function piecesOf(words: string, count: number, size: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) =>
    packetBytes(parsePacket(`${words} piece ${index + 1} of ${size}`), 1, 2),
  );
}

const isIpv4 = (frame: Uint8Array): boolean => frame[12] === 8;
const contentOf = (frame: Uint8Array): number[] => [...frame.subarray(ETHERNET + (isIpv4(frame) ? 20 : 48))];
const addressesOf = (frame: Uint8Array): number[] => [
  ...frame.subarray(ETHERNET + (isIpv4(frame) ? 12 : 8), ETHERNET + (isIpv4(frame) ? 20 : 40)),
];

/** What the whole adds up to: ffff if its checksum is right. */
function total(frames: readonly Uint8Array[], protocol: number): number {
  const [first = new Uint8Array(0)] = frames;
  const content = frames.flatMap(contentOf);
  const pseudo = protocol === 1 ? [] : [...addressesOf(first), 0, protocol, content.length >> 8, content.length & 255];
  const bytes = Uint8Array.from([...pseudo, ...content]);
  return fold(sum(new DataView(bytes.buffer), 0, bytes.length));
}

const hiddenOf = (frames: readonly Uint8Array[], order: readonly number[]): Uint8Array[] => {
  const hider = anonymiser("for the tests of it");
  const copies = new Map<number, Uint8Array>();
  for (const index of order) {
    const copy = frames[index]?.slice() ?? new Uint8Array(0);
    hider.frame(copy);
    copies.set(index, copy);
  }
  return frames.map((_, index) => copies.get(index) ?? new Uint8Array(0));
};

const PACKETS: readonly (readonly [string, string, number])[] = [
  ["TCP", "tcp 192.0.2.1:40000 > 198.51.100.7:80 P. id 7 len 3000", 6],
  ["TCP of IPv6", "tcp [2001:db8::1]:40000 > [2001:db8::2]:80 P. len 3001", 6],
  ["UDP of IPv6", "udp [2001:db8::1]:40000 > [2001:db8::2]:53 len 3000", 17],
  ["ICMP", "icmp 192.0.2.1 > 198.51.100.7 echo id 9 len 3000", 1],
  ["ICMPv6", "icmpv6 2001:db8::1 > 2001:db8::2 echo len 3000", 58],
];
const ORDERS: readonly (readonly [string, readonly number[]])[] = [
  ["in their order", [0, 1, 2]],
  ["the last one first", [2, 1, 0]],
  ["the first one in the middle", [1, 0, 2]],
  ["each twice, as a director forwards them", [0, 0, 1, 1, 2, 2]],
  ["all, and all again", [0, 1, 2, 0, 1, 2]],
];

describe("fragments without whom they are of", () => {
  for (const [name, words, protocol] of PACKETS)
    for (const [how, order] of ORDERS)
      it(`of ${name}, ${how}: the checksum of the whole is right if it was, and the data is gone`, () => {
        const frames = piecesOf(words, 3, 1200);
        expect(total(frames, protocol)).equals(0xffff);
        const hidden = hiddenOf(frames, order);
        expect(total(hidden, protocol)).equals(0xffff);
        expect(hidden.map(({ length }) => length)).deep.equals(frames.map(({ length }) => length));
        const header = protocol === 6 ? 20 : 8;
        const said = hidden.flatMap(contentOf).filter((byte, at) => at >= header && byte !== 0);
        expect(said.length, "two bytes make up for the length").lessThan(3);
        const again = hiddenOf(piecesOf(words.replace("len", "badsum len"), 3, 1200), order);
        if (how === "in their order")
          expect(total(again, protocol), "wrong before").equals(
            total(piecesOf(words.replace("len", "badsum len"), 3, 1200), protocol),
          );
      });

  it("of the next packet with the same identification are its own", () => {
    const hider = anonymiser("for the tests of it");
    for (const length of [3000, 2600, 3000]) {
      const frames = piecesOf(`tcp 192.0.2.1:40000 > 198.51.100.7:80 P. seq ${length} len ${length}`, 3, 1200);
      for (const frame of frames) hider.frame(frame);
      expect(total(frames, 6)).equals(0xffff);
    }
  });
});
