/** Which packets open a connection, for which service, and which do not: what the recordings leave out. */

import { expect } from "chai";
import fc from "fast-check";
import { between, ends, expectFrame, expectFrames, flags, icmpError, onPort, toMac } from "tapvs/testing";
import { prefixed } from "../../../src/core/host/config/config.ts";
import { CLIENT, CLIENT2, type Lab, lab, macOf, SERVER, SERVER2, service, VIP, VIP2 } from "../../support/lab.ts";
import { flagsOf, icmp, ip, tcp, udp } from "../../support/packet.ts";

const TO_VIP = `${CLIENT}:40000 > ${VIP}:80`;
const opens = (made: Lab): boolean => made.eventsOf("created").length > 0;
const letters = [..."FSRP.UEW"];

describe("who opens a connection", () => {
  it("of TCP: whoever shows SYN without RST; with sloppy_tcp whoever does not show RST", () => {
    fc.assert(
      fc.property(fc.subarray(letters), fc.constantFrom(0, 1), (chosen, sloppy) => {
        const made = lab(service("-m"), { sysctl: { sloppy_tcp: sloppy } });
        made.receive(tcp(TO_VIP, chosen.join("")));
        const bits = flagsOf(chosen.join(""));
        expect(opens(made)).to.equal((bits & 4) === 0 && ((bits & 2) !== 0 || sloppy === 1));
      }),
      { numRuns: 300 },
    );
  });

  it("a client behind port 20 never does: FTP data", () => {
    const made = lab([...service("-m"), ...service("-m", [SERVER], { at: `-u ${VIP}:80` })]);
    expect(made.receive(tcp(`${CLIENT}:20 > ${VIP}:80`, "S")).sent[0]?.flags).to.equal("R.");
    expect(made.receive(udp(`${CLIENT}:20 > ${VIP}:80`)).sent[0]?.icmpType).to.equal(3);
    expect(made.rows.count).to.equal(0);
  });

  it("every packet of a client behind port 0 opens another", () => {
    const made = lab(service("-m", [SERVER, SERVER2], { at: `-u ${VIP}:53` }));
    const servers = [1, 2, 3].map(() => made.receive(udp(`${CLIENT}:0 > ${VIP}:53`)).sent[0]?.destination);
    expect(servers).to.deep.equal([SERVER2, SERVER, SERVER2]);
    expect(made.rows.count).to.equal(3);
  });

  it("a ping of the virtual address is the director's, not a real server's", () => {
    const made = lab(service("-m"));
    expectFrames(made.receive(icmp(`${CLIENT} > ${VIP}`, 8, 0)).sent, [between(`${VIP} > ${CLIENT}`), icmpError(0, 0)]);
    expect(made.rows.count).to.equal(0);
  });

  it("a frame for everybody never does", () => {
    const made = lab(service("-m"));
    const bytes = Uint8Array.from([255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 1, 1, 8, 0, ...tcp(TO_VIP, "S").bytes]);
    expect(made.receiveFrame(bytes).verdict).to.equal("host-silent");
    expect(made.rows.count).to.equal(0);
  });

  it("without any service nobody is looked up: connections age, their packets are the host's", () => {
    const made = lab(service("-m"));
    made.receive(tcp(TO_VIP, "S"));
    made.ipvsadm(`-D -t ${VIP}:80`);
    expect(made.receive(tcp(TO_VIP, ".")).sent[0]?.flags).to.equal("R");
    expect(made.rows.count).to.equal(1);
    made.ipvsadm(`-A -t ${VIP}:81 -s rr`);
    expect(made.receive(tcp(TO_VIP, ".")).verdict, "hooked again").to.equal("destination-unavailable");
  });
});

describe("which service a packet is meant for", () => {
  const server = (made: Lab, packet: ReturnType<typeof tcp>): string | undefined => made.receive(packet).sent[0]?.ends;

  it("one with its mark, before one with its address and port, whatever the protocol", () => {
    const marks = ([6, 17] as const).map((protocol) => ({
      protocol,
      destination: prefixed(ip(VIP), 32),
      portFirst: 80,
      portLast: 90,
      mark: 7,
    }));
    const marked = service("-m", [SERVER2], { at: "-f 7" });
    const made = lab([...service("-m"), ...marked], { marks });
    expect(server(made, tcp(TO_VIP, "S"))).to.equal(`${CLIENT}:40000 > ${SERVER2}:80`);
    expect(server(made, udp(`${CLIENT}:40000 > ${VIP}:85`))).to.equal(`${CLIENT}:40000 > ${SERVER2}:85`);
    made.ipvsadm("-D -f 7");
    expect(server(made, tcp(`${CLIENT2}:40000 > ${VIP}:80`, "S"))).to.equal(`${CLIENT2}:40000 > ${SERVER}:80`);
  });

  it("the FTP service for ports above 1023, where none has the port; it serves them only if persistent", () => {
    const made = lab(service("-m", [SERVER], { at: `-t ${VIP}:21`, extra: "-p 300" }));
    expect(server(made, tcp(`${CLIENT}:40000 > ${VIP}:21`, "S"))).to.equal(`${CLIENT}:40000 > ${SERVER}:21`);
    expect(server(made, tcp(`${CLIENT}:40001 > ${VIP}:1024`, "S"))).to.equal(`${CLIENT}:40001 > ${SERVER}:1024`);
    for (const port of [80, 1023]) {
      const refused = made.receive(tcp(`${CLIENT}:40002 > ${VIP}:${port}`, "S")).sent[0];
      expectFrame(refused, flags("R."), onPort("eth0"));
    }
    const transient = lab(service("-m", [SERVER], { at: `-t ${VIP}:21` }));
    const passed = transient.receive(tcp(`${CLIENT}:40001 > ${VIP}:2000`, "S"));
    expect([passed.verdict, passed.sent[0]?.flags]).to.deep.equal(["delivered", "R."]);
  });

  it("the service on port 0 for any other port, of its own protocol and address", () => {
    const made = lab(service("-m", [SERVER], { at: `-t ${VIP}:0`, extra: "-p 300" }));
    for (const port of [1, 80, 65535]) {
      expect(server(made, tcp(`${CLIENT}:40000 > ${VIP}:${port}`, "S"))).to.equal(
        `${CLIENT}:40000 > ${SERVER}:${port}`,
      );
    }
    expect(made.receive(udp(`${CLIENT}:40000 > ${VIP}:80`)).sent[0]?.icmpType).to.equal(3);
    expect(made.receive(tcp(`${CLIENT}:40000 > ${VIP2}:80`, "S")).sent[0]?.flags).to.equal("R.");
  });

  it("a real server on port 0 is reached on the packet's own port", () => {
    const made = lab(service("-m", [`${SERVER}:0`], { at: "-f 7" }), {
      marks: [{ protocol: 6, destination: prefixed(ip(VIP), 32), portFirst: 80, portLast: 81, mark: 7 }],
    });
    expect(server(made, tcp(`${CLIENT}:40000 > ${VIP}:81`, "S"))).to.equal(`${CLIENT}:40000 > ${SERVER}:81`);
  });
});

describe("a real server that is the director itself", () => {
  const rules = (method: string, address = VIP): string[] => [
    `-A -t ${VIP}:80 -s rr`,
    `-a -t ${VIP}:80 -r ${address} ${method}`,
  ];

  it("gets the packet as it came, by direct routing and by a tunnel; the TTL stays", () => {
    for (const method of ["-g", "-i"]) {
      const made = lab(rules(method));
      const { verdict, sent } = made.receive(tcp(TO_VIP, "S", { ttl: 1 }));
      expect(verdict).to.equal("delivered");
      expectFrames(sent, [onPort("eth0"), ends(`${VIP}:80 > ${CLIENT}:40000`), flags("R.")]);
      expect(made.eventsOf("ttl")).to.have.length(0);
    }
  });

  it("by NAT gets it under its own address and port, and its answer leaves from the virtual one", () => {
    const made = lab([`-A -t ${VIP}:80 -s rr`, `-a -t ${VIP}:80 -r ${VIP2}:8080 -m`]);
    const { verdict, sent } = made.receive(tcp(TO_VIP, "S", { sequence: 1000 }));
    expect(verdict).to.equal("delivered");
    expectFrames(sent, [onPort("eth0"), toMac(macOf(CLIENT)), ends(`${VIP}:80 > ${CLIENT}:40000`), flags("R.")]);
    expect(made.listing()).to.deep.equal([`TCP CLOSE ${CLIENT}:40000 ${VIP}:80 ${VIP2}:8080`]);
  });

  it("is told of an error about its answer under its own address, by NAT", () => {
    const made = lab([`-A -t ${VIP}:80 -s rr`, `-a -t ${VIP}:80 -r ${VIP2}:8080 -m`]);
    const [answer] = made.receive(tcp(TO_VIP, "S")).sent;
    const quoted = answer?.packet ?? new Uint8Array();
    const error = icmp(`${CLIENT} > ${VIP}`, 3, 1, { data: quoted.slice(0, 28) });
    expect(made.receive(error).verdict).to.equal("host-silent");
    const rewritten = made.eventsOf("rewritten").map(({ what, before, after }) => `${what} ${before} ${after}`);
    expect(rewritten).to.deep.equal([`destination ${VIP} ${VIP2}`, `quoted source ${VIP} ${VIP2}`]);
  });
});
