/** A frame that waits, as one director tells its successor of it: its bytes, and what stands beside them. */
import type { AddressTable } from "./address-table.ts";
import { Frame } from "./frame.ts";
import { readHeaders } from "./network.ts";

/** All but what the headers say. */
const FACTS = [
  "checksumStart",
  "checksumOffset",
  "segmentSize",
  "segmentType",
  "tunnelled",
  "options",
  "ifindex",
  "packetType",
  "routedLocally",
  "mark",
  "checksumTrusted",
  "largestFragment",
  "fragmentLengths",
  "ignoreDontFragment",
  "copiesDontFragment",
  "tailroom",
] as const satisfies readonly (keyof Frame)[];

type Facts = Pick<Frame, (typeof FACTS)[number]>;

/** It survives a structured clone. */
export interface KeptFrame {
  readonly bytes: Uint8Array;
  readonly facts: Facts;
}

export const keptFrame = (frame: Frame): KeptFrame => ({
  bytes: frame.copyOfContents(),
  facts: Object.fromEntries(FACTS.map((name) => [name, frame[name]])) as unknown as Facts,
});

/** The frame again, its headers read. */
export function frameOf({ bytes, facts }: KeptFrame, addresses: AddressTable): Frame {
  const frame = Frame.of(bytes);
  readHeaders(frame, addresses);
  return Object.assign(frame, facts);
}
