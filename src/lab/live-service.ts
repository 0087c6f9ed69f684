/** The lab's service as a director has it now, whoever changed it since. */
import { ipvsadm } from "./director-control.ts";
import { LabError } from "./lab-error.ts";
import { endpointText, type Lab } from "./plan.ts";

export interface LiveService {
  readonly scheduler: string;
  readonly persistent: boolean;
  /** By the addresses of the real servers. */
  readonly weights: ReadonlyMap<string, number>;
}

/** Asks the director at the socket; `undefined` if it does not answer, or has no such service. */
export async function liveService(lab: Lab, socket: string): Promise<LiveService | undefined> {
  try {
    const { out } = await ipvsadm(socket, "-S -n");
    return readService(out, endpointText(lab.service.address, lab.service.port));
  } catch (error) {
    if (error instanceof LabError) return undefined;
    throw error;
  }
}

/** Reads a service out of `ipvsadm -S -n`. */
export function readService(rules: string, vip: string): LiveService | undefined {
  const lines = rules.split("\n").map((line) => line.split(" "));
  const service = lines.find((words) => words[0] === "-A" && words[2] === vip);
  if (service === undefined) return undefined;
  const after = (words: readonly string[], option: string): string => words[words.indexOf(option) + 1] ?? "";
  const servers = lines.filter((words) => words[0] === "-a" && words[2] === vip);
  return {
    scheduler: after(service, "-s"),
    persistent: service.includes("-p"),
    weights: new Map(
      servers.map((words) => [after(words, "-r").replace(/^\[?([^\]]*)\]?:\d+$/, "$1"), Number(after(words, "-w"))]),
    ),
  };
}
