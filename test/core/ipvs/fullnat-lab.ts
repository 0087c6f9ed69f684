/** A FULLNAT service at VIP:80 whose real server listens on another port, and the numbers that only the director knows. */
import { expect } from "chai";
import { Conversation, type ConversationOptions } from "../../support/conversation.ts";
import { type Lab, type LabOptions, LOCAL, lab, SERVER, VIP } from "../../support/lab.ts";
import type { Seen } from "../../support/seen.ts";

export const SERVICE = `-t ${VIP}:80`;
export const SERVER_PORT = 8080;
/** Of the range that local ports come from, unless a test narrows it. */
export const FIRST_PORT = 5000;

export type Toa = "off" | "dpvs" | "alibaba";

interface FullnatOptions extends Omit<LabOptions, "rules"> {
  readonly toa?: Toa;
  readonly pool?: readonly string[];
  readonly servers?: readonly string[];
  readonly at?: string;
}

export function fullnat(options: FullnatOptions = {}): Lab {
  const { toa = "off", pool = [LOCAL], servers = [`${SERVER}:${SERVER_PORT}`], at = SERVICE } = options;
  return lab(
    [
      `-A ${at} -s rr --toa ${toa}`,
      ...servers.map((server) => `-a ${at} -r ${server} -b`),
      ...pool.map((address) => `-P ${at} -z ${address}`),
    ],
    options,
  );
}

/** A client that has opened its connection. */
export const opened = (made: Lab, options: ConversationOptions = {}): Conversation =>
  new Conversation(made, options).open();

/** What the director adds to the client's sequence numbers, told from the one connection of a lab. */
export function delta(made: Lab): number {
  expect(made.rows.count, "connections").to.equal(1);
  return made.rows.sequenceDelta(0);
}

/** TCP options: TOA is kind 254, length 8, port 40000, 198.51.100.1. */
export const TOA = [254, 8, 0x9c, 0x40, 198, 51, 100, 1];
export const MSS = [2, 4, 0x05, 0xb4];
export const REDUCED_MSS = [2, 4, 0x05, 0xac];
export const TIMESTAMP = [8, 10, 0, 0, 0, 1, 0, 0, 0, 2];
export const NOPS = new Array<number>(10).fill(1);
export const SACK_PERMITTED = [4, 2];

export const padded = (...options: readonly (readonly number[])[]): number[] => {
  const flat = options.flat();
  return [...flat, ...new Array<number>(-flat.length & 3).fill(1)];
};

export const hasToa = (seen: Seen | undefined): boolean => seen?.tcpOptions[0] === 254;
