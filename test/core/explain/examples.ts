/** An event of every kind, with the sentence that it has. The compiler asks for an entry when a kind is added. */
import type { ConnectionView, WalkEvent, WalkKind } from "../../../src/core/trace/events.ts";
import { type Address, AF_INET, AF_INET6, ANY, parseAddress } from "../../../src/core/wire/address.ts";

export const ip = (text: string): Address => parseAddress(text) ?? ANY;

export const CONNECTION: ConnectionView = {
  protocol: 6,
  clientAddress: ip("10.1.0.1"),
  clientPort: 40000,
  virtualAddress: ip("10.1.0.100"),
  virtualPort: 80,
  destinationAddress: ip("10.2.0.2"),
  destinationPort: 8080,
  localAddress: undefined,
  localPort: 0,
  state: "ESTABLISHED",
  secondsLeft: 899,
  template: false,
};

/** A SYN from 10.1.0.1:40000 to 10.1.0.100:80, as a frame of 54 bytes. */
export const SYN_FRAME = Uint8Array.from(
  (
    "0200000001640200000001010800450000280001400040062669" + "0a0100010a0100649c400050000003e8000000005002faf000130000"
  ).match(/../g) ?? [],
  (pair) => Number.parseInt(pair, 16),
);

const candidate = (destination: string, numbers: string, overloaded = false) => ({
  destination,
  weight: 2,
  active: 1,
  inactive: 3,
  overloaded,
  numbers,
});

export const EXAMPLES: { readonly [Kind in WalkKind]: readonly (readonly [WalkEvent<Kind>, string])[] } = {
  received: [
    [
      { kind: "received", dev: "eth0", bytes: SYN_FRAME },
      "A frame arrives on eth0: 10.1.0.1:40000 > 10.1.0.100:80 TCP S, 40 bytes, ttl 64, DF.",
    ],
    [
      { kind: "received", dev: "eth0", bytes: new Uint8Array(3) },
      "A frame arrives on eth0: 3 bytes, too short for an Ethernet header.",
    ],
  ],
  arp: [
    [
      { kind: "arp", operation: 1, sender: ip("10.2.0.1"), target: ip("10.2.0.2"), mac: "" },
      "The director sends an ARP request: who has 10.2.0.2? Tell 10.2.0.1.",
    ],
    [
      { kind: "arp", operation: 2, sender: ip("10.1.0.100"), target: ip("10.1.0.1"), mac: "02:00:00:00:01:64" },
      "The director replies to 10.1.0.1 by ARP: 10.1.0.100 is at 02:00:00:00:01:64.",
    ],
  ],
  discovery: [
    [
      {
        kind: "discovery",
        what: "solicits",
        target: ip("fd00:2::2"),
        other: ip("fd00:2::1"),
        mac: "02:00:00:00:02:64",
      },
      "The director sends a neighbor solicitation: who has fd00:2::2? Tell fd00:2::1.",
    ],
    [
      {
        kind: "discovery",
        what: "advertises",
        target: ip("fd00:1::100"),
        other: ip("fd00:1::1"),
        mac: "02:00:00:00:01:64",
      },
      "The director sends fd00:1::1 a neighbor advertisement: fd00:1::100 is at 02:00:00:00:01:64.",
    ],
  ],
  neighbor: [
    [
      { kind: "neighbor", what: "awaited", address: ip("10.2.0.2"), mac: "", state: "FAILED" },
      "The MAC address of 10.2.0.2 is not known yet; the packet waits for ARP.",
    ],
    [
      { kind: "neighbor", what: "learnt", address: ip("10.2.0.2"), mac: "02:00:00:00:02:02", state: "REACHABLE" },
      "The director learns by ARP that 10.2.0.2 is at 02:00:00:00:02:02; the neighbor is REACHABLE.",
    ],
    [
      { kind: "neighbor", what: "refused", address: ip("10.2.0.2"), mac: "02:00:00:00:02:02", state: "REACHABLE" },
      "The director ignores it: its entry for 10.2.0.2 stays 02:00:00:00:02:02 (REACHABLE).",
    ],
    [
      { kind: "neighbor", what: "used", address: ip("10.2.0.2"), mac: "02:00:00:00:02:02", state: "STALE" },
      "The next hop 10.2.0.2 is at 02:00:00:00:02:02 (STALE).",
    ],
  ],
  marked: [[{ kind: "marked", mark: 7 }, "A rule in PREROUTING gives it the firewall mark 7."]],
  held: [
    [
      { kind: "held", identification: 0x1f4, offset: 1024, have: 2048 },
      "A fragment of the datagram with id 0x01f4, from byte 1024. It waits for the other fragments; 2048 bytes have arrived.",
    ],
  ],
  reassembled: [
    [
      { kind: "reassembled", fragments: 3, length: 2076 },
      "The datagram is complete: 3 fragments, reassembled into 2076 bytes.",
    ],
  ],
  routed: [
    [
      { kind: "routed", destination: ip("10.1.0.100"), to: "local", dev: "lo", via: undefined },
      "Route: 10.1.0.100 is one of the director's own addresses.",
    ],
    [
      { kind: "routed", destination: ip("10.2.0.2"), to: "forward", dev: "eth1", via: undefined },
      "Route: to 10.2.0.2 by eth1, directly.",
    ],
    [
      { kind: "routed", destination: ip("10.9.0.2"), to: "forward", dev: "eth0", via: ip("10.1.0.9") },
      "Route: to 10.9.0.2 by eth0, next hop 10.1.0.9.",
    ],
    [
      { kind: "routed", destination: ip("10.9.0.2"), to: "none", dev: "lo", via: undefined },
      "Route: there is none to 10.9.0.2.",
    ],
  ],
  service: [
    [
      { kind: "service", service: "TCP 10.1.0.100:80", how: "exact" },
      "It is for the virtual service TCP 10.1.0.100:80: protocol, address and port match.",
    ],
    [
      { kind: "service", service: "FWM 7", how: "mark" },
      "It is for the virtual service FWM 7: its firewall mark matches.",
    ],
    [
      { kind: "service", service: "TCP 10.1.0.100:0", how: "fallback" },
      "It is for the virtual service TCP 10.1.0.100:0: no service has exactly this port, and this one takes all others.",
    ],
  ],
  "no-service": [
    [{ kind: "no-service" }, "No virtual service matches its protocol, address and port: IPVS ignores it."],
  ],
  connection: [
    [
      { kind: "connection", found: "request", connection: CONNECTION },
      "It belongs to the known connection 10.1.0.1:40000 > 10.1.0.100:80 > 10.2.0.2:8080 (TCP, ESTABLISHED, 899 s left).",
    ],
    [
      {
        kind: "connection",
        found: "answer",
        connection: { ...CONNECTION, protocol: 17, state: "UDP", localAddress: ip("10.2.0.1"), localPort: 5000 },
      },
      "It is a real server's reply in the connection 10.1.0.1:40000 > 10.1.0.100:80 > 10.2.0.1:5000 > 10.2.0.2:8080 (UDP, 899 s left).",
    ],
    [
      { kind: "connection", found: "own", connection: CONNECTION },
      "The director itself sends it to the client of the connection 10.1.0.1:40000 > 10.1.0.100:80 > 10.2.0.2:8080 (TCP, ESTABLISHED, 899 s left).",
    ],
    [{ kind: "connection", found: "none" }, "It belongs to no known connection."],
    [{ kind: "connection", found: "no-answer" }, "It is no reply of any connection: plain forwarding."],
  ],
  "not-schedulable": [[{ kind: "not-schedulable", why: "no-syn" }, "It is not scheduled: it is no SYN."]],
  reuse: [
    [
      { kind: "reuse", why: "over" },
      "The known connection is not reused: the old connection is over. The packet is scheduled as a new connection.",
    ],
  ],
  template: [
    [
      { kind: "template", what: "none" },
      "The service is persistent, but no template binds this client yet: the scheduler decides.",
    ],
    [
      {
        kind: "template",
        what: "found",
        connection: { ...CONNECTION, template: true, clientPort: 0, state: "ASSURED" },
      },
      "The service is persistent, and the template 10.1.0.1:0 > 10.1.0.100:80 > 10.2.0.2:8080 (template, ASSURED, 899 s left) binds this client to its real server: the scheduler is not asked.",
    ],
    [
      {
        kind: "template",
        what: "created",
        connection: { ...CONNECTION, template: true, clientPort: 0, state: "NONE", secondsLeft: 0 },
      },
      "A new template binds the client to this real server: 10.1.0.1:0 > 10.1.0.100:80 > 10.2.0.2:8080 (template).",
    ],
    [
      {
        kind: "template",
        what: "invalid",
        connection: { ...CONNECTION, template: true, clientPort: 0, state: "NONE" },
      },
      "The service is persistent, but the template 10.1.0.1:0 > 10.1.0.100:80 > 10.2.0.2:8080 (template, 899 s left) is no longer valid: its real server is deleted or quiesced.",
    ],
  ],
  scheduled: [
    [
      {
        kind: "scheduled",
        scheduler: "wlc",
        state: "",
        candidates: [
          candidate("10.2.0.3:80", "overhead 513 / weight 2 = 256.5"),
          candidate("10.2.0.2:80", "overhead 259 / weight 2 = 129.5"),
        ],
        picked: "10.2.0.2:80",
      },
      "The scheduler wlc picks 10.2.0.2:80. It saw 10.2.0.3:80: overhead 513 / weight 2 = 256.5; 10.2.0.2:80: overhead 259 / weight 2 = 129.5.",
    ],
    [
      {
        kind: "scheduled",
        scheduler: "rr",
        state: "pointer at 10.2.0.3:80",
        candidates: [candidate("10.2.0.3:80", "", true), candidate("10.2.0.2:80", "")],
        picked: "10.2.0.2:80",
      },
      "The scheduler rr (pointer at 10.2.0.3:80) picks 10.2.0.2:80. No other server is usable. It saw 10.2.0.3:80: weight 2, 1 active, 3 inactive, overloaded; 10.2.0.2:80: weight 2, 1 active, 3 inactive.",
    ],
    [
      {
        kind: "scheduled",
        scheduler: "rr",
        state: "",
        candidates: [candidate("10.2.0.3:80", "unusable: weight 0")],
        picked: "",
      },
      "The scheduler rr picks no server: none is usable. It saw 10.2.0.3:80: unusable: weight 0.",
    ],
    [
      { kind: "scheduled", scheduler: "rr", state: "", candidates: [], picked: "" },
      "The scheduler rr picks no server: the service has none.",
    ],
  ],
  engine: [
    [
      { kind: "engine", engine: "sip", data: "7@pbx" },
      "The persistence engine sip reads 7@pbx: with the client, this names the template.",
    ],
    [
      { kind: "engine", engine: "sip" },
      "The persistence engine sip finds nothing in the packet to name a template by.",
    ],
  ],
  untracked: [
    [
      { kind: "untracked" },
      "Connection tracking does not see it as part of the connection: its sequence numbers and payload stay as they are.",
    ],
  ],
  helper: [
    [
      { kind: "helper", helper: "ftp", what: "passive" },
      "The helper ftp reads the payload: the client asks for passive mode.",
    ],
  ],
  created: [
    [
      { kind: "created", connection: { ...CONNECTION, secondsLeft: 0, state: "NONE" } },
      "A new connection is created: 10.1.0.1:40000 > 10.1.0.100:80 > 10.2.0.2:8080.",
    ],
  ],
  "local-port": [
    [
      { kind: "local-port", address: ip("10.2.0.1"), port: 5000, attempts: 1 },
      "Towards the real server the connection uses the local address 10.2.0.1:5000.",
    ],
    [
      { kind: "local-port", address: ip("10.2.0.1"), port: 5002, attempts: 3 },
      "Towards the real server the connection uses the local address 10.2.0.1:5002, the first free one after 3 tries.",
    ],
  ],
  state: [
    [
      {
        kind: "state",
        protocol: "TCP",
        direction: "input",
        event: "syn",
        before: "NONE",
        after: "SYN_RECV",
        timeoutSeconds: 60,
      },
      "SYN (input): the state goes from NONE to SYN_RECV; the connection now expires after 60 s without traffic.",
    ],
    [
      {
        kind: "state",
        protocol: "TCP",
        direction: "output",
        event: "ack",
        before: "ESTABLISHED",
        after: "ESTABLISHED",
        timeoutSeconds: 900,
      },
      "ACK (output): the state stays ESTABLISHED; the connection now expires after 900 s without traffic.",
    ],
    [
      {
        kind: "state",
        protocol: "UDP",
        direction: "input",
        event: "datagram",
        before: "UDP",
        after: "UDP",
        timeoutSeconds: 300,
      },
      "UDP has one state: the connection now expires after 300 s without traffic.",
    ],
  ],
  method: [
    [
      { kind: "method", method: "Masq", destination: "10.2.0.2:80" },
      "Forwarded to 10.2.0.2:80 by NAT (masquerading): the virtual address becomes the real server's.",
    ],
    [
      { kind: "method", method: "Route", destination: "10.2.0.2:80" },
      "Forwarded to 10.2.0.2:80 by direct routing: addresses and ports stay, and the frame goes to the real server's MAC address.",
    ],
    [
      { kind: "method", method: "Tunnel", destination: "10.2.0.2:80" },
      "Forwarded to 10.2.0.2:80 by tunnelling: the whole packet is put into another one.",
    ],
    [
      { kind: "method", method: "FullNat", destination: "10.2.0.2:80" },
      "Forwarded to 10.2.0.2:80 by full NAT: both addresses change, the client's to a local address of the director.",
    ],
    [
      { kind: "method", method: "Masq", destination: "" },
      "Forwarded to a real server that was deleted by NAT (masquerading): the virtual address becomes the real server's.",
    ],
  ],
  ttl: [
    [{ kind: "ttl", family: AF_INET, before: 64, after: 63 }, "The TTL drops from 64 to 63."],
    [{ kind: "ttl", family: AF_INET6, before: 64, after: 63 }, "The hop limit drops from 64 to 63."],
  ],
  mtu: [
    [
      { kind: "mtu", family: AF_INET, length: 40, mtu: 1480, dontFragment: true, fits: true },
      "It has 40 bytes and fits the MTU of 1480.",
    ],
    [
      { kind: "mtu", family: AF_INET, length: 1500, mtu: 1480, dontFragment: true, fits: false },
      "It has 1500 bytes, more than the MTU of 1480, and DF forbids fragmenting it.",
    ],
    [
      { kind: "mtu", family: AF_INET, length: 1500, mtu: 1480, dontFragment: false, fits: true },
      "It has 1500 bytes, more than the MTU of 1480: it can be fragmented.",
    ],
    [
      { kind: "mtu", family: AF_INET, length: 1500, mtu: 1480, dontFragment: true, fits: true },
      "It has 1500 bytes, more than the MTU of 1480, but it is sent although DF is set.",
    ],
    [
      { kind: "mtu", family: AF_INET6, length: 1500, mtu: 1460, dontFragment: true, fits: false },
      "It has 1500 bytes, more than the MTU of 1460, and routers do not fragment IPv6.",
    ],
  ],
  rewritten: [
    [
      { kind: "rewritten", what: "destination", before: "10.1.0.100:80", after: "10.2.0.2:8080" },
      "The destination 10.1.0.100:80 becomes 10.2.0.2:8080.",
    ],
    [
      { kind: "rewritten", what: "outer IPv4 header", before: "", after: "10.2.0.1 > 10.2.0.2" },
      "The director adds the outer IPv4 header 10.2.0.1 > 10.2.0.2.",
    ],
  ],
  host: [
    [
      { kind: "host", what: "reset" },
      "The packet is for the director itself: no program listens on that port, so it sends a reset.",
    ],
  ],
  icmp: [
    [
      { kind: "icmp", type: 3, code: 0, to: ip("2001:db8::1") },
      "The director sends ICMPv6 to 2001:db8::1: hop limit exceeded (type 3, code 0).",
    ],
    [
      { kind: "icmp", type: 11, code: 0, to: ip("10.1.0.1") },
      "The director sends ICMP to 10.1.0.1: TTL exceeded (type 11, code 0).",
    ],
  ],
  fragmented: [
    [
      { kind: "fragmented", pieces: [1024, 1024, 8] },
      "It leaves as 3 fragments with 1024, 1024 and 8 bytes of payload.",
    ],
  ],
  sent: [
    [
      { kind: "sent", dev: "eth1", bytes: SYN_FRAME },
      "It leaves by eth1 to 02:00:00:00:01:64: 10.1.0.1:40000 > 10.1.0.100:80 TCP S, 40 bytes, ttl 64, DF.",
    ],
  ],
  "sync-record": [
    [
      { kind: "sync-record", what: "told", connection: CONNECTION },
      "The master records the connection for its backups: 10.1.0.1:40000 > 10.1.0.100:80 > 10.2.0.2:8080 (TCP, ESTABLISHED, 899 s left).",
    ],
    [
      { kind: "sync-record", what: "created", connection: CONNECTION },
      "The backup learns of a new connection and creates the entry: 10.1.0.1:40000 > 10.1.0.100:80 > 10.2.0.2:8080 (TCP, ESTABLISHED, 899 s left).",
    ],
    [
      { kind: "sync-record", what: "updated", connection: CONNECTION },
      "The backup updates a connection that it knows: 10.1.0.1:40000 > 10.1.0.100:80 > 10.2.0.2:8080 (TCP, ESTABLISHED, 899 s left).",
    ],
    [
      { kind: "sync-record", what: "replaced", connection: CONNECTION },
      "The backup learns that the connection has another real server, and replaces its entry: 10.1.0.1:40000 > 10.1.0.100:80 > 10.2.0.2:8080 (TCP, ESTABLISHED, 899 s left).",
    ],
  ],
  vrrp: [
    [
      { kind: "vrrp", id: 51, priority: 150, state: "backup", own: 100 },
      "An advertisement for the virtual router 51: somebody of priority 150 is master. Here its priority is 100, and its state is backup now.",
    ],
    [
      { kind: "vrrp", id: 51, priority: 0, state: "backup", own: 100 },
      "An advertisement for the virtual router 51: the master gives up. Here its priority is 100, and its state is backup now.",
    ],
  ],
  "vrrp-refused": [
    [
      { kind: "vrrp-refused", id: 51, why: "ttl" },
      "An advertisement for the virtual router 51 is not believed: its TTL is not 255: it was sent from elsewhere.",
    ],
    [{ kind: "vrrp-refused", id: 0, why: "checksum" }, "An advertisement is not believed: its checksum is wrong."],
  ],
  "sync-refused": [[{ kind: "sync-refused", why: "syncId" }, "The backup refuses the message: it has another SyncID."]],
  expired: [
    [
      { kind: "expired", connection: { ...CONNECTION, state: "FIN_WAIT", secondsLeft: 0 } },
      "A connection expired in the state FIN_WAIT: 10.1.0.1:40000 > 10.1.0.100:80 > 10.2.0.2:8080.",
    ],
  ],
  cause: [
    [
      { kind: "cause", cause: { kind: "no-server", service: "TCP 10.1.0.100:80" } },
      "The service TCP 10.1.0.100:80 has no real servers. Add one (ipvsadm -a).",
    ],
  ],
  verdict: [
    [{ kind: "verdict", verdict: "sent", kernel: "" }, "The end: sent."],
    [{ kind: "verdict", verdict: "delivered", kernel: "" }, "The end: delivered to the director itself."],
    [
      { kind: "verdict", verdict: "parked", kernel: "" },
      "The end for now: the packet waits for the next hop's MAC address.",
    ],
    [{ kind: "verdict", verdict: "held", kernel: "" }, "The end for now: the fragment waits for the other fragments."],
    [
      {
        kind: "verdict",
        verdict: "ttl-exceeded",
        kernel: "ip_forward.c: ip_forward",
      },
      "The end: dropped (ttl-exceeded). The TTL ran out. In the kernel: ip_forward.c: ip_forward.",
    ],
  ],
};
