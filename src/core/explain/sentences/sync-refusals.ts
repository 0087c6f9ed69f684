/** Why a backup does not take a message, the rest of one, or a single record. */
import type { SyncRefusal } from "../../trace/events.ts";

export const REFUSALS: Readonly<Record<SyncRefusal, string>> = {
  short: "it is shorter than a message's header",
  size: "the size in its header is not the datagram's",
  syncId: "it has another SyncID",
  recordCut: "a record is truncated",
  recordBeyond: "a record's size reaches beyond the message",
  recordVersion: "a record's version is unknown",
  recordType: "a record is of no known family",
  addressesCut: "a record is too short for its addresses",
  optionCut: "an option is truncated",
  optionLength: "an option is empty or reaches beyond its record",
  optionSequences: "sequence numbers are there twice or of a wrong length",
  optionEngine: "a persistence engine's data or name is there twice or too long",
  optionLocal: "a local address is there twice or of a wrong length",
  optionUnknown: "an option is unknown and must not be skipped",
  protocol: "IPVS does not know its protocol",
  state: "its protocol has no such state",
  templateState: "no template has such a state",
  engine: "its persistence engine is not loaded",
  fullnat: "its real server is reached by full NAT, and the message has no local address",
  local: "its local address is not one of the service's, or its real server is not reached by full NAT",
  replaced: "the connection has another real server by now",
  full: "the connection table is full",
};
