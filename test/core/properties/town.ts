/** A director with a service of every kind, and valid frames of every kind of conversation with it. */
import { prefixed } from "../../../src/core/host/config/config.ts";
import { watchTemplates } from "../../support/audit.ts";
import { Conversation } from "../../support/conversation.ts";
import {
  CLIENT,
  CLIENT2,
  DIRECTOR,
  DIRECTOR_MACS,
  FAR_CLIENT,
  INSIDE,
  Lab,
  type LabOptions,
  LOCAL,
  LOCAL2,
  macOf,
  SERVER,
  SERVER2,
  SERVER3,
  VIP,
  VIP2,
} from "../../support/lab.ts";
import {
  counting,
  ethernet,
  fragments,
  icmp,
  icmpAbout,
  ip,
  ipv4,
  type Packet,
  tcp,
  udp,
} from "../../support/packet.ts";

/** What arrives on a port; ports by number. */
export interface Arrival {
  readonly port: number;
  readonly bytes: Uint8Array;
}

export const RULES: readonly string[] = [
  `-A -t ${VIP}:80 -s rr`,
  `-a -t ${VIP}:80 -r ${SERVER}:8080 -m`,
  `-a -t ${VIP}:80 -r ${SERVER2} -m -w 2`,
  `-A -t ${VIP}:81 -s wlc`,
  `-a -t ${VIP}:81 -r ${SERVER} -g`,
  `-a -t ${VIP}:81 -r ${SERVER2} -i`,
  `-a -t ${VIP}:81 -r ${SERVER3} -i --tun-type gre`,
  `-A -t ${VIP}:82 -s rr --toa dpvs`,
  `-a -t ${VIP}:82 -r ${SERVER}:8082 -b`,
  `-a -t ${VIP}:82 -r ${SERVER3}:8082 -b`,
  `-P -t ${VIP}:82 -z ${LOCAL}`,
  `-P -t ${VIP}:82 -z ${LOCAL2}`,
  `-A -t ${VIP}:83 -s sh -p 60`,
  `-a -t ${VIP}:83 -r ${SERVER} -g`,
  `-a -t ${VIP}:83 -r ${SERVER2} -g -x 20 -y 10`,
  `-A -t ${VIP}:84 -s rr`,
  `-A -t ${VIP}:85 -s rr --toa alibaba -p 30`,
  `-a -t ${VIP}:85 -r ${SERVER2}:8085 -b`,
  `-P -t ${VIP}:85 -z ${LOCAL}`,
  `-A -u ${VIP}:53 -s rr`,
  `-a -u ${VIP}:53 -r ${SERVER}:5353 -m`,
  `-a -u ${VIP}:53 -r ${SERVER2} -i`,
  `-A -u ${VIP}:54 -s rr -o`,
  `-a -u ${VIP}:54 -r ${SERVER} -m`,
  `-A -u ${VIP}:55 -s dh`,
  `-a -u ${VIP}:55 -r ${SERVER2}:5555 -b`,
  `-P -u ${VIP}:55 -z ${LOCAL2}`,
  "-A -f 7 -s rr -p 60",
  `-a -f 7 -r ${SERVER3} -g`,
  `-A -t ${VIP}:86 -s wlc -p 60`,
  `-a -t ${VIP}:86 -r ${SERVER}:8086 -m`,
  `-A -t ${VIP2}:0 -s lc -p 60`,
  `-a -t ${VIP2}:0 -r ${SERVER3} -g`,
];

const MARKS = [{ protocol: 17 as const, destination: prefixed(ip(VIP), 32), portFirst: 500, portLast: 600, mark: 7 }];

export function town(options: Omit<LabOptions, "rules" | "marks"> = {}): Lab {
  const made = new Lab({ mtu: [1500, 1400], ...options, rules: RULES, marks: MARKS });
  watchTemplates(made.director.server);
  return made;
}

const CLIENTS = [CLIENT, CLIENT2, FAR_CLIENT, "198.51.100.77"];

const wrap = (port: number, source: string, packet: Packet): Arrival => ({
  port,
  bytes: ethernet(DIRECTOR_MACS[port === 0 ? "eth0" : "eth1"] ?? "", macOf(source), packet),
});

/** A TCP conversation of which both directions pass the director, as far as it gets. */
function tcpArrivals(made: Lab, virtualPort: number, port: number, client: string): Arrival[] {
  const arrivals: Arrival[] = [];
  const talk = new Conversation(made, { virtualPort, port, client, clientIsn: port * 65_537 });
  const say = (flags: string, length = 0, options: readonly number[] = []): void => {
    const fields = { data: counting(length), tcpOptions: options };
    arrivals.push(wrap(0, client, talk.request(flags, fields)));
    const { sent } = talk.sayTo(flags, fields);
    for (const seen of sent) {
      if (seen.port !== "eth1" || seen.protocol !== 6) continue;
      // Somebody on the way has something to say about it.
      arrivals.push(
        wrap(
          1,
          SERVER,
          icmpAbout(`${seen.destination} > ${seen.source}`, 3, 4, seen.packet, { rest: 1300, length: 40 }),
        ),
      );
    }
  };
  const answer = (flags: string, length = 0, options: readonly number[] = []): void => {
    if (talk.server === "" || talk.server.startsWith(VIP)) return;
    const reply = talk.reply(flags, { data: counting(length), tcpOptions: options });
    const [source = ""] = talk.server.split(":");
    arrivals.push(wrap(1, source, reply));
    const { sent } = made.receive(reply);
    talk.serverNext += length + (flags.includes("S") || flags.includes("F") ? 1 : 0);
    for (const seen of sent) {
      if (seen.protocol !== 6) continue;
      talk.clientHeard = seen.sequence + seen.data.length + (flags.includes("S") || flags.includes("F") ? 1 : 0);
      arrivals.push(wrap(0, client, icmpAbout(`${client} > ${VIP}`, 11, 0, seen.packet)));
    }
  };
  say("S", 0, [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7]);
  answer("S.", 0, [2, 4, 5, 0xb4]);
  say(".");
  say("P.", 100);
  answer("P.", 1300);
  say(".", 0, [1, 1, 5, 10, 0, 0, 20, 0, 0, 0, 30, 0]);
  answer(".", 0, [1, 1, 5, 10, 0, 0, 20, 0, 0, 0, 30, 0]);
  say("F.");
  answer("F.");
  say(".");
  return arrivals;
}

function udpArrivals(made: Lab, virtualPort: number, port: number, client: string): Arrival[] {
  const question = udp(`${client}:${port} > ${VIP}:${virtualPort}`, { data: counting(60), unchecked: port % 3 === 0 });
  const arrivals = [wrap(0, client, question)];
  for (const piece of fragments(
    udp(`${client}:${port} > ${VIP}:${virtualPort}`, { data: counting(900), id: port }),
    400,
  )) {
    arrivals.push(wrap(0, client, piece));
  }
  for (const seen of made.receive(question).sent) {
    if (seen.protocol !== 17 || seen.port !== "eth1") continue;
    const ends = `${seen.destination}:${seen.destinationPort} > ${seen.source}:${seen.sourcePort}`;
    arrivals.push(wrap(1, seen.destination, udp(ends, { data: counting(80) })));
    arrivals.push(wrap(1, seen.destination, icmpAbout(`${seen.destination} > ${seen.source}`, 3, 3, seen.packet)));
    for (const piece of fragments(udp(ends, { data: counting(700), id: port }), 320)) {
      arrivals.push(wrap(1, seen.destination, piece));
    }
  }
  return arrivals;
}

/** ARP of all kinds, pings, plain traffic, and what is none of the director's business. */
function otherArrivals(): Arrival[] {
  const arp = (operation: number, from: string, to: string): Uint8Array => {
    const mac = macOf(from)
      .split(":")
      .map((pair) => Number.parseInt(pair, 16));
    const quad = (address: string): number[] => address.split(".").map(Number);
    return Uint8Array.from([0, 1, 8, 0, 6, 4, 0, operation, ...mac, ...quad(from), 0, 0, 0, 0, 0, 0, ...quad(to)]);
  };
  const everybody = "ff:ff:ff:ff:ff:ff";
  return [
    { port: 0, bytes: ethernet(everybody, macOf(CLIENT), arp(1, CLIENT, VIP), 0x0806) },
    { port: 1, bytes: ethernet(everybody, macOf(SERVER), arp(1, SERVER, LOCAL), 0x0806) },
    { port: 0, bytes: ethernet(DIRECTOR_MACS.eth0 ?? "", macOf(CLIENT2), arp(2, "198.51.100.77", DIRECTOR), 0x0806) },
    { port: 0, bytes: ethernet(everybody, macOf(CLIENT), arp(1, CLIENT, CLIENT), 0x0806) },
    wrap(0, CLIENT, icmp(`${CLIENT} > ${VIP}`, 8, 0, { data: counting(56) })),
    wrap(0, CLIENT, tcp(`${CLIENT}:1 > ${DIRECTOR}:22`, "S")),
    wrap(0, CLIENT, udp(`${CLIENT}:1 > ${DIRECTOR}:123`)),
    wrap(0, CLIENT, tcp(`${CLIENT}:1 > ${VIP}:84`, "S")),
    wrap(0, CLIENT, udp(`${CLIENT}:9 > ${VIP}:555`, { data: "marked" })),
    wrap(0, CLIENT, tcp(`${CLIENT}:9 > ${VIP2}:4711`, "S")),
    wrap(0, FAR_CLIENT, udp(`${FAR_CLIENT}:1 > ${SERVER}:7`, { ttl: 1 })),
    wrap(0, CLIENT, udp(`${CLIENT}:1 > 203.0.113.7:7`)),
    wrap(0, CLIENT, ipv4(`${CLIENT} > ${VIP}`, 47, counting(40))),
    wrap(0, CLIENT, ipv4(`${CLIENT} > ${VIP}`, 132, counting(40))),
    wrap(0, CLIENT, ipv4(`${CLIENT} > ${VIP}`, 6, counting(40), { options: [7, 7, 4, 0, 0, 0, 0, 0] })),
    wrap(0, CLIENT, tcp(`${CLIENT}:1 > ${CLIENT2}:2`, "S")),
    wrap(1, SERVER, tcp(`${SERVER}:8080 > ${FAR_CLIENT}:1`, "S.")),
    ...CLIENTS.flatMap((client) => ["S.", ".", "R"].map((flags) => answerToPortZero(client, flags))),
    wrap(1, SERVER, icmp(`${SERVER} > ${INSIDE}`, 8, 0, { data: counting(1380) })),
    { port: 0, bytes: ethernet(DIRECTOR_MACS.eth0 ?? "", macOf(CLIENT), counting(60), 0x86dd) },
    { port: 0, bytes: ethernet(DIRECTOR_MACS.eth0 ?? "", macOf(CLIENT), counting(60), 0x8100) },
    { port: 0, bytes: ethernet(DIRECTOR_MACS.eth0 ?? "", macOf(CLIENT), counting(40), 40) },
  ];
}

/** Finds the template of a client of the persistent service at port 86, and no connection. */
const answerToPortZero = (client: string, flags: string): Arrival =>
  wrap(1, SERVER, tcp(`${SERVER}:8086 > ${client}:0`, flags));

/** Valid frames in an order in which they make sense, conversations one after the other. */
export function arrivals(perKind = 4): Arrival[] {
  const made = town();
  const all = otherArrivals();
  for (let number = 0; number < perKind; number++) {
    const client = CLIENTS[number % CLIENTS.length] ?? CLIENT;
    for (const port of [80, 81, 82, 83, 85, 86]) all.push(...tcpArrivals(made, port, 40000 + number, client));
    for (const port of [53, 54, 55]) all.push(...udpArrivals(made, port, 50000 + number, client));
  }
  return all;
}
