/** Whether labs can be built here, and what is there of them. */
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type ExecuteOptions, execute, type Finished } from "../../../src/lab/execute.ts";
import { ownerOf, PREFIX } from "../../../src/lab/names.ts";
import { directoryOf } from "../../../src/lab/state.ts";
import { describeLive } from "../../support/machine.ts";

/** A describe of live labs, which says why it is left out where there can be none. */
export const describeLab = (title: string, body: (this: Mocha.Suite) => void, ...programs: readonly string[]): void =>
  describeLive(title, body, "sysctl", "curl", ...programs);

const MAIN = fileURLToPath(new URL("../../../program/cli/main.js", import.meta.url));
/** The words of a tapvs command. */
export const tapvsWords = (...words: readonly string[]): string[] => [process.execPath, MAIN, ...words];
export const tapvs = (words: readonly string[], options: ExecuteOptions = {}): Promise<Finished> =>
  execute(tapvsWords(...words), options);

/** What is there of a lab: namespaces, devices in the machine's own namespace, files. */
export async function remainsOf(lab: string): Promise<string[]> {
  const [netns, links] = await Promise.all([execute(["ip", "-json", "netns"]), execute(["ip", "-json", "link"])]);
  const names = (json: string, key: "name" | "ifname"): string[] =>
    json.trim() === "" ? [] : (JSON.parse(json) as Record<string, string>[]).map((entry) => entry[key] ?? "");
  return [
    ...names(netns.out, "name").filter((name) => ownerOf(name)?.lab === lab),
    // Devices of labs are never here; their names say nothing of the lab.
    ...names(links.out, "ifname").filter((name) => name.startsWith(`${PREFIX}-`)),
    ...[directoryOf(lab)].filter((file) => existsSync(file)),
    ...(existsSync("/run/tapvs")
      ? readdirSync("/run/tapvs").filter((file) => file.startsWith(`lab-${lab}.`) || file.startsWith(`lab-${lab}-`))
      : []),
  ];
}
