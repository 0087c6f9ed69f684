/** The configuration that is in force: the rules that a director begins with, what a reload brings, and what of it does nothing here. */
import { existsSync } from "node:fs";
import type { DirectorConfig } from "../../core/host/config/config.ts";
import { switchesWithoutEffect } from "../../core/host/sysctls.ts";
import { toldRefusals } from "../../core/replay/rules.ts";
import type { Log } from "../log.ts";
import { removeFile } from "./instance-lock.ts";
import type { LiveDirector } from "./live-director.ts";
import { restoreConnections, restoreRules } from "./restoring.ts";

/** What an earlier director may have left. */
export interface LeftBehind {
  readonly stateFile: string;
  readonly connectionsFile: string;
  /** Whether that is to come into force again. */
  readonly restore: boolean;
}

export class ConfigurationInForce {
  readonly #director: LiveDirector;
  readonly #file: string;
  readonly #log: Log;
  /** Switches that were said to have none. */
  readonly #withoutEffect = new Set<string>();

  /** `file` is the configuration's, for messages. */
  constructor(director: LiveDirector, file: string, log: Log) {
    this.#director = director;
    this.#file = file;
    this.#log = log;
  }

  /** The rules of the state file, if they are wanted and there, else the configuration's; then the connections of a crash. Rejects with DeviceError. */
  async begin(config: DirectorConfig, { stateFile, connectionsFile, restore }: LeftBehind): Promise<void> {
    if (!restore && existsSync(stateFile))
      this.#log.notice(`${stateFile}: rules that a crash left are replaced; --restore takes them`);
    if (!restore || !(await restoreRules(stateFile, this.#director, config, this.#log)))
      for (const problem of await this.takeOver(config, "none of the rules are in force")) this.#log.warning(problem);
    if (restore) await restoreConnections(connectionsFile, this.#director, this.#log);
    else removeFile(connectionsFile);
  }

  /** Makes a configuration the one in force; resolves to what is wrong with it. `consequence` is what comes of a wrong rule. */
  async takeOver(config: DirectorConfig, consequence = "the rules stay as they were"): Promise<string[]> {
    const { file, lines } = config.rules;
    const { refused, obstacle } = await this.#director.ask({ kind: "reload", host: config, rules: lines });
    const problems = toldRefusals(config.rules, refused);
    if (refused.length > 0) problems.push(`${file}: ${consequence} because of that`);
    if (obstacle !== undefined) problems.push(`${this.#file}: ${obstacle}: that needs a restart`);
    this.#sayWhatHasNoEffect(config);
    return problems;
  }

  /** Switches that are taken and mean nothing here; each is said once. */
  #sayWhatHasNoEffect({ interfaces, sysctl }: DirectorConfig): void {
    const devices = interfaces.map(({ name }) => name);
    for (const name of switchesWithoutEffect(devices, Object.entries(sysctl))) {
      if (this.#withoutEffect.has(name)) continue;
      this.#withoutEffect.add(name);
      this.#log.notice(`${this.#file}: ${name} has no effect here`);
    }
  }
}
