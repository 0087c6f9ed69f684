/** What `lab session` prints. */
import type { SessionKind } from "./plan.ts";
import type { SessionAnswer, SessionResult } from "./session-binding.ts";

const SESSION_ABOUT: Readonly<Record<SessionKind, string>> = {
  none: "Round robin, and each real server keeps its sessions for itself.",
  sh: "Bound by source address: the scheduler sh. Each real server keeps its sessions for itself.",
  persistent: "Bound by source address: persistence (-p 60). Each real server keeps its sessions for itself.",
  replicated: "Round robin; every real server tells the others of every session.",
  store: "Round robin; all real servers keep their sessions in one session server.",
};

/** How often a session was found again, of how many requests that had one. */
export interface Kept {
  readonly kept: number;
  readonly of: number;
}

export function keptOf(answers: readonly SessionAnswer[]): Kept {
  const counted = answers.filter(({ session }) => session !== "new");
  return { kept: counted.filter(({ session }) => session === "kept").length, of: counted.length };
}

/** A line for each client, then the sum. Ends with a newline. */
export function sessionReport({ kind, failed, clients }: SessionResult): string {
  const before = keptOf(clients.flatMap((client) => client.before));
  const after = keptOf(clients.flatMap((client) => client.after));
  const rows = clients.map(({ address, before: first, after: then }) =>
    `${address}  ${first.map(answerText).join(" ")}  |  ${then.map(answerText).join(" ")}`.trimEnd(),
  );
  return `${[
    SESSION_ABOUT[kind],
    `Each client logs in (*) and comes back; then (|) ${failed} fails. "!" is a session that the server does not know.`,
    "",
    ...rows,
    "",
    `kept ${sumText(before)} while all servers ran, ${sumText(after)} after ${failed} had failed`,
  ].join("\n")}\n`;
}

const sumText = ({ kept, of }: Kept): string => `${kept} of ${of}`;
const MARKS: Readonly<Record<SessionAnswer["session"], string>> = { new: "*", kept: " ", lost: "!" };
const answerText = ({ server, session }: SessionAnswer): string => `${server}${MARKS[session]}`;
