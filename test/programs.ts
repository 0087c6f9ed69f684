/** Required by mocha: what tests start is what was compiled, also where nobody ran `make build`. */
import { bundlePrograms, programsAreStale } from "../tools/bundle-programs.ts";

export async function mochaGlobalSetup(): Promise<void> {
  if (programsAreStale()) await bundlePrograms();
}
