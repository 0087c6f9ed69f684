/**
 * Texts of a recording beside our own: equal to the byte but for blanks at the end, and for what a listing of
 * connections may differ in, the order of its lines and 2 s of what a connection has left.
 */

/** How far apart the seconds that a connection has left may be. */
const CLOCK_TOLERANCE = 2;

interface Row {
  readonly line: string;
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

/** `TCP 14:59  ESTABLISHED ...` of `-Lc`. */
function listedRow(line: string): Row | undefined {
  const match = /^(\S+)\s+(\d+):(\d+)\s+(.*)$/.exec(line);
  if (match === null) return undefined;
  const rest = (match[4] ?? "").split(/\s+/).filter(Boolean).join(" ");
  return { line, text: `${match[1]} ${rest}`, seconds: Number(match[2]) * 60 + Number(match[3]) };
}

/** `TCP AC100509 ... ESTABLISHED     896` of /proc/net/ip_vs_conn: seconds at last, or before what a persistence engine says. */
function fileRow(line: string): Row | undefined {
  const match = /^(\S+ +[0-9A-Fa-f:]+ [0-9A-F]{4} .*?) +(\d+)( \w+ \S*)?\s*$/.exec(line);
  return match === null ? undefined : { line, text: `${match[1]}${match[3] ?? ""}`, seconds: Number(match[2]) };
}

const byText = (a: Row, b: Row): number => (a.text < b.text ? -1 : a.text > b.text ? 1 : a.seconds - b.seconds);

function split(listing: string): { readonly others: readonly string[]; readonly rows: readonly Row[] } {
  const others: string[] = [];
  const rows: Row[] = [];
  for (const line of listing.trimEnd().split("\n")) {
    const row = listedRow(line) ?? fileRow(line);
    if (row === undefined) others.push(line.trimEnd());
    else rows.push(row);
  }
  return { others, rows: rows.sort(byText) };
}

const isNear = (a: Row, b: Row): boolean => a.text === b.text && Math.abs(a.seconds - b.seconds) <= CLOCK_TOLERANCE;

/** Two texts without that in which they may differ: where they are equal now, the originals count as the same. */
export interface Pair {
  readonly expected: string;
  readonly got: string;
}

/** Texts that may differ in blanks and empty lines at their end only. */
export const plainTexts = (expected: string, got: string): Pair => ({
  expected: expected.trimEnd(),
  got: got.trimEnd(),
});

/** Listings of connections: in one order, and with the recorded line where ours is near enough to it. */
export function connectionListings(expected: string, got: string): Pair {
  const recorded = split(expected);
  const own = split(got);
  const free = [...recorded.rows];
  const lines = own.rows.map((row) => {
    const at = free.findIndex((candidate) => isNear(candidate, row));
    return at < 0 ? row.line : (free.splice(at, 1)[0]?.line ?? "");
  });
  return {
    expected: [...recorded.others, ...recorded.rows.map(({ line }) => line).sort()].join("\n"),
    got: [...own.others, ...lines.sort()].join("\n"),
  };
}

/** From the titles of the rates on: they depend on when the estimator, which runs every 2 s, ran last. */
const RATES = /^.*Conns\/s[\s\S]*$/m;
/** Services stand in the order of a hash that the address of the network namespace goes into; each begins a line. */
const BEFORE_SERVICE = /^(?=\S)/m;
/** Of /proc/net/ip_vs: the version and a line of titles begin lines, too. */
const TITLES = 2;

/** Files of /proc/net: what their listings may differ in, and what depends on the moment and the machine of the recording. */
export function procFiles(name: string, expected: string, got: string): Pair {
  if (name === "ip_vs_conn" || name === "ip_vs_conn_sync") return connectionListings(expected, got);
  const plain = name === "ip_vs" ? inOrder : (text: string) => text.replace(RATES, "");
  return plainTexts(plain(expected), plain(got));
}

function inOrder(table: string): string {
  const parts = table.split(BEFORE_SERVICE);
  return [...parts.slice(0, TITLES), ...parts.slice(TITLES).sort()].join("");
}
