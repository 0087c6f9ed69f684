/** The configuration that a command was given. */
import type { DirectorConfig } from "../core/host/config/config.ts";
import type { Director } from "../core/host/director.ts";
import { loadRules } from "../core/replay/rules.ts";
import { type ConfigResult, describeConfigError, readConfig, readConfigText } from "../io/config.ts";
import { whyUnreadable, wrongFile } from "../io/file-kind.ts";
import { configIn } from "../io/recorded-cases.ts";
import { STANDARD } from "../io/standard.ts";
import { Failure, WRONG_USAGE } from "./failure.ts";

/** Reads director.yaml, or the one in the folder of a case; a mistake in it is a Failure that names file, line and column. */
export function configOrFail(file: string): DirectorConfig {
  return configOfResult(readConfig(configIn(file)));
}

/** The same of a file whose text was read already. */
export const configOfText = (text: string, file: string): DirectorConfig => configOfResult(readConfigText(text, file));

function configOfResult(result: ConfigResult): DirectorConfig {
  if (result.kind === "errors") throw new Failure(WRONG_USAGE, ...result.errors.map(describeConfigError));
  return result.config;
}

/** What to say of a capture without a configuration; or of what is no capture, or cannot be read. */
export function withoutDirector(capture: string): Failure {
  const wrong = capture === STANDARD ? undefined : (whyUnreadable(capture)?.text ?? wrongFile(capture, "capture"));
  if (wrong !== undefined) return new Failure(WRONG_USAGE, `${capture}: ${wrong}`);
  return new Failure(
    WRONG_USAGE,
    "a capture does not say what its director is: give its director.yaml with --config",
    `where there was none, tapvs adopt ${capture} -o cases/NAME makes one in the place of its server`,
  );
}

/** Gives the director the rules of its configuration; one that is refused is a Failure that names file and line. */
export function loadRulesOrFail(director: Director, config: DirectorConfig): void {
  const refused = loadRules(director, config.rules);
  if (refused.length > 0) throw new Failure(WRONG_USAGE, ...refused);
}
