/** How ip(8) reads its words. */
import type { Prefixed } from "../host/config/config.ts";
import { type Address, AF_INET, ANY, ANY_IPV6, type Family, longestPrefix, parseAddress } from "../wire/address.ts";
import { type Machine, ProgramEnd } from "./program.ts";

const SHOWING = ["show", "list", "lst"];

/** Which of the commands a word is, which may be cut short; `undefined` for none. */
export const commandOf = (word: string, commands: readonly string[]): string | undefined => {
  const found = [...SHOWING, ...commands].find((command) => command.startsWith(word));
  return found !== undefined && SHOWING.includes(found) ? "show" : found;
};

export const unknownCommand = (word: string, object: string): ProgramEnd =>
  new ProgramEnd(255, `Command "${word}" is unknown, try "ip ${object} help".`);

export function prefixOf(text: string, family: Family = AF_INET): Prefixed {
  if (text === "default") return { address: family === AF_INET ? ANY : ANY_IPV6, prefix: 0 };
  const [, name = "", bits] = /^([^/]*)(?:\/(\d+))?$/.exec(text) ?? [];
  const address = parseAddress(name);
  const prefix = address && (bits === undefined ? longestPrefix(address.family) : Number(bits));
  if (address === undefined || prefix === undefined || prefix > longestPrefix(address.family)) {
    throw new ProgramEnd(1, `Error: any valid prefix is expected rather than "${text}".`);
  }
  return { address, prefix };
}

export function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new ProgramEnd(1, `Error: any valid address is expected rather than "${text}".`);
  return address;
}

/** A word that another one announces must be there. */
export function required(word: string | undefined): string {
  if (word === undefined) throw new ProgramEnd(255, 'Command line is not complete. Try option "help"');
  return word;
}

export function deviceOf({ director }: Machine, name: string): string {
  if (director.ifindexOf(name) < 0) throw new ProgramEnd(1, `Cannot find device "${name}"`);
  return name;
}
