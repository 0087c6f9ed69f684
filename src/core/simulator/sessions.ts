/** Who gets which session: the same sessions through a director with one scheduler or another, without a network around it. */
import { runIpvsadm, wordsOf } from "../control/interpreter.ts";
import { Director } from "../host/director.ts";
import { heard } from "../host/listening.ts";
import type { WalkEvent } from "../trace/events.ts";
import { formatEndpoint, parseMac } from "../wire/address.ts";
import { Frame } from "../wire/frame.ts";
import { ACK, FIN, SYN } from "../wire/tcp.ts";
import { alone } from "./host.ts";
import { ip, onLink, SERVICE_PORT, VIRTUAL_ADDRESS } from "./layout.ts";
import { writeSegment } from "./tcp-segment.ts";

/** A session of a client, from `begins` to `ends`, in seconds; Infinity for one that stays open. */
export interface Session {
  /** Number of the client, from 0. */
  readonly client: number;
  readonly begins: number;
  readonly ends: number;
}

export interface SessionPlan {
  readonly scheduler: string;
  /** Of each real server, in their order. */
  readonly weights: readonly number[];
  /** Whether the first server is added to the service first; the built-in networks add it last. */
  readonly firstAddedFirst: boolean;
  /** In the order in which they begin. */
  readonly sessions: readonly Session[];
}

/** What the scheduler did with one session. */
export interface Assignment {
  /** Place of the real server among the weights; -1 if nobody took it. */
  readonly server: number;
  /** Active connections of each server once the session is there. */
  readonly active: readonly number[];
  /** What the scheduler saw; `undefined` where it was not asked. */
  readonly scheduled: Extract<WalkEvent, { kind: "scheduled" }> | undefined;
}

const SECOND = 1e6;
/** Between the segments of one client, in microseconds. */
const PAUSE = 1000;
const GATEWAY = ip(12, 11, 0, 254);
const FIRST_PORT = 40_000;
const MACS = { director: "02:00:0c:0b:00:01", inside: "02:00:ac:10:01:01", gateway: "02:00:0c:0b:00:fe" } as const;

const mac = (text: string): Uint8Array => parseMac(text) ?? new Uint8Array(6);
const serverAddress = (place: number) => ip(172, 16, 1, 2 + place);
const clientAddress = (client: number) => ip(10, 9, Math.floor(client / 250), 1 + (client % 250));
const service = formatEndpoint(VIRTUAL_ADDRESS, SERVICE_PORT);

/** What becomes of each session, in their order. */
export function assign({ scheduler, weights, firstAddedFirst, sessions }: SessionPlan): Assignment[] {
  const director = directorFor(scheduler, weights, firstAddedFirst);
  const assignments: Assignment[] = [];
  for (const happening of happenings(sessions)) {
    const { number, session, ending } = happening;
    const begun = Math.round(happening.time * SECOND);
    if (ending) send(director, session, number, FIN | ACK, begun);
    else {
      const events = send(director, session, number, SYN, begun);
      send(director, session, number, ACK, begun + PAUSE);
      assignments.push(assignmentOf(director, weights.length, events));
    }
  }
  return assignments;
}

interface Happening {
  readonly number: number;
  readonly session: Session;
  readonly ending: boolean;
  readonly time: number;
}

/** Beginnings and ends in the order of their times; an end makes room before a beginning at the same time. */
function happenings(sessions: readonly Session[]): Happening[] {
  const all = sessions.flatMap((session, number): Happening[] => [
    { number, session, ending: false, time: session.begins },
    ...(Number.isFinite(session.ends) ? [{ number, session, ending: true, time: session.ends }] : []),
  ]);
  return all.toSorted((a, b) => a.time - b.time || Number(b.ending) - Number(a.ending) || a.number - b.number);
}

function directorFor(scheduler: string, weights: readonly number[], firstAddedFirst: boolean): Director {
  const neighbors = weights.map((_, place) => ({
    address: serverAddress(place),
    mac: Uint8Array.of(2, 0, 0xac, 16, 1, 2 + place),
    dev: "eth1",
  }));
  const director = new Director(
    {
      interfaces: [
        {
          name: "eth0",
          mac: mac(MACS.director),
          mtu: 1500,
          addresses: [onLink(ip(12, 11, 0, 1)), alone(VIRTUAL_ADDRESS)],
        },
        { name: "eth1", mac: mac(MACS.inside), mtu: 1500, addresses: [onLink(ip(172, 16, 1, 1))] },
      ],
      routes: [{ to: { address: ip(10, 9, 0, 0), prefix: 16 }, via: GATEWAY }],
      neighbors: [{ address: GATEWAY, mac: mac(MACS.gateway), dev: "eth0" }, ...neighbors],
      marks: [],
      sysctl: {},
    },
    { link: { send: () => {} }, seed: 1, capacity: 64 },
  );
  const added = weights.map(
    (weight, place) => `-a -t ${service} -r ${formatEndpoint(serverAddress(place), SERVICE_PORT)} -m -w ${weight}`,
  );
  for (const line of [`-A -t ${service} -s ${scheduler}`, ...(firstAddedFirst ? added : added.toReversed())])
    runIpvsadm(wordsOf(line), { server: director.server });
  return director;
}

/** One segment of the client; what the director did with it. */
function send(
  director: Director,
  { client }: Session,
  number: number,
  flags: number,
  time: number,
): readonly WalkEvent[] {
  const ends = {
    localAddress: clientAddress(client),
    localPort: FIRST_PORT + number,
    remoteAddress: VIRTUAL_ADDRESS,
    remotePort: SERVICE_PORT,
  };
  const packet = writeSegment(ends, { flags, sequence: 1, acknowledgement: 1, data: new Uint8Array(0), mss: 1460 }, 1);
  const bytes = packet.copyOfContents();
  bytes.set([...mac(MACS.director), ...mac(MACS.gateway), 0x08, 0x00]);
  return heard(director, () => director.receive(Frame.of(bytes), 0, time)).events;
}

function assignmentOf(director: Director, count: number, events: readonly WalkEvent[]): Assignment {
  const scheduled = events.find((event) => event.kind === "scheduled");
  const names = Array.from({ length: count }, (_, place) => formatEndpoint(serverAddress(place), SERVICE_PORT));
  const [virtual] = director.server.services.list();
  const active = names.map(
    (name) =>
      virtual?.destinations.find(({ address, port }) => formatEndpoint(address, port) === name)?.activeConnections ?? 0,
  );
  return { server: names.indexOf(scheduled?.picked ?? ""), active, scheduled };
}
