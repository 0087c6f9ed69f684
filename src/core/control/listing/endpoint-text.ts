/** `address:port` as listings show it (ipvsadm.c: addrport_to_anyname). */
import { type Address, AF_INET, formatAddress } from "../../wire/address.ts";
import type { Names } from "../names.ts";

/** The program builds the text in 60 bytes and cuts what does not fit. */
const LONGEST = 59;

/** By name where `names` knows one; `undefined` for numbers throughout. */
export function endpointText(address: Address, port: number, protocol: number, names: Names | undefined): string {
  const host = names?.hostOf(address) ?? formatAddress(address);
  const service = names?.serviceOf(port, protocol) ?? String(port);
  return `${address.family === AF_INET ? host : `[${host}]`}:${service}`.slice(0, LONGEST);
}
