/**
 * IPv4 options (RFC 791, section 3.1): a type, and but for two of them a length. Some have a pointer, counted from 1 for
 * the type, to what is to be filled in next.
 *
 *   record route, 7:   | 7  | length | pointer | address ...
 *   timestamp, 68:     | 68 | length | pointer | overflow, flags | address?, time ...
 *   source route:      | 131, 137 | length | pointer | address ...
 *   CIPSO, 134:        | 134| length | domain of interpretation (32 bits) | tags ...
 */
export const END = 0;
export const NO_OPERATION = 1;
export const RECORD_ROUTE = 7;
export const TIMESTAMP = 68;
export const LOOSE_SOURCE_ROUTE = 131;
export const CIPSO = 134;
export const STRICT_SOURCE_ROUTE = 137;
export const ROUTER_ALERT = 148;
/** Set in the type of an option that every fragment carries. */
export const COPIED = 0x80;

/** Offsets in an option. */
export const LENGTH = 1;
export const POINTER = 2;
export const TIMESTAMP_FLAGS = 3;

/** What a timestamp option's entries are: times, times with the address of who wrote them, times of prescribed addresses. */
export const TIMES = 0;
export const TIMES_AND_ADDRESSES = 1;
export const PRESCRIBED = 3;

/** Where a packet's options are, and what they still want of whoever sends it on (struct ip_options). */
export interface Ipv4Options {
  /** Offsets from the IPv4 header; 0 if there is none of the kind. */
  recordRoute: number;
  timestamp: number;
  sourceRoute: number;
  cipso: number;
  /** A slot was taken for the address of who sends the packet on. */
  wantsRoute: boolean;
  wantsAddress: boolean;
  /** A slot was taken for a time. */
  wantsTime: boolean;
}

/** Of a packet that has none. */
export const noOptions = (): Ipv4Options => ({
  recordRoute: 0,
  timestamp: 0,
  sourceRoute: 0,
  cipso: 0,
  wantsRoute: false,
  wantsAddress: false,
  wantsTime: false,
});
