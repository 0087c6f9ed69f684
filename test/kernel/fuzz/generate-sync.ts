/**
 * Random synchronisation: a master beside random traffic (odd seeds), a backup that hears random messages (even seeds).
 * Bursts are shorter than a message waits, and pauses longer, so that no outcome hangs on when it is sent.
 */
import type { Transcript } from "../../../src/core/capture/transcript.ts";
import { formatTranscript } from "../../../src/core/capture/transcript-writer.ts";
import { prefixed } from "../../../src/core/host/config/config.ts";
import { ACK, FIN, PSH, RST, SYN } from "../../../src/core/wire/tcp.ts";
import { Conversation } from "../conversation.ts";
import { addressOf, concat, ethernet, ipv4, udp } from "../frames.ts";
import { Network, type Station } from "../network.ts";
import { Stage } from "../stage.ts";
import { Random } from "./random.ts";

export const VIRTUAL = addressOf("10.1.0.100");
const SERVERS = [addressOf("10.2.0.2"), addressOf("10.2.0.3")];
const GROUP = addressOf("224.0.0.81");
const GROUP_MAC = "01:00:5e:00:00:51";
export const SYNC_PORT = 8848;
export const SYNC_ID = 5;
/** Longer than a message waits for more records, and the master's thread for it. */
export const UNTIL_SENT = 3.2;
const UNTIL_COUNTED = 2.6;

export interface SyncWorld {
  readonly random: Random;
  readonly network: Network;
  readonly stage: Stage;
  readonly client: Station;
  /** The other director. */
  readonly other: Station;
}

interface Rule {
  readonly option: "-t" | "-u";
  readonly port: number;
}
const RULES: readonly Rule[] = [
  { option: "-t", port: 80 },
  { option: "-t", port: 81 },
  { option: "-u", port: 53 },
];

export function makeSyncWorld(
  random: Random,
  name: string,
  sysctl: Readonly<Record<string, number | string>>,
): SyncWorld {
  const network = new Network();
  network.addInterface("eth0", [prefixed(addressOf("10.1.0.254"), 24), prefixed(VIRTUAL, 32)]);
  network.addInterface("eth1", [prefixed(addressOf("10.2.0.1"), 24)]);
  const client = network.addStation({ name: "c1", address: addressOf("10.1.0.1"), dev: "eth0" });
  for (const address of SERVERS) network.addStation({ name: `s${address & 255}`, address, dev: "eth1" });
  const other = network.addStation({ name: "other", address: addressOf("10.2.0.9"), dev: "eth1" });
  for (const [key, value] of Object.entries(sysctl)) network.sysctl[`net.ipv4.vs.${key}`] = value;
  return { random, network, stage: new Stage({ name, ...network.head() }), client, other };
}

/** One to three services with some of the servers; those that there are. */
function addRules({ random, stage }: SyncWorld): Rule[] {
  const rules = random.sample(RULES, random.integer(1, RULES.length));
  for (const { option, port } of rules) {
    const persistent = random.chance(0.3) ? ` -p ${random.pick([60, 300])}` : "";
    const onePacket = option === "-u" && random.chance(0.2) ? " -o" : "";
    stage.ipvsadm(`-A ${option} 10.1.0.100:${port} -s rr${persistent}${onePacket}`);
    for (const last of [2, 3]) {
      if (random.chance(0.15)) continue;
      const method = random.pick(["-m", "-m", "-g", "-i"]);
      const own = method === "-m" && random.chance(0.2) ? port + 1000 : port;
      stage.ipvsadm(`-a ${option} 10.1.0.100:${port} -r 10.2.0.${last}:${own} ${method}`);
    }
  }
  return rules;
}

const THRESHOLDS = ["0 1", "0 1", "1 2", "3 5", "3 0", "0 0", "3 50"];
const CLIENT_FLAGS = [ACK, ACK, PSH | ACK, PSH | ACK, FIN | ACK, RST, SYN];
const SERVER_FLAGS = [SYN | ACK, SYN | ACK, ACK, PSH | ACK, FIN | ACK, RST];

function masterCase(seed: number): Pick<Transcript, "head" | "events"> {
  const random = new Random(seed);
  const sysctl: Record<string, number | string> = { sync_threshold: random.pick(THRESHOLDS) };
  if (random.chance(0.3)) sysctl.sync_refresh_period = random.pick([1, 3, 10, 100]);
  if (random.chance(0.3)) sysctl.sync_retries = random.integer(0, 3);
  if (random.chance(0.3)) sysctl.sync_persist_mode = 1;
  if (random.chance(0.3)) sysctl.sync_version = 0;
  if (random.chance(0.2)) sysctl.sloppy_tcp = 1;
  const world = makeSyncWorld(random, syncNameOf(seed), sysctl);
  const { stage } = world;
  const rules = addRules(world);
  stage.ipvsadm(`--start-daemon master --mcast-interface eth1 --syncid ${SYNC_ID}`);
  stage.sleep(0.3);
  const talks: Conversation[] = [];
  for (let burst = random.integer(1, 3); burst > 0; burst--) {
    for (let step = random.integer(3, 25); step > 0; step--) speak(world, rules, talks);
    stage.sleep(UNTIL_SENT);
  }
  finish(stage);
  return stage.transcript;
}

/** A new conversation, or a step of one that there is. */
function speak({ random, network, stage, client }: SyncWorld, rules: readonly Rule[], talks: Conversation[]): void {
  const known = talks.length === 0 || random.chance(0.25) ? undefined : random.pick(talks);
  if (known !== undefined) {
    const { protocol } = known.ends;
    const answers = known.isAnswerable && random.chance(0.3);
    if (answers) known.serverSays({ flags: random.pick(SERVER_FLAGS) });
    else known.clientSays({ flags: protocol === "udp" ? 0 : random.pick(CLIENT_FLAGS) });
    return;
  }
  const { option, port } = random.pick(rules);
  const protocol = option === "-u" ? "udp" : "tcp";
  const clientPort = 40000 + talks.length;
  const ends = {
    protocol,
    client: client.address,
    clientPort,
    virtual: VIRTUAL,
    virtualPort: port,
    by: client,
  } as const;
  const talk = new Conversation(network, stage, ends);
  talk.clientSays({ flags: SYN });
  talks.push(talk);
}

function backupCase(seed: number): Pick<Transcript, "head" | "events"> {
  const random = new Random(seed);
  const world = makeSyncWorld(random, syncNameOf(seed), random.chance(0.2) ? { backup_only: 1 } : {});
  const { stage, network, client } = world;
  addRules(world);
  stage.ipvsadm(`--start-daemon backup --mcast-interface eth1 --syncid ${SYNC_ID}`);
  stage.sleep(0.3);
  for (let burst = random.integer(1, 3); burst > 0; burst--) {
    for (let count = random.integer(1, 6); count > 0; count--) hear(world, randomMessage(random));
    for (let step = random.integer(0, 4); step > 0; step--) {
      const clientPort = 50000 + random.integer(0, 3);
      const ends = {
        protocol: "tcp",
        client: client.address,
        clientPort,
        virtual: VIRTUAL,
        virtualPort: 80,
        by: client,
      } as const;
      new Conversation(network, stage, ends).clientSays({ flags: random.pick(CLIENT_FLAGS) });
    }
    if (random.chance(0.3)) stage.ipvsadm("-a -t 10.1.0.100:80 -r 10.2.0.77:80 -m");
    stage.sleep(0.2);
    stage.ipvsadm("-Lnc");
    stage.ipvsadm("-Ln");
  }
  finish(stage);
  return stage.transcript;
}

/** A message arrives from the other director. */
export function hear({ stage, other }: Pick<SyncWorld, "stage" | "other">, message: Uint8Array): void {
  const ends = { source: other.address, destination: GROUP, sourcePort: 33333, destinationPort: SYNC_PORT };
  stage.rx(other.dev, ethernet(GROUP_MAC, other.mac, ipv4(udp({ ...ends, data: message }), { ttl: 1 })));
}

const FLAGS = [0, 0, 0, 0x100, 0x83, 0x183, 0x82, 0x182, 0x81, 0x84, 0x600, 0x20, 0x40, 0x10000];
const STATES = [0, 1, 1, 1, 3, 4, 5, 6, 7, 10, 11, 14, 99];
const PROTOCOLS = [6, 6, 6, 6, 6, 17, 132, 50, 99];
const TEMPLATE = 0x1000;
const SEQUENCES = 0x600;

function randomMessage(random: Random): Uint8Array {
  const isVersion0 = random.chance(0.2);
  const records = Array.from({ length: random.integer(1, 6) }, () => randomRecord(random, isVersion0));
  const body = concat(...records);
  const size = [(body.length + (isVersion0 ? 4 : 8)) >>> 8, (body.length + (isVersion0 ? 4 : 8)) & 255];
  const head = isVersion0 ? [records.length, SYNC_ID, ...size] : [0, SYNC_ID, ...size, records.length, 1, 0, 0];
  const message = concat(Uint8Array.from(head), body);
  if (random.chance(0.1)) {
    const at = random.integer(0, message.length - 1);
    message[at] = (message[at] ?? 0) ^ (1 << random.integer(0, 7));
  }
  return random.chance(0.05) ? message.slice(0, random.integer(0, message.length)) : message;
}

/** Every record's length is a multiple of 4. */
function randomRecord(random: Random, isVersion0: boolean): Uint8Array {
  const isTemplate = random.chance(0.2);
  const flags = random.pick(FLAGS) | (isTemplate ? TEMPLATE : 0);
  const protocol = random.pick(PROTOCOLS);
  const state = isTemplate ? random.pick([0, 1, 2]) : random.pick(STATES);
  const ports = [
    isTemplate ? 0 : 50000 + random.integer(0, 3),
    random.pick([80, 80, 81, 53, 0]),
    random.pick([80, 80, 1080, 0]),
  ];
  const addresses = [addressOf("10.1.0.1"), VIRTUAL, random.pick([...SERVERS, addressOf("10.2.0.77")])];
  const sequences = (flags & SEQUENCES) === 0 ? new Uint8Array() : random.bytes(24);
  const record = new Uint8Array(isVersion0 ? 24 : 36);
  const view = new DataView(record.buffer);
  view.setUint8(1, protocol);
  for (const [index, port] of ports.entries()) view.setUint16((isVersion0 ? 2 : 10) + index * 2, port);
  for (const [index, address] of addresses.entries()) view.setUint32((isVersion0 ? 8 : 24) + index * 4, address);
  view.setUint16(isVersion0 ? 22 : 8, state);
  if (isVersion0) {
    view.setUint16(20, flags & 0xffff);
    return concat(record, sequences);
  }
  const options = sequences.length === 0 ? new Uint8Array() : concat(Uint8Array.from([1, sequences.length]), sequences);
  view.setUint16(2, record.length + options.length);
  view.setUint32(4, flags);
  view.setUint32(16, random.pick([0, 0, 0, 7]));
  view.setUint32(20, random.pick([900, 120, 60, 0, 100_000]));
  return concat(record, options, new Uint8Array(-options.length & 3));
}

function finish(stage: Stage): void {
  stage.sleep(UNTIL_COUNTED);
  for (const listing of ["-L --daemon", "-Ln", "-Ln --stats --exact", "-Lnc"]) stage.ipvsadm(listing);
}

/** What the case of a seed is called. */
export const syncNameOf = (seed: number): string => `sync_${String(seed).padStart(10, "0")}`;

/** A case of its seed. */
export const generateSync = (seed: number): string =>
  formatTranscript(seed % 2 === 1 ? masterCase(seed) : backupCase(seed));
