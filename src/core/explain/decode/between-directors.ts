/** What directors tell each other, and their switches, in a few words: advertisements, synchronisation, groups that they join. */
import { PROTOCOL_IGMP } from "../../wire/ipv4.ts";
import { PROTOCOL_VRRP } from "../../wire/vrrp.ts";
import { decode } from "./decode.ts";
import type { FrameFacts } from "./facts.ts";
import type { Field, Layer } from "./layers.ts";
import { ASKS, MEANING } from "./sync-message.ts";

/** A connection as a sync message tells of it. */
export interface ToldConnection {
  readonly protocol: string;
  readonly client: string;
  readonly virtual: string;
  readonly server: string;
  readonly state: string;
  /** `900 s`; empty if the message does not say. */
  readonly timeout: string;
}

export type DirectorTalk =
  | { readonly kind: "vrrp"; readonly id: string; readonly priority: number; readonly addresses: string }
  /** No connection: a backup `asks` for all, or a master has told of all. */
  | { readonly kind: "sync"; readonly asks: boolean; readonly connections: readonly ToldConnection[] }
  | { readonly kind: "group" };

/** What a frame tells a director; `undefined` for all else. */
export function directorTalkIn({ ip }: FrameFacts, bytes: Uint8Array): DirectorTalk | undefined {
  const [header] = ip?.headers ?? [];
  if (header?.protocol === PROTOCOL_IGMP) return { kind: "group" };
  if (header?.protocol !== PROTOCOL_VRRP && ip?.transport?.kind !== "udp") return undefined;
  const layers = decode(bytes);
  const vrrp = layers.find(({ name }) => name === "VRRP");
  if (vrrp !== undefined) {
    const value = valuesOf(vrrp.fields);
    const priority = Number.parseInt(value("priority"), 10);
    return { kind: "vrrp", id: value("virtual router"), priority, addresses: value("addresses") };
  }
  const sync = layers.find(({ name }) => name === "IPVS sync");
  if (sync === undefined) return undefined;
  const asks = valuesOf(sync.fields)(MEANING) === ASKS;
  return { kind: "sync", asks, connections: layers.filter(({ name }) => name === "sync record").map(toldConnection) };
}

function toldConnection({ fields }: Layer): ToldConnection {
  const value = valuesOf(fields);
  return {
    protocol: value("protocol"),
    client: value("client"),
    virtual: value("virtual"),
    server: value("real server"),
    state: value("state"),
    timeout: value("timeout"),
  };
}

const valuesOf =
  (fields: readonly Field[]) =>
  (name: string): string =>
    fields.find((field) => field.name === name)?.value ?? "";

/** A few letters for such a frame. */
export function talkLabel(talk: DirectorTalk): string {
  switch (talk.kind) {
    case "vrrp":
      return "VRRP";
    case "sync":
      return "sync";
    case "group":
      return "IGMP";
  }
}

/** What it tells, in short lines. */
export function talkLines(talk: DirectorTalk): string[] {
  switch (talk.kind) {
    case "vrrp":
      return [`router ${talk.id}, priority ${talk.priority}: ${talk.addresses}`];
    case "sync":
      return talk.connections.length === 0
        ? [talk.asks ? "asks for all connections" : "has told of all connections"]
        : talk.connections.flatMap(({ protocol, client, server, state, timeout }) => [
            `${protocol} ${client} > ${server}`,
            `${state}${timeout === "" ? "" : `, ${timeout}`}`,
          ]);
    case "group":
      return ["joins a group"];
  }
}
