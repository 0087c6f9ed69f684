import { expect } from "chai";
import { areAlike } from "../../../src/core/replay/resemblance.ts";
import { counting, ipv4, type Packet, tcp, udp } from "../../support/packet.ts";

const frame = ({ bytes }: Packet): Uint8Array => Uint8Array.from([...new Array<number>(12).fill(2), 8, 0, ...bytes]);
const alike = (a: Packet, b: Packet): boolean => areAlike(frame(a), frame(b));

describe("two frames that are one packet", () => {
  const segment = tcp("192.0.2.1:40000 > 10.2.0.2:80", ".", { sequence: 7, data: counting(10) });

  it("have the same numbers or data, whatever their ends and their tunnel are", () => {
    expect(
      alike(segment, tcp("192.0.2.1:40000 > 10.2.0.3:8080", ".", { sequence: 7, data: counting(10), ttl: 9 })),
    ).equals(true);
    expect(alike(segment, ipv4("10.2.0.1 > 10.2.0.3", 4, segment.bytes))).equals(true);
    expect(
      alike(
        udp("192.0.2.1:1 > 10.2.0.2:53", { data: counting(9) }),
        udp("192.0.2.1:1 > 10.2.0.3:53", { data: counting(9) }),
      ),
    ).equals(true);
  });

  it("are not two of one connection, nor of other lengths or protocols", () => {
    expect(alike(segment, tcp("192.0.2.1:40000 > 10.2.0.2:80", ".", { sequence: 17, data: counting(10) }))).equals(
      false,
    );
    expect(alike(segment, tcp("192.0.2.1:40000 > 10.2.0.2:80", ".", { sequence: 7, data: counting(11) }))).equals(
      false,
    );
    expect(alike(segment, udp("192.0.2.1:40000 > 10.2.0.2:80", { data: counting(22) }))).equals(false);
    expect(areAlike(new Uint8Array(5), frame(segment))).equals(false);
  });
});
