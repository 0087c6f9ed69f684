/**
 * fuzz.js [--sync] [--helpers] [--wild] [--keep DIRECTORY] SEEDS: random cases on a real kernel and on tapvs, with --sync of masters and
 * backups, with --wild such as well-behaved hosts never make; SEEDS is a number or a range a-b. Prints
 * the first difference of each case that has one, explained; with --keep, its recording is written to DIRECTORY.
 * Exit status: 0 all agree; 1 one differs or failed; 2 wrong usage, or no kernel can run here.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compareSeeds, wildCaseOf } from "./fuzz/compare-seeds.ts";
import { generateSync } from "./fuzz/generate-sync.ts";
import { generateWildHelpers } from "./fuzz/generate-wild-helpers.ts";
import { generateWildSync } from "./fuzz/generate-wild-sync.ts";
import { whyNoKernel } from "./kernel.ts";

const USAGE = "usage: fuzz.js [--sync] [--helpers] [--wild] [--keep DIRECTORY] FIRST[-LAST]";

function caseMaker({
  sync,
  helpers,
  wild,
}: Record<"sync" | "helpers" | "wild", boolean>): ((seed: number) => string) | undefined {
  if (helpers) return generateWildHelpers;
  if (sync) return wild ? generateWildSync : generateSync;
  return wild ? wildCaseOf : undefined;
}

/** Seeds of `7` or `1-20`; `undefined` for anything else. */
function seedsOf(text: string): number[] | undefined {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  return first === undefined || to < from
    ? undefined
    : Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      keep: { type: "string" },
      sync: { type: "boolean", default: false },
      helpers: { type: "boolean", default: false },
      wild: { type: "boolean", default: false },
    },
    allowPositionals: true,
  });
  const seeds = positionals.length === 1 ? seedsOf(positionals[0] ?? "") : undefined;
  if (seeds === undefined) {
    console.error(USAGE);
    return 2;
  }
  const why = whyNoKernel();
  if (why !== undefined) {
    console.error(`no kernel: ${why}`);
    return 2;
  }
  const counts = { agrees: 0, differs: 0, undecided: 0, failed: 0 };
  let frames = 0;
  await compareSeeds(
    seeds,
    (seed, outcome) => {
      counts[outcome.kind]++;
      if ("frames" in outcome) frames += outcome.frames;
      console.log(`seed ${seed} ${outcome.kind}${"frames" in outcome ? ` (${outcome.frames} frames)` : ""}`);
      if (outcome.kind === "agrees") return;
      for (const line of outcome.lines) console.log(`  ${line}`);
      if (values.keep === undefined || !("recording" in outcome)) return;
      mkdirSync(values.keep, { recursive: true });
      writeFileSync(join(values.keep, `seed_${seed}.jsonl`), outcome.recording);
    },
    caseMaker(values),
  );
  const { agrees, differs, undecided, failed } = counts;
  console.log(
    `${agrees} of ${seeds.length} seeds agree (${frames} frames); ${differs} differ, ${undecided} undecided, ${failed} failed`,
  );
  return differs + failed > 0 ? 1 : 0;
}

main().then(
  (status) => {
    process.exitCode = status;
  },
  (thrown: unknown) => {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    process.exitCode = 1;
  },
);
