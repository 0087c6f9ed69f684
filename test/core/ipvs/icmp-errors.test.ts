/** ICMP errors that IPVS has to do with: those it schedules, those it sends, and those that it must not mix up. */
import { expect } from "chai";
import { between, ends, expectFrame, expectFrames, icmpError, onPort, quotes, ttl } from "tapvs/testing";
import { audit } from "../../support/audit.ts";
import { CLIENT, FAR_CLIENT, INSIDE, type Lab, lab, SERVER, service, VIP } from "../../support/lab.ts";
import { counting, icmpAbout, ipv4, type Packet, tcp, udp } from "../../support/packet.ts";

const TO_VIP = `${CLIENT}:40000 > ${VIP}:80`;
const STRAY = tcp(`${VIP}:80 > ${CLIENT}:40000`, "S.");
const NETHER = `${CLIENT} > ${VIP}`;
const live = (made: Lab): number[] => {
  const [{ statistics } = { statistics: undefined }] = made.director.server.services.list();
  return Array.from(statistics?.live ?? []);
};

describe("schedule_icmp", () => {
  const scheduled = (rules = service("-m")): Lab => lab(rules, { sysctl: { schedule_icmp: 1 } });

  it("an error about an answer of nobody's opens a connection, and goes to its server", () => {
    const made = scheduled();
    const { sent } = made.receive(icmpAbout(NETHER, 3, 1, STRAY));
    expectFrames(sent, [
      onPort("eth1"),
      between(`${CLIENT} > ${SERVER}`),
      icmpError(3, 1),
      quotes(ends(`${SERVER}:80 > ${CLIENT}:40000`)),
    ]);
    expect(made.listing()).to.deep.equal([`TCP NONE ${CLIENT}:40000 ${VIP}:80 ${SERVER}:80`]);
    expect(made.connections.timers.secondsLeft(0)).to.equal(3);
    expect(made.counts(SERVER)).to.equal("0/1");
    audit(made.director.server);
  });

  it("off, it opens nothing", () => {
    const made = lab(service("-m"));
    expect(made.receive(icmpAbout(NETHER, 3, 1, STRAY)).verdict).to.equal("host-silent");
    expect(made.rows.count).to.equal(0);
  });

  it("an error that quotes no ports is dropped where it would have to be scheduled", () => {
    for (const [length, verdict] of [
      [19, "host-silent"],
      [20, "header-truncated"],
      [23, "header-truncated"],
      [24, "sent"],
    ] as const) {
      expect(scheduled().receive(icmpAbout(NETHER, 3, 1, STRAY, { length })).verdict, `${length} bytes`).to.equal(
        verdict,
      );
      const { verdict: otherwise } = lab(service("-m")).receive(icmpAbout(NETHER, 3, 1, STRAY, { length }));
      expect(otherwise).to.equal("host-silent");
    }
  });

  it("a later fragment of a datagram is none of IPVS's business at the virtual address, one of TCP is taken for a header", () => {
    const rules = [
      ...service("-m", [SERVER], { at: `-u ${VIP}:0`, extra: "-p 60" }),
      ...service("-m", [SERVER], { at: `-t ${VIP}:0`, extra: "-p 60" }),
    ];
    for (const [protocol, connections] of [
      [17, 0],
      [6, 2],
    ] as const) {
      const made = scheduled(rules);
      const later = ipv4(`${VIP} > ${CLIENT}`, protocol, counting(40), { offset: 576 });
      made.receive(icmpAbout(NETHER, 11, 1, later));
      expect(made.rows.count, `protocol ${protocol}`).to.equal(connections);
    }
  });

  it("for a service without a server is dropped without an answer", () => {
    const { verdict, sent } = scheduled([`-A -t ${VIP}:80 -s rr`]).receive(icmpAbout(NETHER, 3, 1, STRAY));
    expect([verdict, sent.length]).to.deep.equal(["icmp-no-destination", 0]);
  });

  it("with a wrong checksum is dropped, but its connection has been made", () => {
    const made = scheduled();
    expect(made.receive(icmpAbout(NETHER, 3, 1, STRAY, { error: 1 })).verdict).to.equal("icmp-bad-checksum");
    expect(made.rows.count).to.equal(1);
    audit(made.director.server);
  });

  it("the director's own error about a request does not make the request look accepted", () => {
    const made = scheduled();
    const { verdict, sent } = made.receive(tcp(TO_VIP, "S", { ttl: 1 }));
    expect(verdict).to.equal("ttl-exceeded");
    expectFrames(sent, [between(`${VIP} > ${CLIENT}`), icmpError(11, 0)]);
  });
});

describe("nat_icmp_send", () => {
  const strict = (): Lab => lab(service("-m", [`${SERVER}:8080`]), { sysctl: { nat_icmp_send: 1 } });

  it("a masqueraded server's packet of no connection is answered with port unreachable", () => {
    const { verdict, sent } = strict().receive(tcp(`${SERVER}:8080 > ${FAR_CLIENT}:40000`, "S."));
    expect(verdict).to.equal("nat-icmp-send");
    expectFrames(sent, [onPort("eth1"), between(`${INSIDE} > ${SERVER}`), icmpError(3, 3), quotes(ttl(63))]);
  });

  it("unless it is a reset, or comes from a port or protocol that no service has", () => {
    for (const packet of [
      tcp(`${SERVER}:8080 > ${FAR_CLIENT}:40000`, "R"),
      tcp(`${SERVER}:80 > ${FAR_CLIENT}:40000`, "S."),
      udp(`${SERVER}:8080 > ${FAR_CLIENT}:40000`),
      tcp("192.168.1.3:8080 > 192.0.2.7:40000", "S."),
    ]) {
      expect(strict().receive(packet).verdict, `${packet}`).to.equal("sent");
    }
  });

  it("or is cut off before its ports, or its TCP header, end", () => {
    for (const [length, verdict] of [
      [3, "sent"],
      [4, "sent"],
      [19, "sent"],
      [20, "nat-icmp-send"],
    ] as const) {
      const whole = tcp(`${SERVER}:8080 > ${FAR_CLIENT}:40000`, "S.").bytes.slice(20);
      const cut = ipv4(`${SERVER} > ${FAR_CLIENT}`, 6, whole.slice(0, length));
      expect(strict().receive(cut).verdict, `${length} bytes`).to.equal(verdict);
    }
  });

  it("a mark's server counts for any protocol", () => {
    const made = lab(service("-m", [`${SERVER}:8080`], { at: "-f 7" }), { sysctl: { nat_icmp_send: 1 } });
    expect(made.receive(udp(`${SERVER}:8080 > ${FAR_CLIENT}:40000`)).verdict).to.equal("nat-icmp-send");
  });
});

describe("ICMP errors on their way", () => {
  it("from the wire to a server lose one TTL at the virtual address", () => {
    const made = lab(service("-m"));
    made.receive(tcp(TO_VIP, "S"));
    expectFrame(made.receive(icmpAbout(NETHER, 3, 1, STRAY, { ttl: 64 })).sent[0], ttl(63));
    expect(made.receive(icmpAbout(NETHER, 3, 1, STRAY, { ttl: 1 })).verdict).to.equal("ttl-exceeded");
  });

  it("about direct routing and tunnels go to the server as they are", () => {
    const direct = lab(service("-g"));
    direct.receive(tcp(TO_VIP, "S"));
    const error = icmpAbout(NETHER, 3, 1, STRAY);
    expectFrames(direct.receive(error).sent, [
      onPort("eth1"),
      between(NETHER),
      quotes(ends(`${VIP}:80 > ${CLIENT}:40000`)),
    ]);
    const tunnel = lab(service("-i"));
    tunnel.receive(tcp(TO_VIP, "S"));
    const [outer] = tunnel.receive(error).sent;
    expectFrame(outer, between(`${INSIDE} > ${SERVER}`));
    expect(outer?.inner.icmpType).to.equal(3);
  });

  it("of types that quote nothing, or mean something else, are none of IPVS's business", () => {
    const made = lab(service("-m"));
    made.receive(tcp(TO_VIP, "S"));
    for (const type of [5, 12]) expect(made.receive(icmpAbout(NETHER, type, 1, STRAY)).verdict).to.equal("host-silent");
    expect(made.receive(icmpAbout(NETHER, 4, 0, STRAY)).verdict, "source quench").to.equal("sent");
  });

  it("count as packets, and leave state and timer alone", () => {
    const made = lab(service("-m"));
    made.receive(tcp(TO_VIP, "S"));
    made.wait(10);
    const before = live(made);
    made.receive(icmpAbout(NETHER, 3, 1, STRAY));
    expect(live(made).map((count, index) => count - (before[index] ?? 0))).to.deep.equal([0, 1, 0, 56, 0]);
    expect([made.connections.timers.secondsLeft(0), made.listing()[0]?.split(" ")[1]]).to.deep.equal([50, "SYN_RECV"]);
  });

  it("about a packet in our tunnel: the client hears of its own packet, with the tunnel's header taken off the MTU", () => {
    const made = lab(service("-i"));
    const packet = tcp(TO_VIP, "S", { dontFragment: true, data: counting(400) });
    const [outer] = made.receive(packet).sent;
    const quoted = outer?.packet ?? new Uint8Array();
    const error = (rest: number): Packet => icmpAbout(`${SERVER} > ${INSIDE}`, 3, 4, quoted, { length: 200, rest });
    const { verdict, sent } = made.receive(error(1000));
    expect(verdict).to.equal("tunnel-error");
    expectFrames(sent, [onPort("eth0"), between(`${VIP} > ${CLIENT}`), icmpError(3, 4, 1480), quotes(ends(TO_VIP))]);
    // The route is looked up anew by the next packet, and from then on the smaller MTU is told.
    made.receive(packet);
    expectFrames(made.receive(error(1000)).sent, [icmpError(3, 4, 980)]);
  });

  it("about a packet in our tunnel that may be cut: the path is learnt, and the client hears nothing", () => {
    const made = lab(service("-i"));
    const [outer] = made.receive(tcp(TO_VIP, "S", { data: counting(400) })).sent;
    const error = icmpAbout(`${SERVER} > ${INSIDE}`, 3, 4, outer?.packet ?? new Uint8Array(), {
      length: 200,
      rest: 600,
    });
    expect(made.receive(error)).to.deep.equal({ verdict: "tunnel-error", sent: [] });
    const next = made.receive(tcp(TO_VIP, ".", { data: counting(700) })).sent;
    expect(next.map(({ packet }) => packet.length)).to.deep.equal([596, 184]);
  });

  it("that quote less than the packet inside our tunnel are the director's own", () => {
    const made = lab(service("-i"));
    const [outer] = made.receive(tcp(TO_VIP, "S")).sent;
    for (const [length, verdict] of [
      [20, "host-silent"],
      [39, "host-silent"],
      [43, "host-silent"],
      [44, "tunnel-error"],
    ] as const) {
      const error = icmpAbout(`${SERVER} > ${INSIDE}`, 3, 3, outer?.packet ?? new Uint8Array(), { length });
      expect(made.receive(error).verdict, `${length} bytes`).to.equal(verdict);
    }
  });

  it("of a server about a request count as packets to the client", () => {
    const made = lab(service("-m"));
    const [request] = made.receive(tcp(TO_VIP, "S")).sent;
    const before = live(made);
    const error = icmpAbout(`${SERVER} > ${CLIENT}`, 3, 3, request?.packet ?? new Uint8Array());
    expectFrames(made.receive(error).sent, [between(`${VIP} > ${CLIENT}`), quotes(ends(TO_VIP))]);
    expect(live(made).map((count, index) => count - (before[index] ?? 0))).to.deep.equal([0, 0, 1, 0, 56]);
    for (const [length, translated] of [
      [20, false],
      [23, false],
      [24, true],
    ] as const) {
      const short = icmpAbout(`${SERVER} > ${CLIENT}`, 3, 3, request?.packet ?? new Uint8Array(), { length });
      expect(made.receive(short).sent[0]?.source, `${length} bytes`).to.equal(translated ? VIP : SERVER);
    }
  });

  it("about somebody else's tunnel are the director's own", () => {
    const made = lab(service("-i"));
    const inner = tcp(TO_VIP, "S");
    const outer = ipv4(`${INSIDE} > 192.168.1.77`, 4, inner.bytes);
    expect(made.receive(icmpAbout(`${SERVER} > ${INSIDE}`, 3, 3, outer, { length: 60 })).verdict).to.equal(
      "host-silent",
    );
  });

  it("quoting headers that lie end somewhere, and nothing breaks", () => {
    const made = lab(service("-m"));
    made.receive(tcp(TO_VIP, "S"));
    for (let words = 0; words < 16; words++) {
      for (let length = 0; length < 60; length++) {
        const quoted = tcp(`${VIP}:80 > ${CLIENT}:40000`, "S.", { headerWords: words, data: counting(20) });
        for (const [nether, port] of [
          [NETHER, "eth0"],
          [`${SERVER} > ${CLIENT}`, "eth1"],
        ] as const) {
          const { verdict } = made.receive(icmpAbout(nether, 3, 1, quoted, { length }), port);
          expect(verdict).to.match(/^(sent|host-silent|delivered|icmp-bad-checksum)$/);
        }
      }
    }
    audit(made.director.server);
  });
});
