/** Plays random cases on a real kernel and on tapvs and tells what became of each. */
import { matchesNearby } from "../clock.ts";
import { type Played, playOnKernel } from "../kernel.ts";
import { judge, transcriptOf } from "../verdict.ts";
import { generate } from "./generate.ts";
import { generateIpv6 } from "./generate-ipv6.ts";
import { generateWild } from "./generate-wild.ts";
import { generateWildIpv6 } from "./generate-wild-ipv6.ts";

/** `undecided`: the kernel's way is one of those that tapvs takes under clocks a tick or a bucket of the timer wheel apart. */
export type Outcome =
  | { readonly kind: "agrees"; readonly frames: number }
  | {
      readonly kind: "differs" | "undecided";
      readonly frames: number;
      readonly lines: readonly string[];
      readonly recording: string;
    }
  | { readonly kind: "failed"; readonly lines: readonly string[] };

/** Boots the kernel once for the cases of all seeds; `told` is called for each as soon as it is known. */
export async function compareSeeds(
  seeds: readonly number[],
  told: (seed: number, outcome: Outcome) => void,
  makeCase: (seed: number) => string = caseOf,
): Promise<void> {
  const inputs = new Map(seeds.map((seed) => [nameOf(seed), makeCase(seed)]));
  const numbers = new Map(seeds.map((seed) => [nameOf(seed), seed]));
  await playOnKernel(inputs, (name, played) => told(numbers.get(name) ?? 0, outcomeOf(name, played)));
}

/** Odd seeds are IPv4, even ones IPv6. */
export const caseOf = (seed: number): string => (seed % 2 === 0 ? generateIpv6(seed) : generate(seed));

/** The same of wild cases. */
export const wildCaseOf = (seed: number): string => (seed % 2 === 0 ? generateWildIpv6(seed) : generateWild(seed));

export const nameOf = (seed: number): string => `seed_${String(seed).padStart(10, "0")}`;

export function outcomeOf(name: string, played: Played): Outcome {
  if ("failed" in played) return { kind: "failed", lines: [played.failed] };
  const { recording } = played;
  const transcript = transcriptOf(recording, name);
  const { frames, difference } = judge(transcript);
  if (difference.length === 0) return { kind: "agrees", frames };
  const kind = matchesNearby(transcript) ? "undecided" : "differs";
  return { kind, frames, lines: difference, recording };
}
