/** Addresses in attributes: 16 bytes in network order, an IPv4 address in the first four. */
import { type Address, AF_INET, AF_INET6, type Family } from "../wire/address.ts";
import type { Attributes } from "./attributes.ts";

export const ADDRESS_BYTES = 16;

export const isFamily = (family: number | undefined): family is Family => family === AF_INET || family === AF_INET6;

/** The address of an attribute; fewer bytes are filled up with 0. The unspecified one if it is missing. */
export function readAddress(attributes: Attributes, type: number, family: Family): Address {
  const bytes = attributes.padded(type, ADDRESS_BYTES);
  const word = (index: number): number => bytes?.getUint32(4 * index) ?? 0;
  const words: Address["words"] = family === AF_INET ? [word(0), 0, 0, 0] : [word(0), word(1), word(2), word(3)];
  return { family, words };
}

export function addressBytes({ words }: Address): Uint8Array {
  const view = new DataView(new ArrayBuffer(ADDRESS_BYTES));
  for (const [index, word] of words.entries()) view.setUint32(4 * index, word);
  return new Uint8Array(view.buffer);
}
