/** SCTP as IPVS follows it: states, and what each chunk makes of them. Mirrors net/netfilter/ipvs/ip_vs_proto_sctp.c. */
import { CHUNK_ABORT, CHUNK_COOKIE_ACK, CHUNK_COOKIE_ECHO, SCTP_CHUNK_HEADER, SCTP_HEADER } from "../../wire/sctp.ts";

export const SCTP_INIT1 = 1;
export const SCTP_INIT = 2;
export const SCTP_ESTABLISHED = 8;
export const SCTP_SHUTDOWN_SENT = 9;
export const SCTP_SHUTDOWN_ACK_SENT = 11;
export const SCTP_CLOSED = 13;

export const SCTP_STATE_NAMES: readonly string[] = [
  "NONE",
  "INIT1",
  "INIT",
  "C-SENT",
  "C-REPLIED",
  "C-WAIT",
  "COOKIE",
  "C-ECHOED",
  "ESTABLISHED",
  "S-SENT",
  "S-RECEIVED",
  "S-ACK-SENT",
  "REJECTED",
  "CLOSED",
];

/** The same in the tables below. */
const SHORT_NAMES: readonly string[] = [
  "NO",
  "I1",
  "IN",
  "CS",
  "CR",
  "CW",
  "CO",
  "CE",
  "ES",
  "SS",
  "SR",
  "SA",
  "RJ",
  "CL",
];

export const SCTP_EVENT_NAMES: readonly string[] = [
  "data",
  "init",
  "init-ack",
  "cookie-echo",
  "cookie-ack",
  "shutdown",
  "shutdown-ack",
  "shutdown-complete",
  "error",
  "abort",
];
const DATA = 0;
const EVENTS = SCTP_EVENT_NAMES.length;
/** Event by chunk type; data and whatever else keeps an association alive are one. */
const EVENT_OF_CHUNK: readonly number[] = [DATA, 1, 2, DATA, DATA, DATA, 9, 5, 6, 8, 3, 4, DATA, DATA, 7];

const SECONDS: readonly number[] = [2, 4, 61, 61, 61, 61, 61, 61, 900, 61, 61, 61, 4, 61];

// Rows: the present state, one or several. Columns: the events above. "." leaves the state as it is.
const TABLES: readonly string[] = [
  // input
  `NO        ES I1 CW CR ES SR CL CL CL CL
   I1        .  IN CW IN .  .  IN CL .  CL
   IN        .  .  CW .  .  .  .  CL .  CL
   CS        .  .  .  CR .  .  .  .  .  CL
   CR,CO,SR  .  .  .  .  .  .  .  .  .  CL
   CW        .  .  CO .  .  .  .  .  .  RJ
   CE        .  .  .  .  ES .  .  .  CL CL
   ES        .  .  .  .  .  SR .  .  .  CL
   SS        .  .  .  .  .  .  CL .  .  CL
   SA        .  .  .  .  .  .  CL CL .  CL
   RJ        .  IN .  .  .  .  .  .  .  CL
   CL        .  IN .  .  .  .  .  .  .  .`,
  // output
  `NO        ES CW CS CE ES SS SA CL CL CL
   I1        .  CW CS CE ES SS SA .  CL RJ
   IN        .  CW CS CE ES SS SA .  CL CL
   CS,CR     .  CW .  CE ES SS SA .  CL CL
   CW        .  .  .  CE ES SS .  .  .  CL
   CO        .  CW .  CE ES SS .  .  .  CL
   CE        .  CW .  .  ES SS .  .  .  CL
   ES        .  .  .  .  .  SS .  .  .  CL
   SS        .  CW .  .  .  .  SA .  .  CL
   SR        .  CW .  .  .  .  SA .  .  CL
   SA,RJ     .  CW .  .  .  .  .  .  .  CL
   CL        .  CW .  .  .  .  .  .  .  .`,
  // input-only
  `NO        ES I1 CE ES ES SR CL CL CL CL
   I1        .  IN CE ES .  .  IN CL .  CL
   IN        .  .  CE ES .  .  .  CL .  CL
   CS,CR     .  IN CE ES ES .  .  CL .  CL
   CW        ES IN CE ES .  .  .  .  .  RJ
   CO,CE     .  .  .  .  ES .  .  .  .  CL
   ES        .  .  .  .  .  SR CL .  .  CL
   SS        .  .  .  .  .  .  CL .  .  CL
   SR        .  .  .  .  .  .  .  CL .  CL
   SA        .  .  .  .  .  .  CL CL .  CL
   RJ        .  IN .  .  .  .  .  .  .  CL
   CL        .  IN .  .  .  .  .  .  .  .`,
];

const STATES = SHORT_NAMES.length;

/** Flat: (direction * STATES + state) * EVENTS + event. */
const NEXT = new Uint8Array(TABLES.length * STATES * EVENTS);
for (const [direction, table] of TABLES.entries()) {
  for (const line of table.split("\n")) {
    const [states = "", ...cells] = line.trim().split(/\s+/);
    for (const name of states.split(",")) {
      const state = SHORT_NAMES.indexOf(name);
      for (const [event, cell] of cells.entries()) {
        NEXT[(direction * STATES + state) * EVENTS + event] = cell === "." ? state : SHORT_NAMES.indexOf(cell);
      }
    }
  }
}

/**
 * The event that a packet's first chunk makes, or the abort right behind a cookie; -1 if there is no chunk (set_sctp_state).
 */
export function sctpEvent(view: DataView, at: number, end: number): number {
  const chunk = at + SCTP_HEADER;
  if (end - chunk < SCTP_CHUNK_HEADER) return -1;
  const type = view.getUint8(chunk);
  if (type === CHUNK_COOKIE_ECHO || type === CHUNK_COOKIE_ACK) {
    const length = view.getUint16(chunk + 2);
    const next = chunk + ((length + 3) & ~3);
    const aborts =
      length >= SCTP_CHUNK_HEADER && end - next >= SCTP_CHUNK_HEADER && view.getUint8(next) === CHUNK_ABORT;
    if (aborts) return EVENT_OF_CHUNK[CHUNK_ABORT] ?? DATA;
  }
  return EVENT_OF_CHUNK[type] ?? DATA;
}

/** The state that follows; `direction` is INPUT, OUTPUT or INPUT_ONLY. */
export const nextSctpState = (state: number, event: number, direction: number): number =>
  NEXT[(direction * STATES + state) * EVENTS + event] ?? state;

/** Ticks that a connection stays in a state. */
export const sctpTimeout = (state: number, hz: number): number => (SECONDS[state] ?? 0) * hz;
