/** What `lab check` prints. */
import { amount } from "../core/amount.ts";
import { type CheckResult, shareText } from "./check.ts";
import { endpointText, type Lab } from "./plan.ts";

/** The result as text; faults are not in it, they go elsewhere. */
export function checkReport(lab: Lab, result: CheckResult): string {
  const { requests, asked, lost, scheduler, servers, milliseconds } = result;
  const pace = lost === requests ? "" : `, ${milliseconds.toFixed(1)} ms each`;
  const { address, port } = lab.service;
  const answered = servers.map(({ host, answers, weight, expected }) => {
    const says = expected === undefined ? "" : `   ${scheduler} says ${shareText(expected)}`;
    return `  ${host.padEnd(6)} weight ${String(weight).padStart(2)}  ${String(answers).padStart(5)} answers${says}`;
  });
  return [
    `${amount(requests, "request")} to ${endpointText(address, port)} (${lab.mode}, ${scheduler || "no service"}): ${lost} lost${pace}`,
    ...(requests < asked ? [`  gave up after ${requests} of ${asked}: none was answered`] : []),
    ...answered,
    ...Object.entries(result.errors).map(([error, times]) => `  ${times} lost: ${error}`),
    ...peerLines(lab, result),
    "",
    ...listingLines(lab, result),
  ].join("\n");
}

/** Whose listing it is goes without saying where there is one director. */
const listingLines = ({ director }: Lab, { listings }: CheckResult): string[] =>
  listings.flatMap(({ director: host, listing }) =>
    director.several === undefined ? [listing] : [`${host}:`, listing],
  );

/** Whom the real servers talk to: the one thing by which FULLNAT looks different from inside. */
function peerLines({ mode, service }: Lab, { peers }: CheckResult): string[] {
  if (peers.length === 0) return [];
  const line = `  the real servers see ${peers.join(", ")} as their client`;
  if (mode !== "fullnat" || !peers.every((peer) => service.localAddresses.includes(peer))) return [line];
  return [
    line,
    "  (local addresses of the director. The client's own is in the TCP option TOA of the first segments, which only a",
    "  kernel module on the real server, toa, gives to programs)",
  ];
}

/** Faults, one line each. */
export const faultLines = ({ lost, requests, faults }: CheckResult): string[] => [
  ...(lost === 0 ? [] : [`${lost} of ${amount(requests, "request")} ${lost === 1 ? "was" : "were"} lost`]),
  ...faults.map(({ host, message }) => `${host}: ${message}`),
];
