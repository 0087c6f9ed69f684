/** What the director takes for a packet, and what it forwards. */
import { expect } from "chai";
import {
  between,
  carries,
  ends,
  expectFrame,
  expectFrames,
  icmpError,
  length,
  onPort,
  quotes,
  ttl,
} from "tapvs/testing";
import {
  CLIENT,
  DIRECTOR,
  DIRECTOR_MACS,
  FAR_CLIENT,
  INSIDE,
  lab,
  macOf,
  SERVER,
  service,
  VIP,
} from "../../support/lab.ts";
import { counting, ethernet, icmp, type Packet, repairHeader, tcp, udp } from "../../support/packet.ts";

const ACROSS = `${FAR_CLIENT}:1 > ${SERVER}:2`;

describe("what is a packet", () => {
  it("padding behind a packet is cut off and never sent on", () => {
    const packet = udp(ACROSS, { data: "x" });
    const padded = Uint8Array.from([...packet.bytes, ...new Uint8Array(17).fill(0xa5)]);
    expectFrame(lab().receive(padded, "eth0").sent[0], length(29), carries("x"));
  });

  it("a header that lies about its own length, or the packet's, is none", () => {
    const made = lab();
    for (const [fields, verdict] of [
      [{ version: 6 }, "ipv4-malformed"],
      [{ headerWords: 4 }, "ipv4-malformed"],
      [{ headerWords: 0 }, "ipv4-malformed"],
      [{ headerWords: 15 }, "ipv4-truncated"],
      [{ totalLength: 19 }, "ipv4-malformed"],
      [{ totalLength: 65535 }, "ipv4-truncated"],
      [{ headerError: 1 }, "ipv4-bad-checksum"],
    ] as const) {
      const packet = udp(ACROSS, fields).bytes;
      if (!("headerError" in fields)) repairHeader(packet);
      expect(made.receive(packet, "eth0").verdict, JSON.stringify(fields)).to.equal(verdict);
    }
    for (let size = 14; size < 34; size++) {
      const frame = ethernet(DIRECTOR_MACS.eth0 ?? "", macOf(CLIENT), udp(ACROSS)).slice(0, size);
      expect(made.receiveFrame(frame).verdict, `${size} bytes`).to.equal("ipv4-truncated");
    }
  });

  it("tags with VLAN id 0 are taken off, those of a VLAN are not for the host", () => {
    const made = lab();
    const plain = ethernet(DIRECTOR_MACS.eth0 ?? "", macOf(CLIENT), udp(ACROSS, { data: "x" }));
    const tagged = (...tags: readonly number[]): Uint8Array =>
      Uint8Array.from([...plain.slice(0, 12), ...tags, ...plain.slice(12)]);
    for (const tags of [
      [0x81, 0, 0, 0],
      [0x88, 0xa8, 0xf0, 0],
      [0x88, 0xa8, 0, 0, 0x81, 0, 0xe0, 0],
    ]) {
      expectFrame(made.receiveFrame(tagged(...tags)).sent[0], length(29), carries("x"));
    }
    expect(made.receiveFrame(tagged(0x81, 0, 0, 1)).verdict).to.equal("vlan-tagged");
    expect(made.receiveFrame(tagged(0x81, 0, 0, 0, 0x81, 0, 0x0f, 0xff)).verdict).to.equal("vlan-tagged");
    expect(made.receiveFrame(tagged(0x81, 0, 0, 0).slice(0, 19)).verdict).to.equal("frame-too-short");
  });

  it("a frame for a group is not for the host: neither forwarded nor balanced", () => {
    const made = lab(service("-m"));
    for (const group of ["01:00:5e:00:00:01", "ff:ff:ff:ff:ff:fe", "ff:ff:ff:ff:ff:ff", "33:33:00:00:00:01"]) {
      const to = (packet: Packet) => made.receiveFrame(ethernet(group, macOf(CLIENT), packet)).verdict;
      expect([to(udp(`${CLIENT}:1 > ${SERVER}:2`)), to(tcp(`${CLIENT}:1 > ${VIP}:80`, "S"))], group).to.deep.equal([
        "not-unicast-frame",
        "host-silent",
      ]);
    }
    expect(made.rows.count).to.equal(0);
  });

  it("an option that cannot be is answered by a parameter problem that points at it", () => {
    const { verdict, sent } = lab().receive(udp(`${CLIENT}:1 > ${DIRECTOR}:2`, { options: [1, 1, 7, 2] }));
    expect(verdict).to.equal("ipv4-malformed");
    expectFrames(sent, [between(`${DIRECTOR} > ${CLIENT}`), icmpError(12, 0, 23 * 2 ** 24)]);
  });

  it("addresses that cannot be anybody's, or are the director's own, do not come from the wire", () => {
    const made = lab();
    for (const [source, target, verdict] of [
      ["127.0.0.1", SERVER, "martian-source"],
      ["224.0.0.1", SERVER, "martian-source"],
      ["239.255.255.255", SERVER, "martian-source"],
      ["255.255.255.255", SERVER, "martian-source"],
      ["0.0.0.0", SERVER, "martian-source"],
      [VIP, SERVER, "martian-source"],
      [INSIDE, VIP, "martian-source"],
      [CLIENT, "127.0.0.1", "martian-destination"],
      [CLIENT, "0.0.0.0", "martian-destination"],
      [CLIENT, "224.0.0.5", "not-listening"],
      ["0.0.0.0", "255.255.255.255", "host-silent"],
      ["0.0.0.0", "0.0.0.0", "host-silent"],
      [CLIENT, "198.51.100.255", "host-silent"],
      [VIP, "203.0.113.7", "no-route"],
    ] as const) {
      expect(made.receive(udp(`${source}:1 > ${target}:2`), "eth0").verdict, `${source} > ${target}`).to.equal(verdict);
    }
  });

  it("rp_filter 1 wants the way back by the same port, 2 any way back", () => {
    const verdict = (filter: number, source: string, port: string): string =>
      lab([], { sysctl: { "net.ipv4.conf.all.rp_filter": filter } }).receive(udp(`${source}:1 > ${DIRECTOR}:9`), port)
        .verdict;
    expect([0, 1, 2].map((filter) => verdict(filter, CLIENT, "eth0"))).to.deep.equal([
      "delivered",
      "delivered",
      "delivered",
    ]);
    expect([0, 1, 2].map((filter) => verdict(filter, CLIENT, "eth1"))).to.deep.equal([
      "delivered",
      "reverse-path",
      "delivered",
    ]);
    expect([1, 2].map((filter) => verdict(filter, "203.0.113.7", "eth0"))).to.deep.equal([
      "reverse-path",
      "reverse-path",
    ]);
  });
});

describe("forwarding", () => {
  it("changes Ethernet addresses and TTL, and nothing else", () => {
    const packet = tcp(ACROSS, "P.", { data: counting(77), tos: 0x1e, id: 999, options: [1, 1, 1, 0], ttl: 17 });
    const [seen] = lab().receive(packet, "eth0").sent;
    expectFrame(seen, onPort("eth1"), ttl(16));
    const back = Uint8Array.from(seen?.packet ?? []);
    back[8] = 17;
    repairHeader(back);
    expect(back).to.deep.equal(packet.bytes);
  });

  it("a TTL that runs out, a packet too long, and a destination without a way are told", () => {
    const made = lab([], { mtu: [1500, 576] });
    expectFrames(made.receive(udp(ACROSS, { ttl: 1 }), "eth0").sent, [
      between(`${DIRECTOR} > ${FAR_CLIENT}`),
      icmpError(11, 0),
      quotes(ttl(1)),
    ]);
    const long = udp(ACROSS, { data: counting(600), dontFragment: true });
    expectFrames(made.receive(long, "eth0").sent, [icmpError(3, 4, 576), quotes(ttl(64), ends(ACROSS)), length(576)]);
    made.wait(100);
    expectFrames(made.receive(udp(`${CLIENT}:1 > 203.0.113.7:2`)).sent, [
      between(`${DIRECTOR} > ${CLIENT}`),
      icmpError(3, 0),
    ]);
  });

  it("adds the port's own address to a record route with room in it", () => {
    const recorded = (options: readonly number[]): number[] => {
      const [seen] = lab().receive(udp(ACROSS, { options }), "eth0").sent;
      expectFrame(seen);
      return [...(seen?.packet.subarray(20, 20 + options.length) ?? [])];
    };
    expect(recorded([7, 7, 4, 0, 0, 0, 0, 0])).to.deep.equal([7, 7, 8, 192, 168, 1, 1, 0]);
    expect(recorded([7, 7, 8, 9, 9, 9, 9, 0]), "full").to.deep.equal([7, 7, 8, 9, 9, 9, 9, 0]);
  });

  it("blanks what stands behind an end of options, and the header checksum is right", () => {
    const packet = udp(ACROSS, { options: [1, 0, 7, 9, 4, 0, 0, 3] });
    const [seen] = lab().receive(packet, "eth0").sent;
    expectFrame(seen, ends(ACROSS));
    expect([...(seen?.packet.subarray(20, 28) ?? [])]).to.deep.equal([1, 0, 0, 0, 0, 0, 0, 0]);
  });

  it("with ip_forward off only the director's own packets are taken", () => {
    const made = lab([], { sysctl: { "net.ipv4.ip_forward": 0 } });
    expect(made.receive(udp(ACROSS), "eth0")).to.deep.equal({ verdict: "forwarding-off", sent: [] });
    expect(made.receive(udp(`${CLIENT}:1 > 203.0.113.7:2`))).to.deep.equal({ verdict: "forwarding-off", sent: [] });
    expect(made.receive(icmp(`${CLIENT} > ${DIRECTOR}`, 8, 0)).verdict).to.equal("delivered");
  });
});
