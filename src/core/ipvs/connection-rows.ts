/**
 * What a connection's row is: its number, its flags, and where its fields are. One row a connection, in two blocks of 32-bit words.
 * 16 words that the packet path touches, on one cache line, and 8 words that it seldom does.
 *
 *   hot    0        1         2      3                 4                       5       6       7
 *        | client | virtual | dest | cport 16 vport 16| state 8 proto 8 dport 16| flags | dest# | timeout |
 *         8 and 9                10     11                12           13      14         15
 *        | expires, a float64  | next | lport 16 bucket 16| in packets | laddr | seqdelta | firstdata |
 *                                                                              | told end | told state|   where there is no local address
 *   cold | next local | timer next | timer previous | control | controlled | fwmark | laddr# | told end |
 *                                                                                            | where there is a local address
 */
import type { Flavoured } from "../flavoured.ts";
import { ACCEPT, type Verdict } from "../trace/verdict.ts";

/** The number of a row; below 0 there is none. */
export type Row = Flavoured<"row">;

/** No row, no destination. */
export const NONE = -1;

/**
 * What stands in the place of a packet's row where it has none because of a verdict: NONE if that is ACCEPT, another
 * number below 0 for each drop.
 */
export const refused = (verdict: Verdict): Row => NONE + ACCEPT - verdict;
export const refusalOf = (row: Row): Verdict => NONE + ACCEPT - row;

/** The low three bits of the flags: the forwarding method (IP_VS_CONN_F_FWD_MASK, include/uapi/linux/ip_vs.h). */
export const FORWARDING_MASK = 0x7;
/** Made by what a master told (IP_VS_CONN_F_SYNC). */
export const SYNCHRONIZED = 0x20;
export const HASHED = 0x40;
export const NO_OUTPUT = 0x80;
export const INACTIVE = 0x100;
/** The client's port is not known yet: the first packet that fits fills it in. */
export const NO_CLIENT_PORT = 0x800;
export const TEMPLATE = 0x1000;
export const ONE_PACKET = 0x2000;
/** Connection tracking follows it (IP_VS_CONN_F_NFCT). */
export const TRACKED = 0x10000;
/** It has extras (of ours; the kernel has pointers instead). */
export const EXTRAS = 0x20000;
/** Another connection controls it; of those that none does, nobody looks into the cold block (ours). */
export const UNDER_CONTROL = 0x40000;
/**
 * What a real server's answers show, by forwarding method. From the virtual address to the client; from the server's own
 * address to the client; or from there to the connection's local address. Ours: above all bits of the kernel.
 */
export const ANSWERS_AS_VIRTUAL = 0;
export const ANSWERS_AS_SERVER = 0x1000000;
export const ANSWERS_TO_LOCAL = 0x2000000;
export const ANSWERS_MASK = 0x3000000;
/** Where there is a local address: the state that a master told last. */
export const TOLD_STATE_SHIFT = 26;
export const TOLD_STATE_MASK = 0xf << TOLD_STATE_SHIFT;

/** Words of a row: hot and cold. */
export const HOT = 16;
export const COLD = 8;

export const CLIENT_ADDRESS = 0;
export const VIRTUAL_ADDRESS = 1;
export const DESTINATION_ADDRESS = 2;
/** The client's port above, the virtual port below: as in a client's packet. */
export const PORTS = 3;
/** The state above, the protocol, the real server's port below. */
export const ENDPOINT = 4;
export const FLAGS = 5;
export const DESTINATION = 6;
export const TIMEOUT = 7;
/** In float64s. */
export const EXPIRES = 4;
export const NEXT = 10;
/** The local port above, the timer's bucket below, signed. */
export const TIMER_BUCKET = 11;
export const IN_PACKETS = 12;
export const LOCAL_ADDRESS = 13;
export const SEQUENCE_DELTA = 14;
export const FIRST_DATA = 15;
/** Of connections without a local address, in the places of SEQUENCE_DELTA and FIRST_DATA; FULLNAT's are in flags and cold. */
export const TOLD_END = 14;
export const TOLD_STATE = 15;

/** What stands in PROTOCOL of a row that is not in use; no IP protocol has this number in IPVS. */
export const FREE = 255;

export const NEXT_LOCAL = 0;
export const TIMER_NEXT = 1;
export const TIMER_PREVIOUS = 2;
export const CONTROL = 3;
export const CONTROLLED = 4;
export const FWMARK = 5;
export const LOCAL_INDEX = 6;
export const TOLD_END_OF_LOCAL = 7;

/** Where a row begins in the hot block, and where a word of it stands in its block. */
export const hotOf = (row: Row): number => row << 4;
export const hot = (row: Row, word: number): number => hotOf(row) | word;
export const cold = (row: Row, word: number): number => (row << 3) | word;
/** The protocol in an ENDPOINT word. */
export const protocolIn = (endpoint = 0): number => (endpoint >>> 16) & 0xff;
