/**
 * What few connections have beside their row: a helper that reads their packets, connection tracking, data of a persistence
 * engine. A row has extras if its EXTRAS flag is set; rows without cost nothing.
 */
import type { AppPort } from "./apps/app.ts";
import type { PersistenceEngine } from "./engines/engine.ts";
import type { SequenceShift } from "./tracking/sequence-shift.ts";
import type { TcpTracking } from "./tracking/tcp-tracking.ts";

/** Of a template that a persistence engine named (ip_vs_conn.pe, pe_data). */
export interface EngineData {
  readonly engine: PersistenceEngine;
  readonly data: Uint8Array;
  /** What the data hashes to: the template's place in the table. */
  readonly hash: number;
}

export class ConnectionExtras {
  /** The helper that reads the connection's packets (ip_vs_conn.app). */
  app: AppPort | undefined = undefined;
  /** What the helper remembers of the connection, in its own numbers (ip_vs_conn.app_data); 0 at first. */
  appState = 0;
  /**
   * The connection as connection tracking follows it, and how far sequence numbers are shifted. Here a director keeps the
   * shifts that its FTP helper causes (nf_conn_seqadj), and not in ip_vs_conn.in_seq and out_seq: no master tells them.
   */
  tracking: TcpTracking | undefined = undefined;
  /** The shifts of an earlier life of the director, until connection tracking sees the connection again. */
  shifts: { readonly inShift: SequenceShift; readonly outShift: SequenceShift } | undefined = undefined;
  /** Whether the packet at hand has been held against the tracked connection, counts as part of it, and began it. */
  isJudged = false;
  isTracked = false;
  beginsTracking = false;
  engineData: EngineData | undefined = undefined;
  /** What a master told of shifted sequence numbers: in_seq and out_seq, three words each (init_seq, delta, previous_delta). */
  sequences: Uint32Array | undefined = undefined;
}
