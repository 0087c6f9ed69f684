/** Whether labs can be built here, and what is there of them. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type ExecuteOptions, execute, type Finished } from "../../../src/lab/execute.ts";
import { isInstalled } from "../../../src/lab/machine.ts";
import { namespaceOf, ownerOf, PREFIX } from "../../../src/lab/names.ts";
import { directoryOf } from "../../../src/lab/state.ts";

/** Debian's packages by the programs that labs need. */
const PACKAGES: Readonly<Record<string, string>> = {
  ip: "iproute2",
  sysctl: "procps",
  curl: "curl",
  tcpdump: "tcpdump",
  "redis-server": "redis-server",
};

/** In continuous integration nothing is left out: what is missing is installed, and without root tests fail. */
const MUST_RUN = process.env.CI === "true";

/** Why labs cannot be built here; `undefined` if they can, or have to. */
function whyNoLab(programs: readonly string[]): string | undefined {
  if (MUST_RUN) {
    install(programs.filter((program) => !isInstalled(program)));
    return undefined;
  }
  if (process.getuid?.() !== 0) return "labs need root";
  if (!existsSync("/dev/net/tun")) return "there is no /dev/net/tun";
  const missing = programs.filter((program) => !isInstalled(program));
  if (missing.length > 0) return `not installed: ${missing.join(", ")}`;
  return whyNoNamespace();
}

/** Root in a container may not be allowed to make namespaces. */
function whyNoNamespace(): string | undefined {
  const name = namespaceOf("probe", `p${process.pid}`);
  try {
    execFileSync("ip", ["netns", "add", name], { stdio: "pipe" });
    execFileSync("ip", ["netns", "delete", name], { stdio: "pipe" });
    return undefined;
  } catch (error) {
    return `no network namespaces: ${(error as Error).message.split("\n").at(-1)}`;
  }
}

function install(programs: readonly string[]): void {
  if (programs.length === 0) return;
  const packages = programs.map((program) => PACKAGES[program] ?? program);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  execFileSync("apt-get", ["update", "-q"], { env, stdio: "ignore" });
  execFileSync("apt-get", ["install", "-q", "-y", "--no-install-recommends", ...packages], { env, stdio: "ignore" });
}

/** A describe that says why it is left out. */
export function describeLive(title: string, body: (this: Mocha.Suite) => void, ...programs: readonly string[]): void {
  const reason = whyNoLab(["ip", "sysctl", "curl", ...programs]);
  if (reason === undefined) describe(title, body);
  else describe.skip(`${title} (${reason})`, body);
}

const MAIN = fileURLToPath(new URL("../../../src/cli/main.js", import.meta.url));
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
    ...[directoryOf(lab), `/run/tapvs/lab-${lab}.sock`, `/run/tapvs/lab-${lab}.sock.lock`].filter((file) =>
      existsSync(file),
    ),
  ];
}
