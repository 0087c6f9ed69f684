/** All forwarding methods, in the order in which people are shown them. */
import { dr } from "./direct.ts";
import { fullnat } from "./fullnat.ts";
import type { ForwardingMethod } from "./method.ts";
import { nat } from "./nat.ts";
import { tun } from "./tunnel.ts";
import { bypass, localNode } from "./without-server.ts";

export const METHODS = [nat, dr, tun, fullnat] as const;

/** `Masq`, ...: as listings spell it. */
export type MethodName = (typeof METHODS)[number]["name"];
/** `nat`, ...: as director.yaml, labs and `explain` call it. */
export type MethodWord = (typeof METHODS)[number]["word"];

export const METHOD_WORDS: readonly MethodWord[] = METHODS.map(({ word }) => word);

/** A number that no method has is masquerading, as in listings (ip_vs_ctl.c: ip_vs_fwd_name). */
const BY_NUMBER: ForwardingMethod[] = Array.from({ length: 8 }, () => nat);
for (const method of METHODS) BY_NUMBER[method.number] = method;

/** The method of this number: `Destination.forwarding`. */
export const methodOf = (forwarding: number): ForwardingMethod => BY_NUMBER[forwarding] ?? nat;

/** A connection may have others; a number that means nothing leaves its packets to the host (ip_vs_conn.c: ip_vs_bind_xmit). */
const OF_CONNECTIONS: ForwardingMethod[] = Array.from({ length: 8 }, () => localNode);
for (const method of [...METHODS, bypass]) OF_CONNECTIONS[method.number] = method;

/** The method of a connection: the low three bits of its flags. */
export const connectionMethodOf = (forwarding: number): ForwardingMethod => OF_CONNECTIONS[forwarding] ?? localNode;

export const methodCalled = (word: MethodWord): ForwardingMethod =>
  METHODS.find((method) => method.word === word) ?? nat;
