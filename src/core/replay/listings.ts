/**
 * Texts of a recording beside our own: equal to the byte but for blanks at the end, and for what a listing of
 * connections may differ in, the order of its lines and 2 s of what a connection has left.
 */

/** How far apart the seconds that a connection has left may be. */
const CLOCK_TOLERANCE = 2;

interface Row {
  /** The line with its blanks evened out and without its seconds. */
  readonly text: string;
  readonly seconds: number;
}

/** Whether a command line asks for the connection table: `-Lnc`, `-L -n -c`, `--list --connection`. */
export function listsConnections(args: string): boolean {
  const words = args.split(/\s+/).filter(Boolean);
  const lists = words.some((word) => /^-[A-Za-z]*[Ll]/.test(word) || word === "--list");
  return lists && words.some((word) => /^-[A-Za-z]*c/.test(word) || word === "--connection");
}

/** Whether a file of /proc/net lists connections. */
export const isConnectionFile = (name: string): boolean => name === "ip_vs_conn" || name === "ip_vs_conn_sync";

/** `TCP 14:59  ESTABLISHED ...` of `-Lc`. */
function listedRow(line: string): Row | undefined {
  const match = /^(\S+)\s+(\d+):(\d+)\s+(.*)$/.exec(line);
  if (match === null) return undefined;
  const rest = (match[4] ?? "").split(/\s+/).filter(Boolean).join(" ");
  return { text: `${match[1]} ${rest}`, seconds: Number(match[2]) * 60 + Number(match[3]) };
}

/** `TCP AC100509 ... ESTABLISHED     896` of /proc/net/ip_vs_conn: seconds in the last column. */
function fileRow(line: string): Row | undefined {
  const match = /^(\S+ +[0-9A-Fa-f:]+ [0-9A-F]{4} .*?) +(\d+)\s*$/.exec(line);
  return match === null ? undefined : { text: match[1] ?? "", seconds: Number(match[2]) };
}

const byText = (a: Row, b: Row): number => (a.text < b.text ? -1 : a.text > b.text ? 1 : a.seconds - b.seconds);

function split(text: string): { readonly others: string; readonly rows: readonly Row[] } {
  const others: string[] = [];
  const rows: Row[] = [];
  for (const line of text.trimEnd().split("\n")) {
    const row = listedRow(line) ?? fileRow(line);
    if (row === undefined) others.push(line.trimEnd());
    else rows.push(row);
  }
  return { others: others.join("\n"), rows: rows.sort(byText) };
}

/** Whether two listings of connections are the same but for what may differ. */
export function sameConnections(expected: string, got: string): boolean {
  const a = split(expected);
  const b = split(got);
  return a.others === b.others && a.rows.length === b.rows.length && a.rows.every((row, index) => isNear(row, b.rows[index]));
}

const isNear = (a: Row, b: Row | undefined): boolean =>
  b !== undefined && a.text === b.text && Math.abs(a.seconds - b.seconds) <= CLOCK_TOLERANCE;

/** Whether two texts are the same but for blanks and empty lines at the end. */
export const sameText = (expected: string, got: string): boolean => expected.trimEnd() === got.trimEnd();

/** A listing of connections with its lines in an order of their own, so that two can be laid side by side. */
export const sortedListing = (text: string): string => text.trimEnd().split("\n").map((line, index) => ({ line, row: listedRow(line) ?? fileRow(line), index }))
  .sort((a, b) => (a.row === undefined || b.row === undefined ? (a.row === undefined ? -1 : 0) - (b.row === undefined ? -1 : 0) || a.index - b.index : byText(a.row, b.row)))
  .map(({ line }) => line).join("\n");
