/**
 * A case as a text for people; docs/cases.md has all of it. Each line is one statement: first the director, then what happens to it.
 *
 *   director eth0 10.1.0.254/24 10.1.0.100/32, eth1 10.2.0.1/24     mac M and mtu N behind an interface, if wanted
 *   route 10.9.0.0/16 via 10.1.0.20          neighbor 10.2.0.9 silent          mark tcp 10.1.0.100 80 7
 *   sysctl net.ipv4.vs.conn_reuse_mode=0     module ip_vs_ftp ports=21         kernel 6.12.117 hz 250
 *
 *   -A -t 10.1.0.100:80 -s rr                         ipvsadm lines as they are; `| text` below are what it prints
 *   tcp 10.1.0.1:40000 > 10.1.0.100:80 S => picks 10.2.0.3
 *     expect sent eth1 to 10.2.0.3:80
 *   wait 15 min
 *   4 times every 100 ms: udp 10.1.0.{1,2}:5000 > 10.1.0.100:53
 *
 * It becomes the lines of values that a transcript has, and is read by the same reader.
 */
import { wrongCommands } from "./case-commands.ts";
import { CaseEvents } from "./case-events.ts";
import { CaseHead } from "./case-head.ts";
import { withNeighbors } from "./case-neighbors.ts";
import { StatementError, statementsOf } from "./statement.ts";
import { type ParsedTranscript, readTranscript, type TranscriptError } from "./transcript.ts";

/** Parses all of a case, or lists everything that is wrong with it. */
export function parseCase(text: string): ParsedTranscript {
  const errors: TranscriptError[] = [];
  const head = new CaseHead();
  const events = new CaseEvents();
  for (const statement of statementsOf(text)) {
    try {
      if (!head.takes(statement, events.begun)) events.take(statement);
    } catch (error) {
      if (!(error instanceof StatementError)) throw error;
      errors.push({ line: statement.line, message: error.message });
    }
  }
  if (!head.begun && !head.faulty)
    errors.push({ line: 1, message: "expected a director first, such as director eth0 10.1.0.254/24 10.1.0.100/32" });
  const lines = events.end();
  errors.push(...wrongCommands(lines));
  const { first, lineOf } = head.end();
  const whole = head.faulty || !head.begun ? undefined : first;
  const telling = { headLine: lineOf, describe: ({ message }: { readonly message: string }) => message };
  const parsed = readTranscript(whole, lines, errors, telling);
  return parsed.kind === "errors" ? parsed : { ...parsed, transcript: withNeighbors(parsed.transcript, head.silent) };
}

/** A transcript or a case, told apart by how they begin: a transcript by a brace. */
export const isCaseText = (text: string): boolean => !/^\uFEFF?\s*[[{"]/.test(text);
