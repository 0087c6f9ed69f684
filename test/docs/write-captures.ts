/** Writes the captures of the examples anew: `node dist/test/docs/write-captures.js`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CAPTURES, filesOf } from "./example-captures.ts";

for (const { directory, mode, family } of CAPTURES) {
  for (const [name, bytes] of Object.entries(filesOf(directory, mode, family)))
    writeFileSync(join(directory, name), bytes);
}
