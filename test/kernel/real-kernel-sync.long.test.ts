/**
 * Synchronisation between the real kernel and tapvs, both ways: what a Linux master told fills our table, what ours tells
 * fills a Linux backup's, and `ipvsadm -Lnc` says the same on both sides. Besides, random masters and backups.
 */
import { expect } from "chai";
import type { TranscriptEvent } from "../../src/core/capture/transcript.ts";
import { formatTranscript } from "../../src/core/capture/transcript-writer.ts";
import { ACK, FIN, PSH, SYN } from "../../src/core/wire/tcp.ts";
import { SEED } from "../seed.ts";
import { needs, skip } from "../support/machine.ts";
import { Conversation } from "./conversation.ts";
import { outcomeOf } from "./fuzz/compare-seeds.ts";
import {
  generateSync,
  hear,
  makeSyncWorld,
  SYNC_ID,
  SYNC_PORT,
  type SyncWorld,
  syncNameOf,
  UNTIL_SENT,
  VIRTUAL,
} from "./fuzz/generate-sync.ts";
import { Random } from "./fuzz/random.ts";
import { type Played, playOnKernel, whyNoBoot, whyNoKernel } from "./kernel.ts";
import { sentPacket } from "./sent.ts";
import { transcriptOf } from "./verdict.ts";

const SEEDS = 10;
const TIMEOUT = 600_000;
/** Eight connections, and the template of the one client. */
const ENTRIES = 9;
const UDP_HEADER = 8;
const IPV4_HEADER = 20;

/** NAT to another port, direct routing and a tunnel, UDP, and a persistent service. */
const RULES = [
  "-A -t 10.1.0.100:80 -s rr",
  "-a -t 10.1.0.100:80 -r 10.2.0.2:8080 -m",
  "-a -t 10.1.0.100:80 -r 10.2.0.3:8080 -m",
  "-A -t 10.1.0.100:81 -s rr",
  "-a -t 10.1.0.100:81 -r 10.2.0.2:81 -g",
  "-a -t 10.1.0.100:81 -r 10.2.0.3:81 -i",
  "-A -u 10.1.0.100:53 -s rr",
  "-a -u 10.1.0.100:53 -r 10.2.0.2:53 -m",
  "-A -t 10.1.0.100:82 -s rr -p 300",
  "-a -t 10.1.0.100:82 -r 10.2.0.2:82 -m",
  "-a -t 10.1.0.100:82 -r 10.2.0.3:82 -m",
];

function director(name: string, role: "master" | "backup", version: number): SyncWorld {
  const world = makeSyncWorld(new Random(1), name, { sync_threshold: "0 1", sync_version: version });
  for (const rule of RULES) world.stage.ipvsadm(rule);
  world.stage.ipvsadm(`--start-daemon ${role} --mcast-interface eth1 --syncid ${SYNC_ID}`);
  world.stage.sleep(0.3);
  return world;
}

/** A master that sees two conversations with each service, one of which ends; and what it told. */
function master(version: number): { readonly world: SyncWorld; readonly told: readonly Uint8Array[] } {
  const world = director(`master_version_${version}`, "master", version);
  const { network, stage, client } = world;
  for (const [index, virtualPort] of [80, 80, 81, 81, 82, 82, 53, 53].entries()) {
    const protocol = virtualPort === 53 ? "udp" : "tcp";
    const between = { client: client.address, clientPort: 40000 + index, virtual: VIRTUAL, virtualPort, by: client };
    const talk = new Conversation(network, stage, { protocol, ...between });
    talk.clientSays({ flags: SYN });
    talk.serverSays({ flags: SYN | ACK });
    for (const flags of [ACK, PSH | ACK, ...(index % 2 === 0 ? [] : [FIN | ACK])]) talk.clientSays({ flags });
  }
  const told = messagesIn(stage.sleep(UNTIL_SENT));
  stage.ipvsadm("-Lnc");
  return { world, told };
}

/** A backup that hears it. */
function backup(version: number, told: readonly Uint8Array[]): SyncWorld {
  const world = director(`of_tapvs_version_${version}`, "backup", version);
  for (const message of told) hear(world, message);
  world.stage.ipvsadm("-Lnc");
  return world;
}

const messagesIn = (sent: readonly { readonly dev: string; readonly frame: Uint8Array }[]): Uint8Array[] =>
  sent.flatMap((frame) => {
    const packet = sentPacket(frame);
    const isMessage = packet?.destinationPort === SYNC_PORT;
    return packet === undefined || !isMessage ? [] : [packet.packet.slice(IPV4_HEADER + UDP_HEADER)];
  });

/** The last listing of connections, without times, in order of its text. */
function listed(events: readonly TranscriptEvent[]): string[] {
  const last = events.findLast((event) => event.do === "ipvsadm" && event.args === "-Lnc");
  if (last?.do !== "ipvsadm") throw new Error("no connections were listed");
  return rowsOf(last.out);
}

const rowsOf = (listing: string): string[] =>
  listing
    .split("\n")
    .slice(2, -1)
    .map((line) => line.replace(/ +\d+:\d\d +/, " ").replace(/ +/g, " "))
    .sort();

describe("synchronisation with the real kernel", function () {
  this.timeout(TIMEOUT);
  const seeds = Array.from({ length: SEEDS }, (_, index) => SEED * SEEDS + index);
  const results = new Map<string, Played>();
  const recordingOf = (name: string): readonly TranscriptEvent[] => {
    const played = results.get(name) ?? { failed: "was not played" };
    if ("failed" in played) throw new Error(played.failed);
    return transcriptOf(played.recording, name).events;
  };

  before(async function () {
    needs(this, "linux.uml", "modprobe", "ipvsadm", "ip", "iptables-legacy", "ip6tables-legacy", "python3");
    const why = whyNoKernel() ?? (await whyNoBoot());
    if (why !== undefined) skip(this, why);
    const cases = new Map(seeds.map((seed) => [syncNameOf(seed), generateSync(seed)]));
    for (const version of [0, 1]) {
      const { world, told } = master(version);
      for (const { stage } of [world, backup(version, told)]) {
        cases.set(stage.transcript.head.name ?? "", formatTranscript(stage.transcript));
      }
    }
    await playOnKernel(cases, (name, played) => results.set(name, played));
  });

  for (const version of [0, 1]) {
    it(`version ${version}: what its master told fills our table`, () => {
      const events = recordingOf(`master_version_${version}`);
      const told = messagesIn(events.flatMap((event) => (event.do === "tx" ? [event] : [])));
      const { stage } = backup(version, told);
      expect(listed(events)).to.have.length(ENTRIES);
      expect(rowsOf(stage.ipvsadm("-Lnc").out)).to.deep.equal(listed(events));
    });

    it(`version ${version}: what our master tells fills its table`, () => {
      const ours = rowsOf(master(version).world.stage.ipvsadm("-Lnc").out);
      expect(ours).to.have.length(ENTRIES);
      expect(listed(recordingOf(`of_tapvs_version_${version}`))).to.deep.equal(ours);
    });
  }

  for (const seed of seeds) {
    it(`does the same in the random case ${seed} (fuzz.js --sync ${seed})`, () => {
      const name = syncNameOf(seed);
      const outcome = outcomeOf(name, results.get(name) ?? { failed: "was not played" });
      const differs = outcome.kind === "differs" || outcome.kind === "failed";
      expect(differs ? outcome.lines : []).deep.equals([]);
    });
  }
});
