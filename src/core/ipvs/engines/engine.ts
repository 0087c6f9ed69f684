/** What a persistence engine is: it names templates by what a packet says, beside who says it. Mirrors struct ip_vs_pe. */
import type { Frame } from "../../wire/frame.ts";

export interface PersistenceEngine {
  /** As `ipvsadm --pe` names it. */
  readonly name: string;
  /** A copy of what names the template; `undefined` if the packet does not say it: then nobody schedules it (fill_param). */
  dataOf(frame: Frame): Uint8Array | undefined;
  /** The data as listings show it (show_pe_data). */
  show(data: Uint8Array): string;
  /** Whether a real server's datagram of no connection opens one (conn_out). */
  readonly takesServersPackets: boolean;
}

/** 32 bits of a template's data, for its place in the table; mixed as 32-bit FNV-1a. */
export function hashOf(data: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of data) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}
