/** Fragments that only pass: looked at as a whole where IPVS might have to look into them, else one by one. */
import { expect } from "chai";
import {
  between,
  carries,
  ends,
  expectFrame,
  expectFrames,
  fragment,
  icmpError,
  length,
  onPort,
  quotes,
  ttl,
} from "tapvs/testing";
import { FAR_CLIENT, INSIDE, type Lab, lab, SERVER, service, VIP } from "../../support/lab.ts";
import { counting, fragments, ipv4, type Packet, tcp, udp } from "../../support/packet.ts";
import { Seen } from "../../support/seen.ts";

const ENDS = `${SERVER}:7 > ${FAR_CLIENT}:9`;
const verdicts = (made: Lab, pieces: readonly Packet[]): string[] => pieces.map((piece) => made.receive(piece).verdict);

describe("fragments that are forwarded", () => {
  it("pass one by one as long as there is no service", () => {
    expect(verdicts(lab(), fragments(udp(ENDS, { data: counting(900) }), 400))).to.deep.equal(["sent", "sent", "sent"]);
  });

  it("of TCP, UDP, SCTP and ICMP wait for each other where there is one, related to it or not", () => {
    for (const protocol of [1, 6, 17, 132]) {
      const pieces = fragments(ipv4(`${SERVER} > ${FAR_CLIENT}`, protocol, counting(900)), 400);
      expect(verdicts(lab(service("-m")), pieces), `protocol ${protocol}`).to.deep.equal(["held", "held", "sent"]);
    }
    const others = fragments(ipv4(`${SERVER} > ${FAR_CLIENT}`, 47, counting(900)), 400);
    expect(verdicts(lab(service("-m")), others)).to.deep.equal(["sent", "sent", "sent"]);
  });

  it("go on in the pieces they came in, each with a TTL less", () => {
    const made = lab(service("-m"));
    const sent = fragments(udp(ENDS, { data: counting(900), ttl: 9 }), 400).flatMap(
      (piece) => made.receive(piece).sent,
    );
    expectFrames(
      sent,
      [onPort("eth0"), fragment(0, true), ttl(8), length(420)],
      [fragment(400, true), ttl(8)],
      [fragment(800, false), ttl(8), length(128)],
    );
    expectFrame(Seen.joined(sent), ends(ENDS), carries(counting(900)));
  });

  it("that spoil each other end here", () => {
    const made = lab(service("-m"));
    const [one, two] = fragments(udp(ENDS, { data: counting(900) }), 400);
    if (one === undefined || two === undefined) return expect.fail("two pieces");
    expect(verdicts(made, [one, one, two])).to.deep.equal(["held", "fragment-invalid", "held"]);
    return undefined;
  });

  it("an incomplete datagram is told of by the director's own address, quoting it with its TTL counted down", () => {
    const made = lab(service("-m"));
    const [one] = fragments(udp(ENDS, { data: counting(900) }), 400);
    if (one === undefined) return expect.fail("a piece");
    made.receive(one);
    expectFrames(made.wait(40), [between(`${INSIDE} > ${SERVER}`), icmpError(11, 1), quotes(ttl(63))]);
    return undefined;
  });

  it("an answer in fragments is rewritten as a whole", () => {
    const made = lab(service("-m", [`${SERVER}:5353`], { at: `-u ${VIP}:53` }));
    made.receive(udp(`${FAR_CLIENT}:9 > ${VIP}:53`), "eth0");
    const answer = udp(`${SERVER}:5353 > ${FAR_CLIENT}:9`, { data: counting(900) });
    const sent = fragments(answer, 400).flatMap((piece) => made.receive(piece).sent);
    expectFrame(Seen.joined(sent), ends(`${VIP}:53 > ${FAR_CLIENT}:9`), carries(counting(900)));
    const segment = tcp(`${SERVER}:80 > ${FAR_CLIENT}:9`, ".", { data: counting(900) });
    expect(verdicts(made, fragments(segment, 480)), "of nobody's connection").to.deep.equal(["held", "sent"]);
  });
});
