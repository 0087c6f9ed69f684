/** Writes the captures of the examples anew: `node dist/test/docs/write-captures.js`. */
import { writeFileSync } from "node:fs";
import { MODES } from "../../src/core/network/topologies.ts";
import { captureOf } from "./example-captures.ts";

for (const mode of MODES) writeFileSync(`examples/${mode}/wire.pcapng`, captureOf(mode, "examples"));
