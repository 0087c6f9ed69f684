/** `tapvs explain --directors 2 --each-other`: a segment that runs in circles, and what cures it. */
import { betweenTwoDirectors, type Stop } from "../../core/simulator/each-other.ts";
import { print, printJson } from "../output.ts";

/** Stops at either end of a long way that are told. */
const TOLD = 3;

export function explainEachOther(asJson: boolean): void {
  const circles = betweenTwoDirectors(false);
  const cured = betweenTwoDirectors(true);
  if (asJson) printJson({ v: 1, circles, cured });
  else print(text(circles, cured));
}

const line = ({ director, ttl, verdict }: Stop): string =>
  `  director ${director}  TTL ${String(ttl).padStart(2)}  ${verdict}`;

function text(circles: readonly Stop[], cured: readonly Stop[]): string {
  return [
    "Two directors with one virtual address have each other as real server, by direct routing. A SYN comes to the first one:",
    "",
    ...circles.slice(0, TOLD).map(line),
    `  ... ${circles.length - 2 * TOLD} times more ...`,
    ...circles.slice(-TOLD).map(line),
    "",
    `Each gives it to the other, until its TTL is used up: ${circles.length} times over the wire, and no reply.`,
    "",
    "The second one is a backup (ipvsadm --start-daemon backup) and has backup_only = 1:",
    "",
    ...cured.map(line),
    "",
    "As long as its backup runs it balances nothing: the segment is for its own sockets. When it becomes master, its backup ends,",
    "and it balances.",
    "",
  ].join("\n");
}
