/** All forwarding methods, in the order in which people are shown them. */
import { dr } from "./direct.ts";
import { fullnat } from "./fullnat.ts";
import type { ForwardingMethod } from "./method.ts";
import { nat } from "./nat.ts";
import { tun } from "./tunnel.ts";

export const METHODS = [nat, dr, tun, fullnat] as const;

/** `Masq`, ...: as listings spell it. */
export type MethodName = (typeof METHODS)[number]["name"];
/** `nat`, ...: as director.yaml, labs and `explain` call it. */
export type MethodWord = (typeof METHODS)[number]["word"];

export const METHOD_WORDS: readonly MethodWord[] = METHODS.map(({ word }) => word);

/** A number that no method has is masquerading, as in listings (ip_vs_ctl.c: ip_vs_fwd_name). */
const BY_NUMBER: ForwardingMethod[] = Array.from({ length: 8 }, () => nat);
for (const method of METHODS) BY_NUMBER[method.number] = method;

/** The method of this number: `Destination.forwarding`, or the low three bits of a connection's flags. */
export const methodOf = (forwarding: number): ForwardingMethod => BY_NUMBER[forwarding] ?? nat;

export const methodCalled = (word: MethodWord): ForwardingMethod =>
  METHODS.find((method) => method.word === word) ?? nat;
