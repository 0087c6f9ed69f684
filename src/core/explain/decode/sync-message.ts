/** What a synchronisation message tells, as fields and in words (ipvs/sync/message.ts has its form). */

import { amount } from "../../amount.ts";
import { FORWARDING_MASK, INACTIVE, TEMPLATE } from "../../ipvs/connection-rows.ts";
import { connectionMethodOf } from "../../ipvs/forwarding/methods.ts";
import { protocolName, stateName } from "../../ipvs/protocols/protocols.ts";
import { SYNC_PORT } from "../../ipvs/sync/daemon.ts";
import { localPortOf } from "../../ipvs/sync/local-end.ts";
import {
  ANY_SYNC_ID,
  connectionsAtEnd,
  isEnd,
  isRequest,
  isVersion1,
  MESSAGE_SYNC_ID,
  readMessage,
  SyncRecord,
} from "../../ipvs/sync/message.ts";
import { LOCAL } from "../../ipvs/sync/options.ts";
import { TEMPLATE_STATE_NAMES } from "../../ipvs/templates.ts";
import type { SyncRefusal } from "../../trace/events.ts";
import { type Address, AF_INET, formatEndpoint } from "../../wire/address.ts";
import { REFUSALS } from "../sentences/sync-refusals.ts";
import type { Field, Layer } from "./layers.ts";

/** The field of what is wrong. */
const FAULT = "not to be taken";
/** The field of what a message without a record says to a director of tapvs. */
export const MEANING = "meaning";
export const ASKS = "asks for all connections";
/** More records than that are only counted in a sentence. */
const MOST_TOLD = 4;
const FIRST_REFUSALS: readonly SyncRefusal[] = ["short", "size"];

interface SyncMessage {
  readonly version: number;
  readonly syncId: number;
  /** Of a message without a record; empty if it has none. */
  readonly meaning: string;
  /** Each record as fields. */
  readonly records: readonly (readonly Field[])[];
  /** What is wrong with a record, or with the rest of the message. */
  readonly faults: readonly SyncRefusal[];
}

/** The message in a datagram to `port`; `undefined` if it is none. */
export function syncMessageIn(view: DataView, at: number, end: number, port: number): SyncMessage | undefined {
  if (port !== SYNC_PORT || end < at || end > view.byteLength) return undefined;
  const message = new DataView(view.buffer, view.byteOffset + at, end - at);
  const records: Field[][] = [];
  const faults: SyncRefusal[] = [];
  const fault = readMessage(message, ANY_SYNC_ID, new SyncRecord(), {
    record: (record) => records.push(fieldsOf(record)),
    refused: (why) => faults.push(why),
  });
  if (fault !== undefined && FIRST_REFUSALS.includes(fault)) return undefined;
  if (fault !== undefined) faults.push(fault);
  const syncId = message.getUint8(MESSAGE_SYNC_ID);
  const ends = isEnd(message, syncId) ? `all connections are told: ${connectionsAtEnd(message)}` : "";
  const meaning = isRequest(message, syncId) ? ASKS : ends;
  return { version: isVersion1(message) ? 1 : 0, syncId, meaning, records, faults };
}

function fieldsOf(record: SyncRecord): Field[] {
  const { flags, protocol, state, timeoutSeconds, fwmark, engineName, sequences } = record;
  const isTemplate = (flags & TEMPLATE) !== 0;
  const fields = [
    { name: "protocol", value: protocolName(protocol) },
    { name: "client", value: endOf(record, record.client, record.clientPort) },
    { name: "virtual", value: endOf(record, record.virtual, record.virtualPort) },
    { name: "real server", value: endOf(record, record.destination, record.destinationPort) },
    { name: "state", value: isTemplate ? (TEMPLATE_STATE_NAMES[state] ?? "ERR!") : stateName(protocol, state) },
    { name: "kind", value: isTemplate ? "template" : (flags & INACTIVE) === 0 ? "active" : "inactive" },
    { name: "method", value: connectionMethodOf(flags & FORWARDING_MASK).name },
  ];
  if (record.local >= 0)
    fields.push({ name: "local", value: endOf(record, record.local + LOCAL, localPortOf(record)) });
  if (timeoutSeconds !== 0) fields.push({ name: "timeout", value: `${timeoutSeconds} s` });
  if (fwmark !== 0) fields.push({ name: "mark", value: String(fwmark) });
  if (engineName !== "") fields.push({ name: "persistence engine", value: engineName });
  if (sequences >= 0) fields.push({ name: "sequence numbers", value: "24 bytes" });
  return fields;
}

function endOf({ family, view }: SyncRecord, at: number, port: number): string {
  const word = (index: number): number => view.getUint32(at + index * 4);
  const address: Address =
    family === AF_INET
      ? { family, words: [word(0), 0, 0, 0] }
      : { family, words: [word(0), word(1), word(2), word(3)] };
  return formatEndpoint(address, port);
}

/** The message as layers behind its UDP header. */
export function syncLayers({ version, syncId, meaning, records, faults }: SyncMessage): Layer[] {
  const head = [
    { name: "version", value: String(version) },
    { name: "SyncID", value: String(syncId) },
    { name: "records", value: String(records.length) },
    ...(meaning === "" ? [] : [{ name: MEANING, value: meaning }]),
    ...faults.map((why) => ({ name: FAULT, value: REFUSALS[why] })),
  ];
  return [{ name: "IPVS sync", fields: head }, ...records.map((fields) => ({ name: "sync record" as const, fields }))];
}

/** What the layers of a frame tell of connections, in a sentence or two; empty if it is no such message. */
export function syncSentence(layers: readonly Layer[]): string {
  const head = layers.find(({ name }) => name === "IPVS sync");
  if (head === undefined) return "";
  const meaning = head.fields.find(({ name }) => name === MEANING)?.value;
  if (meaning !== undefined)
    return meaning === ASKS ? " A backup asks for all connections." : ` ${meaning.replace(/^a/, "A")}.`;
  const records = layers.filter(({ name }) => name === "sync record").map(({ fields }) => fields);
  const told = records.slice(0, MOST_TOLD).map(recordWords).join("; ");
  const more = records.length > MOST_TOLD ? `; and ${records.length - MOST_TOLD} more` : "";
  const tells = records.length === 0 ? "no connection" : `${amount(records.length, "connection")}: ${told}${more}`;
  const faults = head.fields.filter(({ name }) => name === FAULT).map(({ value }) => ` Not to be taken: ${value}.`);
  return ` It tells of ${tells}.${faults.join("")}`;
}

function recordWords(fields: readonly Field[]): string {
  const value = (name: string): string | undefined => fields.find((field) => field.name === name)?.value;
  const ends = `${value("client")} > ${value("virtual")} > ${value("real server")}`;
  const timeout = value("timeout");
  const facts = [value("protocol"), value("state"), value("kind"), ...(timeout === undefined ? [] : [timeout])];
  return `${ends} (${facts.join(", ")})`;
}
