/** Looks at the machine and says what works, and what to do where it does not. */
import type { DirectorConfig } from "../../core/host/config/config.ts";
import { essentials, kernelIpvs } from "./essentials.ts";
import type { Finding } from "./finding.ts";
import type { Machine } from "./machine.ts";
import { network } from "./network.ts";

/** All findings, the most important first. With a configuration, its virtual addresses are looked for, too. */
export async function examine(machine: Machine, config?: DirectorConfig): Promise<Finding[]> {
  const virtual = config === undefined ? [] : virtualAddresses(config);
  return [...(await essentials(machine)), kernelIpvs(machine, virtual), ...network(machine, virtual)];
}

/** The addresses that rules of the configuration balance. */
function virtualAddresses({ rules }: DirectorConfig): string[] {
  const found = rules.lines.flatMap((line) => {
    const [, address] =
      /^\s*(?:-A|--add-service)\s+(?:-t|-u|--tcp-service|--udp-service)\s+(\d+\.\d+\.\d+\.\d+)/.exec(line) ?? [];
    return address === undefined ? [] : [address];
  });
  return [...new Set(found)];
}
