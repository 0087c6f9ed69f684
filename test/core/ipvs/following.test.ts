/** AH and ESP, which have no ports, follow the connection that agreed on their keys. */
import { expect } from "chai";
import { between, expectFrames, length, onPort, protocol, toMac, ttl } from "tapvs/testing";
import { CLIENT, CLIENT2, type Lab, lab, macOf, SERVER, VIP } from "../../support/lab.ts";
import { counting, icmpAbout, ipv4, type Packet, udp } from "../../support/packet.ts";

const [ESP, AH] = [50, 51];
const IKE = `${CLIENT}:500 > ${VIP}:500`;

const balancing = (method: string): Lab =>
  lab([`-A -u ${VIP}:500 -s rr`, `-a -u ${VIP}:500 -r ${SERVER}:500 ${method}`]);
const secured = (ends: string, number = ESP): Packet => ipv4(ends, number, counting(32));

describe("AH and ESP", () => {
  it("are no packets of IPVS before the client's key exchange", () => {
    const { verdict, sent } = balancing("-m").receive(secured(`${CLIENT} > ${VIP}`));
    expect(verdict).to.equal("delivered");
    expectFrames(sent, [onPort("eth0"), between(`${VIP} > ${CLIENT}`)]);
  });

  for (const number of [ESP, AH]) {
    it(`follow it by NAT, both ways, the bytes behind the header left alone (protocol ${number})`, () => {
      const made = balancing("-m");
      made.receive(udp(IKE));
      const asked = made.receive(secured(`${CLIENT} > ${VIP}`, number)).sent;
      expectFrames(asked, [onPort("eth1"), between(`${CLIENT} > ${SERVER}`), protocol(number), ttl(63), length(52)]);
      const answered = made.receive(secured(`${SERVER} > ${CLIENT}`, number)).sent;
      expectFrames(answered, [onPort("eth0"), between(`${VIP} > ${CLIENT}`), protocol(number), ttl(63)]);
    });
  }

  it("follow it by direct routing and through a tunnel", () => {
    for (const [method, ends] of [
      ["-g", `${CLIENT} > ${VIP}`],
      ["-i", `192.168.1.1 > ${SERVER}`],
    ] as const) {
      const made = balancing(method);
      made.receive(udp(IKE));
      const asked = made.receive(secured(`${CLIENT} > ${VIP}`)).sent;
      expectFrames(asked, [onPort("eth1"), toMac(macOf(SERVER)), between(ends)]);
    }
  });

  it("of another client follow nothing", () => {
    const made = balancing("-m");
    made.receive(udp(IKE));
    expect(made.receive(secured(`${CLIENT2} > ${VIP}`)).verdict).to.equal("delivered");
  });

  it("an ICMP error about them takes the same way, only addresses rewritten", () => {
    const made = balancing("-m");
    made.receive(udp(IKE));
    const error = icmpAbout(`${SERVER} > ${CLIENT}`, 3, 1, secured(`${CLIENT} > ${SERVER}`));
    const { sent } = made.receive(error);
    expectFrames(sent, [onPort("eth0"), between(`${VIP} > ${CLIENT}`)]);
    // Behind the outer header and the ICMP header stands the quoted packet; its destination is the virtual address again.
    const quoted = sent[0]?.packet.subarray(28) ?? new Uint8Array();
    expect(Buffer.from(quoted.subarray(16, 20)).toString("hex")).to.equal("cb007164");
    expect([...quoted.subarray(20, 24)]).to.deep.equal([0, 1, 2, 3]);
  });

  it("do not follow FULLNAT, whose server side has other ports", () => {
    const made = lab([
      `-A -u ${VIP}:500 -s rr`,
      `-a -u ${VIP}:500 -r ${SERVER}:500 -b`,
      `--add-laddr -z 192.168.1.101 -u ${VIP}:500`,
    ]);
    expect(made.receive(udp(IKE)).verdict).to.equal("sent");
    expect(made.receive(secured(`${CLIENT} > ${VIP}`)).verdict).to.equal("delivered");
  });
});
