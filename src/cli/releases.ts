/** `tapvs releases`: what IPVS does differently from one release of the kernel to another. */
import { Command } from "commander";
import {
  type Behaviour,
  changesBetween,
  DEFAULT_KERNEL,
  kernelRelease,
  parseRelease,
  RELEASE_CHANGES,
} from "../core/kernel/releases.ts";
import { Failure, WRONG_USAGE } from "./failure.ts";
import { print, printJson } from "./output.ts";

interface ReleasesFlags {
  readonly json?: true;
}

export function releasesCommand(): Command {
  return new Command("releases")
    .description(
      "Says what a step from one release of the kernel to another changes. Without releases: all known changes.",
    )
    .argument("[from]", "a release such as 6.1.176")
    .argument("[to]", `another (default: ${DEFAULT_KERNEL.release})`)
    .option("--json", "one JSON document")
    .action(releases);
}

function releases(from: string | undefined, to: string | undefined, { json }: ReleasesFlags): void {
  const names = from === undefined ? [...RELEASE_CHANGES.keys()] : between(from, to ?? DEFAULT_KERNEL.release);
  if (json) printJson({ v: 1, changes: names.map((name) => ({ name, ...RELEASE_CHANGES.get(name) })) });
  else print(names.length === 0 ? "nothing that is known changes\n" : names.map(lines).join(""));
}

function between(from: string, to: string): readonly Behaviour[] {
  const [first, second] = [from, to].map((version) => {
    if (parseRelease(version) !== undefined) return kernelRelease(version);
    throw new Failure(
      WRONG_USAGE,
      `tapvs releases: expected a release such as 6.12.117, got ${JSON.stringify(version)}`,
    );
  });
  return first === undefined || second === undefined ? [] : changesBetween(first, second);
}

function lines(name: Behaviour): string {
  const { after = "", before = "", since = {}, recordings = [] } = RELEASE_CHANGES.get(name) ?? {};
  const releasesOf = Object.entries(since).map(([series, patch]) => `${series}.${patch}`);
  return `since ${releasesOf.join(", ")}: ${after}\n  before: ${before}\n  recorded: ${recordings.join(", ")}\n`;
}
