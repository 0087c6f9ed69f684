/** The two configurations that `tapvs diff` was given. */
import type { DirectorConfig, RulesConfig } from "../../core/host/config/config.ts";
import { DEFAULT_KERNEL, parseRelease } from "../../core/kernel/releases.ts";
import { directorFor } from "../../core/replay/diff/rules-alone.ts";
import { wrongBytes } from "../../io/file-kind.ts";
import { isCaseFolder } from "../../io/recorded-cases.ts";
import { readText } from "../../io/text-file.ts";
import { configOfText, configOrFail } from "../director-config.ts";
import { Failure, WRONG_USAGE } from "../failure.ts";

export interface Sides {
  readonly before: DirectorConfig;
  readonly after: DirectorConfig;
  /** Whether there are rules alone, and the directors are made up for them. */
  readonly rulesAlone: boolean;
}

export interface Releases {
  readonly oldKernel?: string;
  readonly newKernel?: string;
}

export function sidesOf(old: string, other: string, { oldKernel, newKernel }: Releases): Sides {
  const [a, b] = [sideOf(old), sideOf(other)];
  if ("lines" in a && "lines" in b)
    return {
      before: underKernel(directorFor(a, b), oldKernel),
      after: underKernel(directorFor(b, a), newKernel),
      rulesAlone: true,
    };
  if ("lines" in a || "lines" in b)
    throw new Failure(WRONG_USAGE, "expected two director.yaml, or two files of rules: one of each cannot be compared");
  return { before: underKernel(a, oldKernel), after: underKernel(b, newKernel), rulesAlone: false };
}

/** A configuration, or rules that come without one. */
function sideOf(file: string): RulesConfig | DirectorConfig {
  if (/\.ya?ml$/.test(file) || isCaseFolder(file)) return configOrFail(file);
  const read = readText(file, "configuration", "rules");
  if ("message" in read) throw new Failure(WRONG_USAGE, read.message);
  const isRules = /^\s*(#.*\s+)*-[AC]/.test(read.text);
  if (isRules) return { file, firstLine: 1, lines: read.text.split("\n") };
  // Rules may be empty, a configuration may not.
  const wrong = wrongBytes(file, Buffer.from(read.text), "configuration");
  if (wrong !== undefined) throw new Failure(WRONG_USAGE, `${file}: ${wrong}`);
  return configOfText(read.text, file);
}

function underKernel(config: DirectorConfig, release: string | undefined): DirectorConfig {
  if (release === undefined) return config;
  if (parseRelease(release) === undefined)
    throw new Failure(WRONG_USAGE, `expected a release such as 6.12.117, got ${JSON.stringify(release)}`);
  return { ...config, kernel: { ...(config.kernel ?? DEFAULT_KERNEL), release } };
}
