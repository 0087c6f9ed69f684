/**
 * Makes a wild case of both families from a seed: every protocol and extension header, tunnels of all kinds, fragments, errors about
 * everything, and rules and switches that change meanwhile. Nearly all of it is what well-behaved hosts never do.
 */
import { formatTranscript } from "../../../src/core/capture/transcript-writer.ts";
import { steadyPart } from "../clock.ts";
import { Random } from "./random.ts";
import { error } from "./wild-ipv6/errors.ts";
import { addServices, change, switchLive } from "./wild-ipv6/rules.ts";
import { answer, ask, open, stray } from "./wild-ipv6/traffic.ts";
import { makeWildWorld, type WildWorld } from "./wild-ipv6/world.ts";

const UNTIL_LINK_LOCAL = 2.1;
const UNTIL_COUNTED = 2.4;
const FINAL_LISTINGS = ["-Ln", "-Ln --stats --exact", "-Lnc", "-Sn", "-Ln --thresholds", "-Ln --persistent-conn"];

const ACTIONS: readonly (readonly [number, (world: WildWorld) => void])[] = [
  [24, open],
  [16, ask],
  [20, answer],
  [14, error],
  [8, stray],
  [3, change],
  [1.5, switchLive],
];

/** A case of some 60 to 250 frames; the same for the same seed as long as tapvs does the same. */
export function generateWildIpv6(seed: number): string {
  const random = new Random(seed);
  const world = makeWildWorld(random, `wild_${seed}`);
  const { stage } = world;
  // Until then it is left to chance whether an interface has its link-local address.
  stage.sleep(UNTIL_LINK_LOCAL);
  addServices(world);
  for (let step = random.integer(50, 100); step > 0; step--) random.weighted(ACTIONS)(world);
  stage.sleep(UNTIL_COUNTED);
  for (const listing of FINAL_LISTINGS) stage.ipvsadm(listing);
  return formatTranscript({ head: stage.head, events: steadyPart(stage.transcript) });
}
