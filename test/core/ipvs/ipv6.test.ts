/** What IPVS does with IPv6 and not with IPv4, and from which release on. Each rule as recorded: fixtures/golden-v6, fixtures/recordings/ipv6_*. */
import { expect } from "chai";
import { DEFAULT_KERNEL, REFERENCE_KERNEL } from "../../../src/core/kernel/releases.ts";
import {
  CLIENT,
  CLIENT6,
  DIRECTOR_MACS,
  INSIDE,
  INSIDE6,
  type Lab,
  type LabOptions,
  lab,
  macOf,
  type Outcome,
  SERVER,
  SERVER6,
  service,
  VIP,
  VIP6,
} from "../../support/lab.ts";
import { counting, ethernet, type Packet, tcp } from "../../support/packet.ts";
import { addressBytes, icmpv6, tcp6 } from "../../support/packet-ipv6.ts";

const ACK = 0x10;
const TO_VIP = `${CLIENT6}:40000 > ${VIP6}:80`;
const OLD = REFERENCE_KERNEL;
const NEW = DEFAULT_KERNEL;

const six = (method: string, options: LabOptions = {}, servers = [`[${SERVER6}]:80`]): Lab =>
  lab(service(method, servers, { at: `-t [${VIP6}]:80` }), { ipv6: true, ...options });

const fromClient = (made: Lab, packet: Packet): Outcome =>
  made.receiveFrame(ethernet(DIRECTOR_MACS.eth0 ?? "", macOf(CLIENT), packet, 0x86dd));
const fromServer = (made: Lab, packet: Packet): Outcome =>
  made.receiveFrame(ethernet(DIRECTOR_MACS.eth1 ?? "", macOf(SERVER), packet, 0x86dd), "eth1");

/** The network packet in the only frame that was sent. */
function sent({ sent: frames, verdict }: Outcome): Uint8Array {
  expect([verdict, frames.length]).deep.equals(["sent", 1]);
  return frames[0]?.bytes.slice(14) ?? new Uint8Array();
}
const bytesAt = (packet: Uint8Array, at: number, length: number): number[] => [...packet.slice(at, at + length)];
const address = (text: string): number[] => [...addressBytes(text)];

describe("IPv6 through IPVS", () => {
  it("6 in 6: hop limit and traffic class of the packet inside, congestion experienced only there, and no flow label", () => {
    const made = six("-i");
    const outer = sent(fromClient(made, tcp6(TO_VIP, 2, { hops: 9, trafficClass: 0xbb, flowLabel: 0x12345 })));
    expect(bytesAt(outer, 0, 8)).deep.equals([0x6b, 0xa0, 0, 0, 0, 60, 41, 8]);
    expect(bytesAt(outer, 8, 16)).deep.equals(address(INSIDE6));
    expect(bytesAt(outer, 24, 16)).deep.equals(address(SERVER6));
    expect(bytesAt(outer, 40, 8)).deep.equals([0x6b, 0xb1, 0x23, 0x45, 0, 20, 6, 8]);
  });

  it("6 in 4 and 4 in 6: the outer header is of the real server's family", () => {
    const four = sent(fromClient(six("-i", {}, [`${SERVER}:80`]), tcp6(TO_VIP)));
    expect([bytesAt(four, 0, 4), bytesAt(four, 8, 2)]).deep.equals([
      [0x45, 0, 0, 80],
      [63, 41],
    ]);
    expect(bytesAt(four, 12, 8)).deep.equals([...INSIDE.split("."), ...SERVER.split(".")].map(Number));
    const made = lab(service("-i", [`[${SERVER6}]:80`], { at: `-t ${VIP}:80` }), { ipv6: true });
    expect(bytesAt(sent(made.receive(tcp(`${CLIENT}:40000 > ${VIP}:80`, "S"))), 4, 4)).deep.equals([0, 40, 4, 63]);
  });

  it("a tunnel that leaves less than 1280 bytes inside is none, and says nothing", () => {
    expect(fromClient(six("-i", { mtu: [1500, 1319] }), tcp6(TO_VIP))).deep.equals({
      verdict: "tunnel-mtu-too-small",
      sent: [],
    });
    expect(fromClient(six("-i", { mtu: [1500, 1320] }), tcp6(TO_VIP)).verdict).equals("sent");
  });

  it("an ICMPv6 error that is too big for the way to the real server is dropped, and nobody is told", () => {
    const made = six("-g", { mtu: [1500, 1280] });
    fromClient(made, tcp6(TO_VIP));
    const answer = tcp6(`${VIP6}:80 > ${CLIENT6}:40000`, ACK, { data: counting(1300) });
    const error = (length: number): Packet =>
      icmpv6(`${CLIENT6} > ${VIP6}`, 2, 0, { rest: 1280, data: answer.bytes.slice(0, length) });
    expect(fromClient(made, error(1232)).verdict).equals("sent");
    expect(fromClient(made, error(1233))).deep.equals({ verdict: "too-big", sent: [] });
  });

  for (const [kernel, state] of [
    [OLD, "CLOSE"],
    [NEW, "SYN_RECV"],
  ] as const) {
    it(`Linux ${kernel.release}: a SYN behind an extension header leaves its connection in state ${state}`, () => {
      const made = six("-m", { kernel });
      fromClient(made, tcp6(TO_VIP, 2, { extensions: [[60, [0, 1, 4, 0, 0, 0, 0]]] }));
      expect(made.listing()).deep.equals([`TCP ${state} [${CLIENT6}]:40000 [${VIP6}]:80 [${SERVER6}]:80`]);
    });
  }

  it("Linux 6.12.117: a real server's ICMPv6 error reaches the client as the virtual service's", () => {
    const made = six("-m", { kernel: NEW }, [`[${SERVER6}]:8080`]);
    fromClient(made, tcp6(TO_VIP));
    const asked = tcp6(`${CLIENT6}:40000 > ${SERVER6}:8080`);
    const error = sent(fromServer(made, icmpv6(`${SERVER6} > ${CLIENT6}`, 1, 4, { data: asked.bytes })));
    expect(bytesAt(error, 8, 16), "outer source").deep.equals(address(VIP6));
    expect(bytesAt(error, 48 + 24, 16), "quoted destination").deep.equals(address(VIP6));
    expect(bytesAt(error, 88, 4), "quoted ports").deep.equals([0x9c, 0x40, 0, 80]);
  });

  it("schedule_icmp: an error about nobody's answer opens a connection; off, it is the host's", () => {
    const answer = tcp6(`${VIP6}:80 > ${CLIENT6}:40000`, ACK);
    const error = icmpv6(`${CLIENT6} > ${VIP6}`, 3, 0, { data: answer.bytes });
    const made = six("-m", { sysctl: { schedule_icmp: 1 } });
    expect(bytesAt(sent(fromClient(made, error)), 48 + 8, 16)).deep.equals(address(SERVER6));
    expect(made.listing()).deep.equals([`TCP NONE [${CLIENT6}]:40000 [${VIP6}]:80 [${SERVER6}]:80`]);
    const short = icmpv6(`${CLIENT6} > ${VIP6}`, 3, 0, { data: answer.bytes.slice(0, 43) });
    expect(fromClient(six("-m", { sysctl: { schedule_icmp: 1 } }), short).verdict).equals("header-truncated");
    const off = six("-m");
    expect([fromClient(off, error).verdict, off.listing()]).deep.equals(["host-silent", []]);
  });
});
