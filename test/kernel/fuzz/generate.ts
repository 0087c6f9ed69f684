/** Makes a random case from a seed: the inputs of a transcript whose outcome does not hang on the clock's last digit. */
import type { Transcript, TranscriptEvent, TranscriptHead } from "../../../src/core/capture/transcript.ts";
import { formatTranscript } from "../../../src/core/capture/transcript-writer.ts";
import { steadyPart } from "../clock.ts";
import { Stage } from "../stage.ts";
import { errorAboutAnswer, errorAboutRequest, errorAboutSent, errorAboutTunnel, ping } from "./icmp.ts";
import { Random } from "./random.ts";
import { addServices, change, list } from "./rules.ts";
import { converse, fragmented, lying, open, otherProtocol, stray, wholeConversation } from "./traffic.ts";
import { makeWorld, settle, type World } from "./world.ts";

/** Seconds that a case may sleep in all, besides the end. */
const SLEEP_BUDGET = 3.5;
/** The estimator sums every 2 s; only after that do the counters say all. */
const UNTIL_COUNTED = 2.4;
/** At the end, one of these will do, wherever the last timeouts are. */
const PAUSES_BEFORE_END = [UNTIL_COUNTED, 2.9, 3.6, 4.4] as const;
/** The listings at the end; what is left of connections and counters shows there. */
const FINAL_LISTINGS = ["-Ln", "-Ln --stats --exact", "-Lnc", "-Sn", "-Ln --thresholds", "-Ln --persistent-conn"];

const ACTIONS: readonly (readonly [number, (world: World) => void])[] = [
  [20, open],
  [22, converse],
  [5, wholeConversation],
  [6, fragmented],
  [7, stray],
  [2, lying],
  [2, otherProtocol],
  [4, errorAboutAnswer],
  [3, errorAboutRequest],
  [2, errorAboutSent],
  [2, errorAboutTunnel],
  [2, ping],
  [5, change],
  [2, list],
  [1, switchSysctl],
];

/** Switches that may change while traffic flows. */
const LIVE_SYSCTLS: readonly (readonly [string, readonly number[]])[] = [
  ["expire_nodest_conn", [0, 1]],
  ["conn_reuse_mode", [0, 1, 2]],
  ["sloppy_tcp", [0, 1]],
  ["expire_quiescent_template", [0, 1]],
  ["schedule_icmp", [0, 1]],
  ["nat_icmp_send", [0, 1]],
  ["secure_tcp", [0, 3]],
  ["pmtu_disc", [0, 1]],
];

function switchSysctl({ random, stage }: World): void {
  const [name, values] = random.pick(LIVE_SYSCTLS);
  stage.sysctl(`net.ipv4.vs.${name}`, random.pick(values));
}

/** A case of some 60 to 250 frames; the same for the same seed as long as tapvs does the same. */
export function generate(seed: number): string {
  const random = new Random(seed);
  const world = makeWorld(random, `seed_${seed}`);
  let asleep = 0;
  const sleep = (seconds: number): void => {
    if (asleep + seconds > SLEEP_BUDGET) return;
    asleep += seconds;
    settle(world, world.stage.sleep(seconds));
  };
  addServices(world);
  // Short lives, so that connections end while the case lasts.
  if (random.chance(0.3))
    world.stage.ipvsadm(`--set ${random.integer(1, 2)} ${random.integer(1, 2)} ${random.integer(1, 2)}`);
  for (let step = random.integer(50, 110); step > 0; step--) {
    random.weighted(ACTIONS)(world);
    if (random.chance(0.05)) sleep(random.pick([0.15, 0.3, 0.6, 1.15, 1.7, 2.3]));
    if (random.chance(0.006) && asleep + UNTIL_COUNTED <= SLEEP_BUDGET) zero(world, sleep);
  }
  return formatTranscript(steadyCase(world));
}

/** `-Z` remembers what was counted until then, so everything is. */
function zero({ random, stage, services }: World, sleep: (seconds: number) => void): void {
  const { option, name } = random.pick(services);
  sleep(UNTIL_COUNTED);
  stage.ipvsadm(random.chance(0.5) ? "-Z" : `-Z ${option} ${name}`);
}

/** What happened as long as it does not hang on the clock, and an end: if possible one that does not, either. */
export function steadyCase({ stage }: World): Pick<Transcript, "head" | "events"> {
  const steady = steadyPart(stage.transcript);
  let events = steady;
  for (const pause of PAUSES_BEFORE_END) {
    const ended = withEnd(stage.head, steady, pause);
    events = steadyPart(ended);
    if (events.length === ended.events.length) break;
  }
  return { head: stage.head, events };
}

/** Time to be counted, and all listings. */
function withEnd(head: TranscriptHead, events: readonly TranscriptEvent[], pause: number): Stage["transcript"] {
  const stage = new Stage(head);
  for (const event of events) stage.play(event);
  stage.sleep(pause);
  for (const listing of FINAL_LISTINGS) stage.ipvsadm(listing);
  return stage.transcript;
}
