/**
 * The kernel's TCP states once more, written down from a reading of ip_vs_proto_tcp.c and not from the emulator: rows are
 * the state before, columns the events SYN, FIN, ACK and RST. `A/B` is A normally and B with secure_tcp=3.
 */
export const STATES = [
  "NONE",
  "ESTABLISHED",
  "SYN_SENT",
  "SYN_RECV",
  "FIN_WAIT",
  "TIME_WAIT",
  "CLOSE",
  "CLOSE_WAIT",
  "LAST_ACK",
  "LISTEN",
  "SYNACK",
] as const;
export type State = (typeof STATES)[number];
/** In the order of precedence: the first that a segment's flags show decides. */
export const EVENTS = ["rst", "syn", "fin", "ack", "no flag"] as const;
export type Event = (typeof EVENTS)[number];
export const DIRECTIONS = ["input", "output", "input-only"] as const;
export type Direction = (typeof DIRECTIONS)[number];
export type Mode = "normal" | "secure";

const COLUMNS: readonly Event[] = ["syn", "fin", "ack", "rst"];

const TABLES: Readonly<Record<Direction, string>> = {
  input: `
    NONE         SYN_RECV          CLOSE              ESTABLISHED           CLOSE
    ESTABLISHED  ESTABLISHED       CLOSE_WAIT         ESTABLISHED           CLOSE
    SYN_SENT     ESTABLISHED       SYN_SENT           SYN_SENT              CLOSE
    SYN_RECV     SYN_RECV          TIME_WAIT          ESTABLISHED/SYN_RECV  SYN_RECV
    FIN_WAIT     SYN_RECV          TIME_WAIT          FIN_WAIT              CLOSE
    TIME_WAIT    SYN_RECV          TIME_WAIT          TIME_WAIT             CLOSE
    CLOSE        SYN_RECV          CLOSE              CLOSE                 CLOSE
    CLOSE_WAIT   SYN_RECV          CLOSE_WAIT         CLOSE_WAIT            CLOSE
    LAST_ACK     SYN_RECV          LAST_ACK           CLOSE                 LAST_ACK
    LISTEN       SYN_RECV          LISTEN             LISTEN                LISTEN
    SYNACK       SYN_RECV/SYNACK   TIME_WAIT/SYNACK   ESTABLISHED/SYNACK    SYN_RECV/CLOSE`,
  output: `
    NONE         SYN_SENT          TIME_WAIT          ESTABLISHED           CLOSE
    ESTABLISHED  ESTABLISHED       FIN_WAIT           ESTABLISHED           CLOSE
    SYN_SENT     SYN_SENT          SYN_SENT           SYN_SENT              SYN_SENT
    SYN_RECV     SYN_RECV/SYNACK   TIME_WAIT          ESTABLISHED           CLOSE
    FIN_WAIT     SYN_SENT          FIN_WAIT           FIN_WAIT              CLOSE
    TIME_WAIT    SYN_SENT          TIME_WAIT          TIME_WAIT             TIME_WAIT
    CLOSE        SYN_SENT          CLOSE              CLOSE                 CLOSE
    CLOSE_WAIT   SYN_SENT          TIME_WAIT          CLOSE_WAIT            CLOSE
    LAST_ACK     SYN_SENT          LAST_ACK           LAST_ACK              CLOSE
    LISTEN       LISTEN            LISTEN             ESTABLISHED           CLOSE
    SYNACK       SYN_RECV/SYNACK   TIME_WAIT          ESTABLISHED           CLOSE`,
  "input-only": `
    NONE         SYN_RECV/SYNACK   CLOSE              ESTABLISHED           CLOSE
    ESTABLISHED  ESTABLISHED       FIN_WAIT           ESTABLISHED           CLOSE
    SYN_SENT     ESTABLISHED       SYN_SENT           SYN_SENT              CLOSE
    SYN_RECV     SYN_RECV          TIME_WAIT          ESTABLISHED           SYN_RECV
    FIN_WAIT     SYN_RECV/SYNACK   FIN_WAIT           FIN_WAIT              CLOSE
    TIME_WAIT    SYN_RECV/SYNACK   TIME_WAIT          TIME_WAIT             CLOSE
    CLOSE        SYN_RECV/SYNACK   CLOSE              CLOSE                 CLOSE
    CLOSE_WAIT   SYN_RECV/SYNACK   CLOSE_WAIT         CLOSE_WAIT            CLOSE
    LAST_ACK     SYN_RECV/SYNACK   LAST_ACK           CLOSE                 LAST_ACK
    LISTEN       SYN_RECV/SYNACK   LISTEN             LISTEN                LISTEN
    SYNACK       SYN_RECV/SYNACK   TIME_WAIT          ESTABLISHED           CLOSE`,
};

const isState = (word: string): word is State => STATES.some((state) => state === word);

function tableOf(direction: Direction): ReadonlyMap<string, State> {
  const cells = new Map<string, State>();
  for (const line of TABLES[direction].trim().split("\n")) {
    const [before = "", ...after] = line.trim().split(/ +/);
    for (const [column, cell] of after.entries()) {
      const [normal = "", secure = normal] = cell.split("/");
      if (!isState(normal) || !isState(secure)) throw new Error(`no states: ${cell}`);
      cells.set(`normal ${before} ${COLUMNS[column]}`, normal);
      cells.set(`secure ${before} ${COLUMNS[column]}`, secure);
    }
  }
  return cells;
}

const CELLS = { input: tableOf("input"), output: tableOf("output"), "input-only": tableOf("input-only") };

/** The state that follows; a segment without any of the four flags closes the entry. */
export function next(mode: Mode, direction: Direction, before: State, event: Event): State {
  if (event === "no flag") return "CLOSE";
  const after = CELLS[direction].get(`${mode} ${before} ${event}`);
  if (after === undefined) throw new Error(`the table has no ${mode} ${direction} ${before} ${event}`);
  return after;
}

/** Seconds that an entry stays in a state. */
export const SECONDS: Readonly<Record<State, number>> = {
  NONE: 2,
  ESTABLISHED: 900,
  SYN_SENT: 120,
  SYN_RECV: 60,
  FIN_WAIT: 120,
  TIME_WAIT: 120,
  CLOSE: 10,
  CLOSE_WAIT: 60,
  LAST_ACK: 30,
  LISTEN: 120,
  SYNACK: 120,
};

/** The states that count as active connections. */
export const ACTIVE: readonly State[] = ["ESTABLISHED", "SYN_SENT", "SYN_RECV", "SYNACK"];
