/** What director.yaml says of a live director only: `user`, `socket`, `state` and `health`. */

import type { PlainValue } from "../../core/host/config/plain-value.ts";
import { milliseconds } from "../../core/host/config/values.ts";
import { METHOD_WORDS, type MethodWord } from "../../core/ipvs/forwarding/methods.ts";
import { type Address, ipv4, parseAddress } from "../../core/wire/address.ts";

export const CHECK_KINDS = ["icmp", "tcp", "http"] as const;
export type CheckKind = (typeof CHECK_KINDS)[number];
export const FAILURE_ACTIONS = ["quiesce", "remove"] as const;
export type FailureAction = (typeof FAILURE_ACTIONS)[number];

/** A virtual service by what names it: a firewall mark, or protocol, address and port. */
export interface ServiceName {
  readonly protocol: "tcp" | "udp" | "fwmark";
  readonly address: Address;
  readonly port: number;
  readonly mark: number;
}

/** A real server that takes a service over when all others are gone. */
export interface SorryServer {
  readonly address: Address;
  readonly port: number;
  readonly method: MethodWord;
}

/** How the real servers of a service are watched. Times are in seconds. */
export interface HealthCheck {
  readonly service: ServiceName;
  readonly kind: CheckKind;
  /** Of the check's connection; the real server's own if absent. */
  readonly port?: number;
  /** HTTP: path, Host header, first and last status that is well, and a text that the body must have. */
  readonly path: string;
  readonly host?: string;
  readonly status: readonly [number, number];
  readonly body?: string;
  readonly interval: number;
  readonly timeout: number;
  /** So many checks in a row must succeed, or fail, before a server is taken for up, or down. */
  readonly rise: number;
  readonly fall: number;
  readonly failure: FailureAction;
  readonly sorry?: SorryServer;
  /** The network namespace that checks are made from; the director's own if absent. */
  readonly netns?: string;
}

export interface LiveConfig {
  /** Name or number of whom the director runs as once its devices are open. */
  readonly user?: string | number;
  readonly socket?: string;
  /** Every so many milliseconds connections are written down; never if absent. */
  readonly connectionsEvery?: number;
  readonly health: readonly HealthCheck[];
}

const CHECK_KEYS = [
  "service",
  "check",
  "port",
  "path",
  "host",
  "status",
  "body",
  "interval",
  "timeout",
  "rise",
  "fall",
  "failure",
  "sorry",
  "sorry-method",
  "via",
] as const;
const LONGEST_INTERVAL = 3600;
const MOST_TRIES = 100;
/** Milliseconds between two snapshots of connections. */
const SHORTEST_STATE = 100;

/** Reads the four keys. Problems are added to the value's list; then the result is incomplete and not to be used. */
export function readLiveConfig(top: PlainValue): LiveConfig {
  const user = optional(top.field("user"), readUser);
  const socket = optional(top.field("socket"), (field) => field.text("the path of a socket"));
  const connectionsEvery = optional(top.field("state"), readState);
  const items = top.field("health").items();
  // Where some are no mappings at all, a mark is out of place: what the others lack is not told on top of that.
  const mappings = items.filter((item) => item.isMapping());
  const checks = mappings.length < items.length ? [] : mappings.map(readCheck).filter((check) => check !== undefined);
  return {
    health: checks,
    ...(user !== undefined && { user }),
    ...(socket !== undefined && { socket }),
    ...(connectionsEvery !== undefined && { connectionsEvery }),
  };
}

const optional = <T>(field: PlainValue, read: (field: PlainValue) => T | undefined): T | undefined =>
  field.present ? read(field) : undefined;

function readUser(field: PlainValue): string | number | undefined {
  return typeof field.value === "number" ? field.integer(0, 0xfffffffe) : field.text("the name or number of a user");
}

/** `{connections: 5s}`. */
function readState(field: PlainValue): number | undefined {
  if (!field.hasFields(["connections"])) return undefined;
  const fits = (time: number): boolean => time >= SHORTEST_STATE && time <= LONGEST_INTERVAL * 1000;
  return optional(field.field("connections"), (every) =>
    milliseconds(every, "a time from 100ms to 3600s, such as 5s", fits),
  );
}

function readCheck(item: PlainValue): HealthCheck | undefined {
  if (!item.hasFields(CHECK_KEYS)) return undefined;
  const service = item
    .field("service")
    .parsed('a service such as "tcp 10.1.0.100:80", "udp 10.1.0.100:53" or "fwmark 7"', parseServiceName);
  const kind = choice(item.field("check"), CHECK_KINDS);
  const whole = (key: string, least: number, most: number, otherwise: number): number =>
    optional(item.field(key), (field) => field.integer(least, most)) ?? otherwise;
  const text = (key: string, what: string): string | undefined =>
    optional(item.field(key), (field) => field.text(what));
  const port = optional(item.field("port"), (field) => field.integer(1, 65535));
  const host = text("host", "the name for the Host header");
  const body = text("body", "a text that the body must have");
  const interval = whole("interval", 1, LONGEST_INTERVAL, 2);
  const timeout = whole("timeout", 1, LONGEST_INTERVAL, Math.min(interval, 2));
  const sorry = readSorry(item);
  const netns = optional(item.field("via"), (field) => field.parsed('"netns" and the name of a namespace', parseVia));
  if (service === undefined || kind === undefined) return undefined;
  return {
    service,
    kind,
    path: optional(item.field("path"), (field) => field.parsed("a path that begins with /", parsePath)) ?? "/",
    status: optional(item.field("status"), readStatus) ?? [200, 399],
    interval,
    timeout,
    rise: whole("rise", 1, MOST_TRIES, 2),
    fall: whole("fall", 1, MOST_TRIES, 3),
    failure: optional(item.field("failure"), (field) => choice(field, FAILURE_ACTIONS)) ?? "quiesce",
    ...(port !== undefined && { port }),
    ...(host !== undefined && { host }),
    ...(body !== undefined && { body }),
    ...(sorry !== undefined && { sorry }),
    ...(netns !== undefined && { netns }),
  };
}

function choice<const Word extends string>(field: PlainValue, words: readonly Word[]): Word | undefined {
  return field.parsed(`one of ${words.join(", ")}`, (text) => words.find((word) => word === text));
}

function readSorry(item: PlainValue): SorryServer | undefined {
  const end = optional(item.field("sorry"), (field) => field.parsed("an address and a port, 10.2.0.9:80", parseEnd));
  const method = optional(item.field("sorry-method"), (field) => choice(field, METHOD_WORDS)) ?? "nat";
  return end && { ...end, method };
}

/** 200, or "200-299". */
function readStatus(field: PlainValue): readonly [number, number] | undefined {
  if (typeof field.value === "number") {
    const only = field.integer(100, 599);
    return only === undefined ? undefined : [only, only];
  }
  return field.parsed('a status such as 200, or a range such as "200-299"', (text) => {
    const [, first, last = first] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text) ?? [];
    return first !== undefined && Number(first) <= Number(last) ? [Number(first), Number(last)] : undefined;
  });
}

const parsePath = (text: string): string | undefined => (/^\/[!-~]*$/.test(text) ? text : undefined);

const parseVia = (text: string): string | undefined => /^netns ([^\s/]+)$/.exec(text)?.[1];

function parseServiceName(text: string): ServiceName | undefined {
  const [, protocol = "", rest = ""] = /^(tcp|udp|fwmark)\s+(\S+)$/.exec(text) ?? [];
  if (protocol === "fwmark") {
    const mark = /^\d{1,10}$/.test(rest) ? Number(rest) : 0;
    return mark > 0 && mark <= 0xffffffff ? { protocol, address: ipv4(0), port: 0, mark } : undefined;
  }
  const end = parseEnd(rest);
  if (end === undefined || (protocol !== "tcp" && protocol !== "udp")) return undefined;
  return { protocol, ...end, mark: 0 };
}

/** `10.1.0.100:80` or `[2001:db8::1]:80`. */
function parseEnd(text: string): { readonly address: Address; readonly port: number } | undefined {
  const [, six, four, digits = ""] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = parseAddress(six ?? four ?? "");
  const port = Number(digits);
  return address === undefined || digits === "" || port > 65535 ? undefined : { address, port };
}
