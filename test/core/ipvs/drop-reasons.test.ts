/** One frame (or a few) for each reason to drop one: it ends in exactly that reason, which can say what it is. */

import { expect } from "chai";
import { between, expectFrame, icmpError, onPort } from "tapvs/testing";
import { DROP_SENTENCES } from "../../../src/core/explain/sentences/drops.ts";
import { prefixed } from "../../../src/core/host/config/config.ts";
import { linkLocalAddress } from "../../../src/core/host/interfaces.ts";
import { DROP_REASONS } from "../../../src/core/trace/verdict.ts";
import { ANY_IPV6, formatAddress, parseAddress, parseMac } from "../../../src/core/wire/address.ts";
import { macNumber } from "../../../src/core/wire/ethernet.ts";
import {
  CLIENT,
  CLIENT2,
  CLIENT6,
  DIRECTOR,
  DIRECTOR_MACS,
  INSIDE,
  type Lab,
  LOCAL,
  lab,
  macOf,
  type Outcome,
  SERVER,
  SERVER6,
  service,
  VIP,
  VIP6,
} from "../../support/lab.ts";
import {
  counting,
  ethernet,
  icmp,
  icmpAbout,
  ip,
  ipv4,
  type Packet,
  repairHeader,
  tcp,
  udp,
} from "../../support/packet.ts";
import { discovery, icmpv6, ipv6, tcp6 } from "../../support/packet-ipv6.ts";
import { unreachable } from "./coverage.ts";
import { datagram, message, record } from "./sync/made-message.ts";

const MAC0 = DIRECTOR_MACS.eth0 ?? "";
const FROM = macOf(CLIENT);
const TO_VIP = `${CLIENT}:40000 > ${VIP}:80`;
const syn = (fields = {}): Packet => tcp(TO_VIP, "S", fields);

/** A packet changed behind its builder's back, with the header checksum made right again. */
function altered(packet: Packet, change: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  const bytes = change(packet.bytes.slice());
  repairHeader(bytes);
  return bytes;
}

/** The first `length` bytes, and a total length that says so. */
const cut = (packet: Packet, length: number): Uint8Array =>
  altered(packet, (bytes) => {
    const short = bytes.slice(0, length);
    short.set([length >> 8, length & 255], 2);
    return short;
  });

const TO_FTP = `${CLIENT}:40000 > ${VIP}:21`;
const ftp = (module: string, method: string, port = 21): Lab =>
  lab([`-A -t ${VIP}:${port} -s rr`, `-a -t ${VIP}:${port} -r ${SERVER} ${method}`], { modules: [module] });

/** A control connection up to the server's reply to PASV, which is the outcome. */
function passive(made: Lab, port = 21): Outcome {
  const [request, answer] = [`${CLIENT}:40000 > ${VIP}:${port}`, `${SERVER}:${port} > ${CLIENT}:40000`];
  made.receive(tcp(request, "S"));
  made.receive(tcp(answer, "S.", { sequence: 5000, acknowledgement: 1001 }));
  made.receive(tcp(request, "P.", { sequence: 1001, acknowledgement: 5001, data: "PASV\r\n" }));
  const data = "227 Entering Passive Mode (192,168,1,2,195,80).\r\n";
  return made.receive(tcp(answer, "P.", { sequence: 5001, acknowledgement: 1007, data }));
}

/** An IPv6 header that announces so many bytes behind it, and nothing behind it. */
const ipv6Header = (length: number): Uint8Array =>
  Uint8Array.from({ length: 40 }, (_, at) => [0x60, 0, 0, 0, 0, length][at] ?? 9);

const nat = (): Lab => lab(service("-m"));

/** The link-local address of eth0. */
const OWN = formatAddress(linkLocalAddress(macNumber(parseMac(MAC0) ?? new Uint8Array(6))));
const ASKS = `fe80::5 > ${OWN}`;
/** Beside the lab's IPv4 there is an IPv6 network behind eth1. */
const receiveIpv6 = (packet: Packet): Outcome =>
  lab([], {
    routes: [{ to: { address: parseAddress("2001:db8::") ?? ANY_IPV6, prefix: 32 }, dev: "eth1" }],
  }).receiveFrame(ethernet(MAC0, FROM, packet, 0x86dd));

/** What makes each reason; the last frame's outcome. */
const CASES: Readonly<Record<string, () => Outcome>> = {
  "frame-too-short": () => nat().receiveFrame(new Uint8Array(13)),
  "ieee-802.3": () => nat().receiveFrame(ethernet(MAC0, FROM, syn(), 0x05ff)),
  "vlan-tagged": () => nat().receiveFrame(ethernet(MAC0, FROM, syn(), 0x8100)),
  "unknown-ethertype": () => nat().receiveFrame(ethernet(MAC0, FROM, syn(), 0x8847)),
  "ipv6-malformed": () => nat().receiveFrame(ethernet(MAC0, FROM, new Uint8Array(40), 0x86dd)),
  "ipv6-options": () => receiveIpv6(ipv6(ASKS, 59, new Uint8Array(), { extensions: [[0, [0, 1, 4, 1, 0, 0, 0]]] })),
  "ipv6-source-routed": () => {
    const stops = [0, 0, 1, 0, 0, 0, 0];
    return receiveIpv6(ipv6(`fe80::5 > ${OWN}`, 59, new Uint8Array(), { extensions: [[43, stops]] }));
  },
  "not-listening": () => receiveIpv6(icmpv6("fe80::5 > ff02::77", 128, 0)),
  "beyond-scope": () => receiveIpv6(icmpv6("fe80::5 > 2001:db8::5", 128, 0)),
  "discovery-malformed": () => receiveIpv6(discovery(`fe80::5 > ${OWN}`, 135, OWN, { hops: 64 })),
  "discovery-not-for-us": () => receiveIpv6(discovery(`fe80::5 > ${OWN}`, 136, "fe80::6")),
  "ipv6-truncated": () => nat().receiveFrame(ethernet(MAC0, FROM, ipv6Header(1), 0x86dd)),
  "not-for-us": () => nat().receiveFrame(ethernet(macOf(CLIENT2), FROM, syn())),
  "arp-malformed": () => nat().receiveFrame(ethernet(MAC0, FROM, new Uint8Array(27), 0x0806)),
  "arp-not-for-us": () => {
    const asks = [0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 1, 1, 198, 51, 100, 1, 0, 0, 0, 0, 0, 0, 198, 51, 100, 77];
    return lab([], { neighbors: false }).receiveFrame(
      ethernet("ff:ff:ff:ff:ff:ff", FROM, Uint8Array.from(asks), 0x0806),
    );
  },
  "ipv4-malformed": () => nat().receive(syn({ version: 5 })),
  "ipv4-truncated": () => nat().receive(syn({ totalLength: 41 })),
  "ipv4-bad-checksum": () => nat().receive(syn({ headerError: 1 })),
  "ipv4-source-routed": () => nat().receive(syn({ options: [131, 7, 4, 192, 0, 2, 1, 0] })),
  "mark-unreadable": () => {
    const rule = { protocol: 6 as const, destination: prefixed(ip(VIP), 32), portFirst: 1, portLast: 9, mark: 7 };
    return lab([], { marks: [rule] }).receive(ipv4(`${CLIENT} > ${VIP}`, 6, counting(19)));
  },
  "martian-source": () => nat().receive(tcp(`${VIP}:80 > ${SERVER}:80`, "S"), "eth0"),
  "martian-destination": () => nat().receive(tcp(`${CLIENT}:40000 > 127.0.0.1:80`, "S")),
  "reverse-path": () => lab([], { sysctl: { "net.ipv4.conf.all.rp_filter": 1 } }).receive(syn(), "eth1"),
  "no-route": () => nat().receive(udp(`${CLIENT}:1 > 203.0.113.7:1`)),
  "forwarding-off": () => lab([], { sysctl: { "net.ipv4.ip_forward": 0 } }).receive(udp(`${CLIENT}:1 > ${SERVER}:1`)),
  "not-unicast-frame": () => nat().receiveFrame(ethernet("ff:ff:ff:ff:ff:ff", FROM, udp(`${CLIENT}:1 > ${SERVER}:1`))),
  "ttl-exceeded": () => nat().receive(syn({ ttl: 1 })),
  "too-big": () =>
    lab(service("-m"), { mtu: [1500, 576] }).receive(
      udp(`${CLIENT}:1 > ${SERVER}:1`, { data: counting(600), dontFragment: true }),
    ),
  "tunnel-unbound": () => {
    const made = lab([...service("-i"), "--start-daemon backup --mcast-interface eth1"]);
    made.receive(datagram(message([record({ flags: 0x82, server: "192.168.1.77" })])), "eth1");
    return made.receive(tcp(`${CLIENT}:50000 > ${VIP}:80`, "."));
  },
  "tunnel-mtu-too-small": () => lab(service("-i"), { mtu: [1500, 87] }).receive(syn()),
  "fragment-timeout": () => {
    const made = nat();
    const held = made.receive(udp(`${CLIENT}:1 > ${VIP}:53`, { data: counting(32), moreFragments: true }));
    expect(held.verdict).to.equal("held");
    const sent = made.wait(31);
    expectFrame(sent[0], onPort("eth0"), between(`${VIP} > ${CLIENT}`), icmpError(11, 1));
    return { verdict: made.counted(), sent };
  },
  "fragment-invalid": () => nat().receive(ipv4(`${CLIENT} > ${VIP}`, 17, new Uint8Array(), { offset: 8 })),
  "header-truncated": () => nat().receive(cut(syn(), 39), "eth0"),
  "no-destination": () => lab([`-A -t ${VIP}:80 -s rr`]).receive(syn()),
  "destination-unavailable": () => {
    const made = nat();
    made.receive(syn());
    made.ipvsadm(`-d -t ${VIP}:80 -r ${SERVER}`);
    return made.receive(tcp(TO_VIP, "."));
  },
  "drop-packet": () => lab(service("-m"), { sysctl: { drop_packet: 3 } }).receive(syn()),
  "no-local-port": () => lab(service("-b")).receive(syn()),
  "icmp-no-destination": () =>
    lab([`-A -t ${VIP}:80 -s rr`], { sysctl: { schedule_icmp: 1 } }).receive(
      icmpAbout(`${CLIENT} > ${VIP}`, 3, 1, tcp(`${VIP}:80 > ${CLIENT}:40000`, "S.")),
    ),
  "helper-checksum": () => ftp("ip_vs_ftp", "-m").receive(tcp(TO_FTP, "S", { error: 1 })),
  "helper-untracked": () => passive(ftp("ip_vs_ftp ports=2121", "-m", 2121), 2121),
  "sequence-options": () => {
    const made = ftp("ip_vs_ftp", "-m");
    expect(passive(made).verdict).to.equal("sent");
    const tcpOptions = [5, 30, 1, 1];
    return made.receive(tcp(TO_FTP, ".", { sequence: 1007, acknowledgement: 5001, tcpOptions }));
  },
  "tracking-clash": () => {
    const made = ftp("ip_vs_ftp", "-m");
    expect(passive(made).verdict).to.equal("sent");
    return made.receive(tcp(TO_FTP, ".", { sequence: 1007, acknowledgement: 95_001 }));
  },
  "still-tracked": () => {
    const made = ftp("ip_vs_ftp", "-m");
    expect(passive(made).verdict).to.equal("sent");
    made.sysctl("expire_nodest_conn", 1);
    made.ipvsadm(`-e -t ${VIP}:21 -r ${SERVER} -m -w 0`);
    return made.receive(tcp(TO_FTP, "S", { sequence: 70_000 }));
  },
  "no-engine-data": () => {
    const rules = [`-A -u ${VIP}:5060 -s rr -p 60 --pe sip`, `-a -u ${VIP}:5060 -r ${SERVER} -m`];
    return lab(rules).receive(udp(`${CLIENT}:5060 > ${VIP}:5060`, { data: "no call" }));
  },
  "no-route-to-destination": () => lab(service("-m", ["203.0.113.7"])).receive(syn()),
  "loopback-source": () => lab(service("-m"), { silent: true }).originate(tcp(`127.0.0.1:40000 > ${VIP}:80`, "S")),
  "loopback-destination": () => lab(service("-m", ["127.0.0.1"])).receive(syn()),
  "local-destination": () => lab([...service("-b", [INSIDE]), `-P -t ${VIP}:80 -z ${LOCAL}`]).receive(syn()),
  "icmp-truncated": () => nat().receive(ipv4(`${CLIENT} > ${VIP}`, 1, new Uint8Array(7))),
  "icmpv6-without-pseudo-header": () => {
    const made = lab(service("-m", [`[${SERVER6}]:80`], { at: `-t [${VIP6}]:80` }), { ipv6: true });
    made.receiveFrame(ethernet(MAC0, FROM, tcp6(`${CLIENT6}:40000 > ${VIP6}:80`), 0x86dd));
    const asked = tcp6(`${CLIENT6}:40000 > ${SERVER6}:80`);
    const refusal = icmpv6(`${SERVER6} > ${CLIENT6}`, 1, 4, { data: asked.bytes });
    return made.receiveFrame(ethernet(DIRECTOR_MACS.eth1 ?? "", macOf(SERVER), refusal, 0x86dd), "eth1");
  },
  "icmpv6-fragment": () => {
    const made = lab(service("-m", [`[${SERVER6}]:80`], { at: `-t [${VIP6}]:80` }), { ipv6: true });
    // Netfilter takes the first fragment header off, IPVS meets the second.
    const extensions = [[44, [0, 0, 0, 0, 0, 0, 1]] as const, [44, [0, 0, 0, 0, 0, 0, 2]] as const];
    const error = icmpv6(`${CLIENT6} > ${VIP6}`, 1, 4, {
      data: tcp6(`${VIP6}:80 > ${CLIENT6}:40000`).bytes,
      extensions,
    });
    return made.receiveFrame(ethernet(MAC0, FROM, error, 0x86dd));
  },
  "icmp-bad-checksum": () => {
    const made = nat();
    made.receive(syn());
    const answer = tcp(`${VIP}:80 > ${CLIENT}:40000`, "S.");
    return made.receive(icmpAbout(`${CLIENT} > ${VIP}`, 3, 1, answer, { error: 1 }));
  },
  "nat-icmp-send": () =>
    lab(service("-m"), { sysctl: { nat_icmp_send: 1 } }).receive(tcp(`${SERVER}:80 > ${CLIENT}:40000`, "S.")),
  "tunnel-error": () => {
    const made = lab(service("-i"));
    const [outer] = made.receive(syn()).sent;
    return made.receive(icmpAbout(`${SERVER} > ${INSIDE}`, 3, 3, outer?.packet ?? new Uint8Array(), { length: 60 }));
  },
  "no-reroute": () => {
    const made = lab([...service("-b"), `-P -t ${VIP}:80 -z ${LOCAL}`]);
    const [request] = made.receive(tcp(`203.0.113.7:40000 > ${VIP}:80`, "S")).sent;
    return made.receive(tcp(`${SERVER}:80 > ${LOCAL}:${request?.sourcePort}`, "S."));
  },
  "host-checksum": () => nat().receive(tcp(`${CLIENT}:40000 > ${DIRECTOR}:22`, "S", { error: 1 })),
  "host-truncated": () => lab().receive(cut(tcp(`${CLIENT}:40000 > ${DIRECTOR}:22`, "S"), 39), "eth0"),
  "host-reset": () => nat().receive(tcp(`${CLIENT}:40000 > ${DIRECTOR}:22`, "R")),
  "host-silent": () => nat().receive(icmp(`${CLIENT} > ${DIRECTOR}`, 0, 0)),
  "neighbor-failed": () => {
    const made = lab(service("-m"), { neighbors: false });
    expect(made.receive(syn()).verdict).to.equal("parked");
    const sent = made.wait(4);
    return { verdict: made.counted(), sent };
  },
  "neighbor-table-overflow": () => {
    const made = lab([], { neighbors: false, sysctl: { "net.ipv4.neigh.default.gc_thresh3": 2 } });
    for (const number of [1, 2]) made.receive(udp(`${CLIENT}:1 > 192.168.1.${50 + number}:9`));
    return made.receive(udp(`${CLIENT}:1 > 192.168.1.53:9`));
  },
  "fragments-full": () => {
    const made = lab(service("-m"), { sysctl: { "net.ipv4.ipfrag_high_thresh": 0 } });
    made.receive(udp(TO_VIP, { id: 1, moreFragments: true }));
    return made.receive(udp(TO_VIP, { id: 2, moreFragments: true }));
  },
  "connections-full": () => {
    const made = nat();
    made.director.limitConnections(1);
    made.receive(syn());
    return made.receive(tcp(`${CLIENT2}:40000 > ${VIP}:80`, "S"));
  },
  "parking-full": () => {
    const made = lab(service("-m"), { neighbors: false });
    for (let number = 0; number < 200; number++)
      made.receive(udp(`${CLIENT}:1 > ${SERVER}:1`, { data: counting(1400) }));
    return { verdict: made.counted(), sent: [] };
  },
};

describe("drop reasons", () => {
  for (const [name, make] of Object.entries(CASES)) {
    it(name, () => expect(make().verdict).to.equal(name));
  }

  it("every reason has its case here, or a line in unreachable.json that says why not", () => {
    const listed = unreachable.drops.map(({ name }) => name);
    expect([...Object.keys(CASES), ...listed]).to.have.members(DROP_REASONS.map(({ name }) => name));
  });

  it("every reason has a name of its own, a sentence, and the kernel's place", () => {
    expect(new Set(DROP_REASONS.map(({ name }) => name)).size).to.equal(DROP_REASONS.length);
    for (const { name, kernel } of DROP_REASONS) {
      expect(name).to.match(/^[a-z0-9.-]+$/);
      expect(DROP_SENTENCES[name], name).to.match(/^\w.*\.$/);
      expect(kernel, name).to.match(/[a-z0-9_]+\.[ch]: \w+|ip_vs_\w+\.c/);
    }
  });

  it("the trace ends in the reason and its place", () => {
    const made = lab([`-A -t ${VIP}:80 -s rr`]);
    made.receive(syn());
    const reason = DROP_REASONS.find(({ name }) => name === "no-destination");
    expect(made.events.at(-1)).to.deep.equal({
      kind: "verdict",
      verdict: "no-destination",
      kernel: reason?.kernel,
    });
  });
});
