/** Makes a random IPv4 case of the wild kind from a seed: everything that a network may do to a director, likely or not. */
import { formatTranscript } from "../../../src/core/capture/transcript-writer.ts";
import { steadyCase } from "./generate.ts";
import { errorAboutSent, errorAboutTunnel } from "./icmp.ts";
import { Random } from "./random.ts";
import { converse, fragmented, lying, open, wholeConversation } from "./traffic.ts";
import { speak } from "./wild/connections.ts";
import { ask, tellOfAnything } from "./wild/icmp.ts";
import { addWildServices, changeWildly, listWildly } from "./wild/rules.ts";
import { turnSwitch } from "./wild/switches.ts";
import { anything, noise, openWildly, secure, talkByArp } from "./wild/traffic.ts";
import { makeWildWorld } from "./wild/world.ts";
import { settle, type World } from "./world.ts";

/** Seconds that a case may sleep in all, besides the end. */
const SLEEP_BUDGET = 2.6;

const ACTIONS: readonly (readonly [number, (world: World) => void])[] = [
  [14, openWildly],
  [22, speak],
  [16, tellOfAnything],
  [8, anything],
  [5, secure],
  [4, open],
  [4, converse],
  [3, wholeConversation],
  [3, fragmented],
  [3, ask],
  [3, talkByArp],
  [2, lying],
  [2, errorAboutSent],
  [2, errorAboutTunnel],
  [1, noise],
  [6, changeWildly],
  [2, listWildly],
  [2, turnSwitch],
];

/** The same for the same seed as long as tapvs does the same. */
export function generateWild(seed: number): string {
  const random = new Random(seed);
  const world = makeWildWorld(random, `wild_${seed}`);
  addWildServices(world);
  if (random.chance(0.4))
    world.stage.ipvsadm(`--set ${random.integer(1, 2)} ${random.integer(1, 2)} ${random.integer(1, 2)}`);
  let asleep = 0;
  for (let step = random.integer(60, 130); step > 0; step--) {
    random.weighted(ACTIONS)(world);
    const pause = random.chance(0.04) ? random.pick([0.15, 0.3, 0.6, 1.15, 1.7]) : 0;
    if (pause === 0 || asleep + pause > SLEEP_BUDGET) continue;
    asleep += pause;
    settle(world, world.stage.sleep(pause));
  }
  return formatTranscript(steadyCase(world));
}
