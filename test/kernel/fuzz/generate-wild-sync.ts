/**
 * Makes a wild case of synchronisation from a seed: a master, a backup or both, with all options, beside traffic of both families; what
 * a backup hears is often wrong. Bursts are shorter than a message waits, and pauses longer, so that no outcome hangs on when it is sent.
 */
import { formatTranscript } from "../../../src/core/capture/transcript-writer.ts";
import { steadyPart } from "../clock.ts";
import { concat, ethernet } from "../frames.ts";
import { Random } from "./random.ts";
import { addressBytes, type Ends, isIpv6, packetOf, summed, viewOf } from "./wild-ipv6/bytes.ts";
import { addServices, change } from "./wild-ipv6/rules.ts";
import { messageOf } from "./wild-ipv6/sync-messages.ts";
import { answer, ask, open } from "./wild-ipv6/traffic.ts";
import { makeWildWorld, type WildWorld } from "./wild-ipv6/world.ts";

const UNTIL_LINK_LOCAL = 2.1;
/** Longer than a message waits for more records, and the master's thread for it. */
const UNTIL_SENT = 3.2;
const UNTIL_COUNTED = 2.6;
const SYNC_PORT = 8848;
const FINAL_LISTINGS = ["-L --daemon", "-Ln", "-Ln --stats --exact", "-Lnc", "-Lnc --persistent-conn"];

const SWITCHES: readonly (readonly [string, readonly (number | string)[]])[] = [
  ["sync_threshold", ["0 1", "0 1", "1 2", "3 5", "3 0", "0 0", "3 50"]],
  ["sync_refresh_period", [1, 3, 10]],
  ["sync_retries", [0, 1, 3]],
  ["sync_persist_mode", [1]],
  ["sync_version", [0]],
  ["sloppy_tcp", [1]],
  ["backup_only", [1]],
];

/** Where a group's messages come and go. */
interface Group {
  readonly address: string;
  readonly port: number;
  readonly syncId: number;
}

function startDaemons({ random, stage }: WildWorld): Group {
  const address = random.pick(["224.0.0.81", "224.0.0.81", "239.1.2.3", "ff02::81", "ff05::7"]);
  const port = random.chance(0.7) ? SYNC_PORT : 9999;
  const syncId = random.pick([5, 5, 0, 255]);
  const group = `${address === "224.0.0.81" ? "" : ` --mcast-group ${address}`}${port === SYNC_PORT ? "" : ` --mcast-port ${port}`}`;
  const common = ` --mcast-interface eth1 --syncid ${syncId}${group}`;
  const more = random.chance(0.3) ? ` --mcast-ttl ${random.pick([1, 7, 255])}` : "";
  const length = random.chance(0.3) ? ` --sync-maxlen ${random.pick([100, 200, 500, 1400])}` : "";
  const roles = random.pick([["master"], ["backup"], ["backup"], ["master", "backup"]]);
  for (const role of roles) stage.ipvsadm(`--start-daemon ${role}${common}${role === "master" ? more : ""}${length}`);
  stage.sleep(0.3);
  return { address, port, syncId };
}

/** A message arrives from the other director. */
function hear(world: WildWorld, { address, port, syncId }: Group): void {
  const { random, stage } = world;
  const data = messageOf(world, syncId);
  const source = isIpv6(address) ? "fd00:2::9" : "10.2.0.9";
  const ends: Ends = { source, destination: address, sourcePort: 33333, destinationPort: port };
  const header = new Uint8Array(8);
  for (const [index, word] of [ends.sourcePort, ends.destinationPort, 8 + data.length].entries())
    viewOf(header).setUint16(index * 2, word);
  const packet = packetOf(ends, 17, summed(ends, 17, concat(header, data)), { hops: random.pick([1, 1, 255]) });
  const last = addressBytes(address).slice(-4);
  const mac = isIpv6(address) ? [0x33, 0x33, ...last] : [1, 0, 0x5e, (last[1] ?? 0) & 127, ...last.slice(2)];
  const text = mac.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
  stage.rx("eth1", ethernet(text, "02:00:00:00:02:09", packet, isIpv6(address) ? 0x86dd : 0x0800));
}

/** The same for the same seed as long as tapvs does the same. */
export function generateWildSync(seed: number): string {
  const random = new Random(seed);
  const world = makeWildWorld(random, `wild_sync_${seed}`);
  const { stage } = world;
  stage.sleep(UNTIL_LINK_LOCAL);
  for (const [name, values] of SWITCHES)
    if (random.chance(0.25)) stage.sysctl(`net.ipv4.vs.${name}`, random.pick(values));
  addServices(world);
  const group = startDaemons(world);
  const actions: readonly (readonly [number, () => void])[] = [
    [8, () => open(world)],
    [10, () => ask(world)],
    [6, () => answer(world)],
    [8, () => hear(world, group)],
    [0.7, () => change(world)],
  ];
  for (let burst = random.integer(1, 3); burst > 0; burst--) {
    for (let step = random.integer(5, 25); step > 0; step--) random.weighted(actions)();
    stage.sleep(UNTIL_SENT);
    stage.ipvsadm("-Lnc");
  }
  stage.sleep(UNTIL_COUNTED);
  for (const listing of FINAL_LISTINGS) stage.ipvsadm(listing);
  return formatTranscript({ head: stage.head, events: steadyPart(stage.transcript) });
}
