/** What adopting a capture did, in a few lines. */
import { amount } from "../../core/amount.ts";
import type { Adoption } from "../../core/replay/adopt/adoption.ts";
import type { Plan } from "../../core/replay/adopt/plan.ts";
import type { Survey } from "../../core/replay/adopt/survey.ts";
import type { Read } from "./packets.ts";
import { type Services, serviceName } from "./services.ts";

export interface Adopted {
  readonly capture: string;
  readonly mode: string;
  readonly services: Services;
  readonly survey: Survey;
  readonly read: Read;
  readonly plan: Plan;
  readonly adoption: Adoption;
}

/** What it is, what was taken, what was done to it, what could not be used. */
export function accountOf(output: string, adopted: Adopted): string[] {
  const { capture, mode, services, survey, plan, adoption } = adopted;
  const { counts, balanced } = adoption;
  const names = services.map(serviceName).join(", ");
  const done = doneTo(adopted);
  const rest = notUsed(adopted);
  const others = survey.talks.size - services.reduce((sum, { talks }) => sum + talks, 0);
  return [
    `${output}: ${names} from ${capture}, ${mode}, ${amount(plan.servers.length, "real server")}`,
    `${amount(counts.taken, "packet")} taken, ${amount(balanced, "connection")} balanced${others > 0 ? `; ${amount(others, "conversation")} with others left out` : ""}`,
    ...(done.length > 0 ? [done.join("; ")] : []),
    ...(rest.length > 0 ? [`not used: ${rest.join("; ")}`] : []),
  ];
}

function doneTo({ plan: { standIns, neighbors }, read, services, adoption: { counts } }: Adopted): string[] {
  const [{ server }] = services;
  return [
    ...(read.tunnelled > 0 ? [`${amount(read.tunnelled, "packet")} taken out of tunnels`] : []),
    ...(read.filled > 0
      ? [`${amount(read.filled, "packet")} cut by the snap length filled up with zeros, with new checksums`]
      : []),
    ...(counts.merged > 0 ? [`${amount(counts.merged, "merged packet")} cut into segments`] : []),
    ...(counts.finished > 0
      ? [`${amount(counts.finished, "packet")} with what was left to the network card made: checksums, lengths`]
      : []),
    ...(counts.repaired > 0
      ? [
          `${amount(counts.repaired, "IPv4 header checksum")} put right: most were wrong, so addresses were changed later`,
        ]
      : []),
    ...(counts.outlived > 0
      ? [`${amount(counts.outlived, "packet")} given one more hop to live: that to the director`]
      : []),
    ...(counts.madeUp > 0 ? [`${amount(counts.madeUp, "packet")} of clients made up from their replies`] : []),
    ...(neighbors.length > 0 ? [`${amount(neighbors.length, "client")} on the director's own link`] : []),
    ...(standIns.replaced > 0 || standIns.server !== server.address
      ? ["addresses that no router carries, or that client and server share, replaced by made-up ones"]
      : []),
  ];
}

function notUsed({ read, survey, adoption }: Adopted): string[] {
  const drops = adoption.summary().verdicts.filter(({ dropped }) => dropped);
  return [
    ...[...read.unused].map(([why, count]) => `${count} ${why}`),
    ...(survey.beyond > 0 ? [`${survey.beyond} of conversations beyond the first ${survey.talks.size}`] : []),
    ...(adoption.counts.pastDirector > 0
      ? [`${amount(adoption.counts.pastDirector, "answer")} past the director`]
      : []),
    ...drops.map(({ packets, verdict }) => `${packets} dropped by the director (${verdict})`),
  ];
}
