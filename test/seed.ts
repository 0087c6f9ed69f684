/**
 * Required by mocha: all random tests of a run begin from one seed, so that what passes passes again. TAPVS_SEED sets
 * another; `make fuzz` goes from one to the next.
 */
import fc from "fast-check";

export const SEED = Number(process.env.TAPVS_SEED ?? 1);

fc.configureGlobal({ seed: SEED });
