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
      "The director asks by ARP who has 10.2.0.2, the answer to go to 10.2.0.1.",
    ],
    [
      { kind: "arp", operation: 2, sender: ip("10.1.0.100"), target: ip("10.1.0.1"), mac: "02:00:00:00:01:64" },
      "The director answers 10.1.0.1 by ARP: 10.1.0.100 is at 02:00:00:00:01:64.",
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
      "The director asks by neighbor discovery who has fd00:2::2, the answer to go to fd00:2::1.",
    ],
    [
      {
        kind: "discovery",
        what: "advertises",
        target: ip("fd00:1::100"),
        other: ip("fd00:1::1"),
        mac: "02:00:00:00:01:64",
      },
      "The director tells fd00:1::1 by neighbor discovery: fd00:1::100 is at 02:00:00:00:01:64.",
    ],
  ],
  neighbor: [
    [
      { kind: "neighbor", what: "awaited", address: ip("10.2.0.2"), mac: "", state: "FAILED" },
      "At which MAC address 10.2.0.2 is, nobody has said yet: the packet waits for ARP.",
    ],
    [
      { kind: "neighbor", what: "learnt", address: ip("10.2.0.2"), mac: "02:00:00:00:02:02", state: "REACHABLE" },
      "ARP says that the neighbor 10.2.0.2 is at 02:00:00:00:02:02 (REACHABLE from now on).",
    ],
    [
      { kind: "neighbor", what: "refused", address: ip("10.2.0.2"), mac: "02:00:00:00:02:02", state: "REACHABLE" },
      "The director does not take this: for it, 10.2.0.2 stays at 02:00:00:00:02:02 (REACHABLE).",
    ],
    [
      { kind: "neighbor", what: "used", address: ip("10.2.0.2"), mac: "02:00:00:00:02:02", state: "STALE" },
      "The next hop 10.2.0.2 is at 02:00:00:00:02:02 (STALE).",
    ],
  ],
  marked: [[{ kind: "marked", mark: 7 }, "A rule for arriving packets gives it the firewall mark 7."]],
  held: [
    [
      { kind: "held", identification: 0x1f4, offset: 1024, have: 2048 },
      "A fragment, from byte 1024 of the datagram with id 0x01f4: kept until the rest is here; 2048 bytes are here now.",
    ],
  ],
  reassembled: [
    [
      { kind: "reassembled", fragments: 3, length: 2076 },
      "The datagram is whole: 3 fragments make one packet of 2076 bytes.",
    ],
  ],
  routed: [
    [
      { kind: "routed", destination: ip("10.1.0.100"), to: "local", dev: "lo", via: undefined },
      "The route: 10.1.0.100 is an address of the director itself.",
    ],
    [
      { kind: "routed", destination: ip("10.2.0.2"), to: "forward", dev: "eth1", via: undefined },
      "The route: 10.2.0.2 is reached by eth1, directly.",
    ],
    [
      { kind: "routed", destination: ip("10.9.0.2"), to: "forward", dev: "eth0", via: ip("10.1.0.9") },
      "The route: 10.9.0.2 is reached by eth0, through the gateway 10.1.0.9.",
    ],
    [
      { kind: "routed", destination: ip("10.9.0.2"), to: "none", dev: "lo", via: undefined },
      "The route: there is none to 10.9.0.2.",
    ],
  ],
  service: [
    [
      { kind: "service", service: "TCP 10.1.0.100:80", how: "exact" },
      "It is meant for the virtual service TCP 10.1.0.100:80: protocol, address and port match.",
    ],
    [
      { kind: "service", service: "FWM 7", how: "mark" },
      "It is meant for the virtual service FWM 7: its firewall mark names it.",
    ],
    [
      { kind: "service", service: "TCP 10.1.0.100:0", how: "fallback" },
      "It is meant for the virtual service TCP 10.1.0.100:0: no service has just this port, and this one takes what is left.",
    ],
  ],
  "no-service": [
    [
      { kind: "no-service" },
      "No virtual service has this protocol, address and port, nor a service for all ports: it is none of IPVS's business.",
    ],
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
      "It is a real server's answer in the connection 10.1.0.1:40000 > 10.1.0.100:80 > 10.2.0.1:5000 > 10.2.0.2:8080 (UDP, 899 s left).",
    ],
    [
      { kind: "connection", found: "own", connection: CONNECTION },
      "The director's own packet goes to the client of the connection 10.1.0.1:40000 > 10.1.0.100:80 > 10.2.0.2:8080 (TCP, ESTABLISHED, 899 s left).",
    ],
    [{ kind: "connection", found: "none" }, "It belongs to no known connection."],
    [{ kind: "connection", found: "no-answer" }, "It is no real server's answer in any connection: plain forwarding."],
  ],
  "not-schedulable": [[{ kind: "not-schedulable", why: "no-syn" }, "It opens no connection: it is no SYN."]],
  reuse: [
    [
      { kind: "reuse", why: "over" },
      "The known connection is not used any more: the old connection is over. It is scheduled anew.",
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
      "The service is persistent, and the template 10.1.0.1:0 > 10.1.0.100:80 > 10.2.0.2:8080 (template, ASSURED, 899 s left) binds this client to its real server: nobody asks the scheduler.",
    ],
    [
      {
        kind: "template",
        what: "created",
        connection: { ...CONNECTION, template: true, clientPort: 0, state: "NONE", secondsLeft: 0 },
      },
      "A new template binds the client to this real server from now on: 10.1.0.1:0 > 10.1.0.100:80 > 10.2.0.2:8080 (template).",
    ],
    [
      {
        kind: "template",
        what: "invalid",
        connection: { ...CONNECTION, template: true, clientPort: 0, state: "NONE" },
      },
      "The service is persistent, but the template 10.1.0.1:0 > 10.1.0.100:80 > 10.2.0.2:8080 (template, 899 s left) cannot be used any more: its real server is gone or quiesced.",
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
      "The scheduler rr (pointer at 10.2.0.3:80) picks 10.2.0.2:80. Nobody else may take a connection. It saw 10.2.0.3:80: weight 2, 1 active, 3 inactive, overloaded; 10.2.0.2:80: weight 2, 1 active, 3 inactive.",
    ],
    [
      {
        kind: "scheduled",
        scheduler: "rr",
        state: "",
        candidates: [candidate("10.2.0.3:80", "unusable: weight 0")],
        picked: "",
      },
      "The scheduler rr picks nobody: none may take a connection. It saw 10.2.0.3:80: unusable: weight 0.",
    ],
    [
      { kind: "scheduled", scheduler: "rr", state: "", candidates: [], picked: "" },
      "The scheduler rr has nobody to pick from: the service has no real servers.",
    ],
  ],
  engine: [
    [
      { kind: "engine", engine: "sip", data: "7@pbx" },
      "The persistence engine sip reads 7@pbx: beside the client, this names the template.",
    ],
    [{ kind: "engine", engine: "sip" }, "The persistence engine sip finds nothing in it to name a template by."],
  ],
  untracked: [
    [
      { kind: "untracked" },
      "Connection tracking does not count it as part of the connection: nothing in it is shifted or rewritten.",
    ],
  ],
  helper: [
    [
      { kind: "helper", helper: "ftp", what: "passive" },
      "The helper ftp reads along: the client asks for passive mode.",
    ],
  ],
  created: [
    [
      { kind: "created", connection: { ...CONNECTION, secondsLeft: 0, state: "NONE" } },
      "A new connection: 10.1.0.1:40000 > 10.1.0.100:80 > 10.2.0.2:8080.",
    ],
  ],
  "local-port": [
    [
      { kind: "local-port", address: ip("10.2.0.1"), port: 5000, attempts: 1 },
      "Towards the real server the connection leaves from the local address 10.2.0.1:5000.",
    ],
    [
      { kind: "local-port", address: ip("10.2.0.1"), port: 5002, attempts: 3 },
      "Towards the real server the connection leaves from the local address 10.2.0.1:5002, the first free one after 3 tries.",
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
      "The state goes from NONE to SYN_RECV after SYN (input): it now lives 60 s without packets.",
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
      "The state stays ESTABLISHED after ACK (output): it now lives 900 s without packets.",
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
      "UDP has one state; a datagram (input) keeps the connection: it now lives 300 s without packets.",
    ],
  ],
  method: [
    [
      { kind: "method", method: "Masq", destination: "10.2.0.2:80" },
      "To 10.2.0.2:80 by NAT (masquerading): the virtual address becomes the real server's.",
    ],
    [
      { kind: "method", method: "Route", destination: "10.2.0.2:80" },
      "To 10.2.0.2:80 by direct routing: addresses and ports stay, and the frame goes to the real server's Ethernet address.",
    ],
    [
      { kind: "method", method: "Tunnel", destination: "10.2.0.2:80" },
      "To 10.2.0.2:80 by tunnelling: the packet travels whole inside another one.",
    ],
    [
      { kind: "method", method: "FullNat", destination: "10.2.0.2:80" },
      "To 10.2.0.2:80 by full NAT: both addresses change, the client's into a local one of the director.",
    ],
    [
      { kind: "method", method: "Masq", destination: "" },
      "To a real server that was deleted by NAT (masquerading): the virtual address becomes the real server's.",
    ],
  ],
  ttl: [
    [{ kind: "ttl", family: AF_INET, before: 64, after: 63 }, "The TTL goes down from 64 to 63."],
    [{ kind: "ttl", family: AF_INET6, before: 64, after: 63 }, "The hop limit goes down from 64 to 63."],
  ],
  mtu: [
    [
      { kind: "mtu", family: AF_INET, length: 40, mtu: 1480, dontFragment: true, fits: true },
      "Its 40 bytes fit into the 1480 that may be sent.",
    ],
    [
      { kind: "mtu", family: AF_INET, length: 1500, mtu: 1480, dontFragment: true, fits: false },
      "Its 1500 bytes are more than the 1480 that may be sent, and DF forbids to cut it.",
    ],
    [
      { kind: "mtu", family: AF_INET, length: 1500, mtu: 1480, dontFragment: false, fits: true },
      "Its 1500 bytes are more than the 1480 that may be sent: it may be cut.",
    ],
    [
      { kind: "mtu", family: AF_INET, length: 1500, mtu: 1480, dontFragment: true, fits: true },
      "Its 1500 bytes are more than the 1480 that may be sent, but it is let through in spite of DF.",
    ],
    [
      { kind: "mtu", family: AF_INET6, length: 1500, mtu: 1460, dontFragment: true, fits: false },
      "Its 1500 bytes are more than the 1460 that may be sent, and routers do not cut IPv6.",
    ],
  ],
  rewritten: [
    [
      { kind: "rewritten", what: "destination", before: "10.1.0.100:80", after: "10.2.0.2:8080" },
      "The destination 10.1.0.100:80 becomes 10.2.0.2:8080.",
    ],
    [
      { kind: "rewritten", what: "outer IPv4 header", before: "", after: "10.2.0.1 > 10.2.0.2" },
      "A new outer IPv4 header: 10.2.0.1 > 10.2.0.2.",
    ],
  ],
  host: [
    [
      { kind: "host", what: "reset" },
      "The director itself is meant: nobody listens on that port, so it sends a reset.",
    ],
  ],
  icmp: [
    [
      { kind: "icmp", type: 3, code: 0, to: ip("2001:db8::1") },
      "The director tells 2001:db8::1 by ICMPv6: hop limit exceeded (type 3, code 0).",
    ],
    [
      { kind: "icmp", type: 11, code: 0, to: ip("10.1.0.1") },
      "The director tells 10.1.0.1 by ICMP: TTL exceeded (type 11, code 0).",
    ],
  ],
  fragmented: [
    [
      { kind: "fragmented", pieces: [1024, 1024, 8] },
      "It went out in 3 fragments, with 1024, 1024 and 8 bytes of payload.",
    ],
  ],
  sent: [
    [
      { kind: "sent", dev: "eth1", bytes: SYN_FRAME },
      "It leaves by eth1 for 02:00:00:00:01:64: 10.1.0.1:40000 > 10.1.0.100:80 TCP S, 40 bytes, ttl 64, DF.",
    ],
  ],
  "sync-record": [
    [
      { kind: "sync-record", what: "told", connection: CONNECTION },
      "The master writes the connection down for its backups: 10.1.0.1:40000 > 10.1.0.100:80 > 10.2.0.2:8080 (TCP, ESTABLISHED, 899 s left).",
    ],
    [
      { kind: "sync-record", what: "created", connection: CONNECTION },
      "The backup hears of a connection that it does not know, and makes the entry: 10.1.0.1:40000 > 10.1.0.100:80 > 10.2.0.2:8080 (TCP, ESTABLISHED, 899 s left).",
    ],
    [
      { kind: "sync-record", what: "updated", connection: CONNECTION },
      "The backup hears more of a connection that it knows: 10.1.0.1:40000 > 10.1.0.100:80 > 10.2.0.2:8080 (TCP, ESTABLISHED, 899 s left).",
    ],
    [
      { kind: "sync-record", what: "replaced", connection: CONNECTION },
      "The backup hears that the connection has another real server now, and replaces its entry: 10.1.0.1:40000 > 10.1.0.100:80 > 10.2.0.2:8080 (TCP, ESTABLISHED, 899 s left).",
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
  "sync-refused": [
    [{ kind: "sync-refused", why: "syncId" }, "The backup does not take what it hears: it has another SyncID."],
  ],
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
    [{ kind: "verdict", verdict: "delivered", kernel: "" }, "The end: taken by the director itself."],
    [
      { kind: "verdict", verdict: "parked", kernel: "" },
      "The end for now: the packet waits for the next hop's MAC address.",
    ],
    [{ kind: "verdict", verdict: "held", kernel: "" }, "The end for now: the fragment waits for the others."],
    [
      {
        kind: "verdict",
        verdict: "ttl-exceeded",
        kernel: "ip_forward.c: ip_forward",
      },
      "The end: dropped (ttl-exceeded). The TTL ran out here. In the kernel: ip_forward.c: ip_forward.",
    ],
  ],
};
