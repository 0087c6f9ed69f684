/** TCP as IPVS follows it: states, and what each event makes of them. Mirrors net/netfilter/ipvs/ip_vs_proto_tcp.c. */

/** Numbers as the kernel's; TCP_STATE_NAMES has them all. */
export const TCP_ESTABLISHED = 1;
export const TCP_SYN_SENT = 2;
export const TCP_SYN_RECV = 3;
export const TCP_FIN_WAIT = 4;
export const TCP_TIME_WAIT = 5;
export const TCP_CLOSE = 6;
export const TCP_CLOSE_WAIT = 7;
export const TCP_LISTEN = 9;
export const TCP_SYNACK = 10;
export const TCP_STATES = 11;

export const TCP_STATE_NAMES: readonly string[] = [
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
];

/** The first of these that the flags show decides: RST, SYN, FIN, ACK. */
export const EVENT_NAMES: readonly string[] = ["syn", "fin", "ack", "rst"];
const SYN = 0;
const FIN = 1;
const ACK = 2;
const RST = 3;
export const NO_EVENT = -1;

/** The event in a segment's flags byte; NO_EVENT if it has none of the four (ip_vs_proto_tcp.c: tcp_state_idx). */
export function tcpEvent(flags: number): number {
  if ((flags & 0x04) !== 0) return RST;
  if ((flags & 0x02) !== 0) return SYN;
  if ((flags & 0x01) !== 0) return FIN;
  return (flags & 0x10) !== 0 ? ACK : NO_EVENT;
}

// Columns: the present state, in the order of the numbers above. Rows: syn, fin, ack, rst.
//   NONE ES SS SR FW TW CL CW LA LI SA
const NORMAL = `
  input       SR ES ES SR SR SR SR SR SR SR SR
              CL CW SS TW TW TW CL CW LA LI TW
              ES ES SS ES FW TW CL CW CL LI ES
              CL CL CL SR CL CL CL CL LA LI SR
  output      SS ES SS SR SS SS SS SS SS LI SR
              TW FW SS TW FW TW CL TW LA LI TW
              ES ES SS ES FW TW CL CW LA ES ES
              CL CL SS CL CL TW CL CL CL CL CL
  input-only  SR ES ES SR SR SR SR SR SR SR SR
              CL FW SS TW FW TW CL CW LA LI TW
              ES ES SS ES FW TW CL CW CL LI ES
              CL CL CL SR CL CL CL CL LA LI CL`;

const SECURE = `
  input       SR ES ES SR SR SR SR SR SR SR SA
              CL CW SS TW TW TW CL CW LA LI SA
              ES ES SS SR FW TW CL CW CL LI SA
              CL CL CL SR CL CL CL CL LA LI CL
  output      SS ES SS SA SS SS SS SS SS LI SA
              TW FW SS TW FW TW CL TW LA LI TW
              ES ES SS ES FW TW CL CW LA ES ES
              CL CL SS CL CL TW CL CL CL CL CL
  input-only  SA ES ES SR SA SA SA SA SA SA SA
              CL FW SS TW FW TW CL CW LA LI TW
              ES ES SS ES FW TW CL CW CL LI ES
              CL CL CL SR CL CL CL CL LA LI CL`;

const SHORT_NAMES: readonly string[] = ["NO", "ES", "SS", "SR", "FW", "TW", "CL", "CW", "LA", "LI", "SA"];

/** Flat: (direction * 4 + event) * TCP_STATES + state. */
function transitions(text: string): Uint8Array {
  const cells = text.split(/\s+/).filter((word) => /^[A-Z]{2}$/.test(word));
  return Uint8Array.from(cells, (name) => SHORT_NAMES.indexOf(name));
}

const NORMAL_TABLE = transitions(NORMAL);
const SECURE_TABLE = transitions(SECURE);

/**
 * The state that follows. `secure` is net.ipv4.vs.secure_tcp in force.
 * @ipvs #Y tcp "State table for both directions, one-sided for DR and TUN; no flag at all closes the entry"
 * @ipvs #Y tcp "secure_tcp=3 switches all connections to the strict table"
 */
export function nextTcpState(state: number, event: number, direction: number, secure: boolean): number {
  if (event === NO_EVENT) return TCP_CLOSE;
  return (secure ? SECURE_TABLE : NORMAL_TABLE)[(direction * 4 + event) * TCP_STATES + state] ?? TCP_CLOSE;
}

/** Whether a connection in this state counts as active (tcp_state_active_table). */
export const isActiveTcpState = (state: number): boolean =>
  state === TCP_ESTABLISHED || state === TCP_SYN_SENT || state === TCP_SYN_RECV || state === TCP_SYNACK;
