/** The network namespaces that are there, and who is in them. */
import { execute } from "./execute.ts";
import { LabError } from "./lab-error.ts";
import { ownerOf } from "./names.ts";
import { startTimeOf } from "./processes.ts";
import type { LabProcess } from "./state.ts";

/** A namespace of ours, by its name. */
export interface OwnNamespace {
  readonly name: string;
  readonly lab: string;
  readonly host: string;
}

/** All namespaces whose names are those of labs, also of labs that nobody remembers. */
export async function ownNamespaces(): Promise<OwnNamespace[]> {
  const { code, out, err } = await execute(["ip", "-json", "netns", "list"]);
  if (code !== 0) throw new LabError(1, `ip netns list: ${err.trim()}`);
  return namesIn(out).flatMap((name) => {
    const owner = ownerOf(name);
    return owner === undefined ? [] : [{ name, ...owner }];
  });
}

/** Where there is none, `ip -json` may print nothing at all. */
function namesIn(json: string): string[] {
  if (json.trim() === "") return [];
  return (JSON.parse(json) as readonly { readonly name: string }[]).map(({ name }) => name);
}

/** The processes in a namespace, but for this one. */
export async function processesIn({ name, host }: OwnNamespace): Promise<LabProcess[]> {
  const { out } = await execute(["ip", "netns", "pids", name]);
  return out.split("\n").flatMap((line) => {
    const pid = Number(line);
    const startTime = line === "" || pid === process.pid ? undefined : startTimeOf(pid);
    return startTime === undefined ? [] : [{ host, program: "", pid, startTime }];
  });
}

/** Removes namespaces, and with them every device in them. */
export async function deleteNamespaces(names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const stdin = names.map((name) => `netns delete ${name}\n`).join("");
  const { code, err } = await execute(["ip", "-force", "-batch", "-"], { stdin });
  if (code !== 0) throw new LabError(1, `ip netns delete: ${err.trim()}`);
}
