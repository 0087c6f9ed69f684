/** What a director says of its process. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { expositionText } from "../../core/metrics/exposition.ts";

export interface ProcessFacts {
  readonly name: string;
  readonly config: string;
  readonly version: string;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** The name of a director: that of its configuration file. */
export const directorName = (configFile: string): string => basename(configFile).replace(/\.ya?ml$/, "");

export const processFacts = (configFile: string): ProcessFacts => ({
  name: directorName(configFile),
  config: configFile,
  version: packageVersion(),
  pid: process.pid,
  since: Date.now(),
});

function packageVersion(): string {
  const file = new URL("../../../../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return version;
}

/** Exposition text. */
export const processMetrics = ({ version, since }: ProcessFacts): string =>
  expositionText([
    {
      name: "tapvs_build_info",
      type: "gauge",
      help: "The version of tapvs.",
      samples: [{ labels: { version }, value: 1 }],
    },
    {
      name: "tapvs_start_time_seconds",
      type: "gauge",
      help: "When the director started, in seconds since 1970.",
      samples: [{ value: since / 1000 }],
    },
  ]);
