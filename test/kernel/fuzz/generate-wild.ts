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
];

/** Commands, which take far longer than frames. */
const COMMANDS: typeof ACTIONS = [
  [4, changeWildly],
  [2, listWildly],
  [2, turnSwitch],
];

/** A case dwells on so many of them, and does each so many times as often: what is rare meets itself. */
const DWELT_ON = 3;
const OFTENER = 5;
const PACKED_STEPS = 250;

/** The same for the same seed as long as tapvs does the same. */
export function generateWild(seed: number): string {
  const random = new Random(seed);
  const world = makeWildWorld(random, `wild_${seed}`);
  addWildServices(world);
  // Most cases have many frames and no command or pause between them.
  const packed = random.chance(0.6);
  if (!packed && random.chance(0.4))
    world.stage.ipvsadm(`--set ${random.integer(1, 2)} ${random.integer(1, 2)} ${random.integer(1, 2)}`);
  const dwelt = new Set(random.sample(ACTIONS, DWELT_ON));
  const actions = [...ACTIONS, ...(packed ? [] : COMMANDS)].map(
    (action) => [action[0] * (dwelt.has(action) ? OFTENER : 1), action[1]] as const,
  );
  let asleep = 0;
  for (let step = packed ? PACKED_STEPS : random.integer(60, 130); step > 0; step--) {
    random.weighted(actions)(world);
    const pause = !packed && random.chance(0.04) ? random.pick([0.15, 0.3, 0.6, 1.15, 1.7]) : 0;
    if (pause === 0 || asleep + pause > SLEEP_BUDGET) continue;
    asleep += pause;
    settle(world, world.stage.sleep(pause));
  }
  return formatTranscript(steadyCase(world));
}
