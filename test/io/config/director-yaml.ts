/** A director.yaml as tests read it. */
import type { DirectorConfig } from "../../../src/core/host/config/config.ts";
import { describeConfigError, parseConfig } from "../../../src/io/config.ts";

/** One interface. */
export const ETH0 = `interfaces:
  - name: eth0
    mac: 02:00:00:00:01:64
    addresses: [10.1.0.254/24]
`;

/** What a text without mistakes says. */
export const configOf = (text: string): DirectorConfig => {
  const result = parseConfig(text, "director.yaml");
  if (result.kind === "errors") throw new Error(result.errors.map(describeConfigError).join("\n"));
  return result.config;
};

/** The mistakes of a text, as people read them. */
export const errorsOf = (text: string): string[] => {
  const result = parseConfig(text, "director.yaml");
  return result.kind === "errors" ? result.errors.map(describeConfigError) : [];
};
