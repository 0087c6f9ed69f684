/** MAC addresses for hosts of which only the address is known. */
import { type Address, AF_INET } from "../wire/address.ts";

/** A MAC address for a neighbor that nobody knows: 02:fe and its IPv4 address, or the last 32 bits of its IPv6 address. */
export const madeUpMac = ({ family, words }: Address): number =>
  0x02fe_0000_0000 + (family === AF_INET ? words[0] : words[3]);
