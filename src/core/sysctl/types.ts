/**
 * What the kernel takes from whoever writes a switch under /proc/sys, by the handler that the switch has.
 * Mirrors kernel/sysctl.c; what each handler takes was recorded of Linux 6.1 with sysctl(8).
 */
import type { Hz } from "../time/kernel-ticks.ts";

/** What the same text may depend on. */
export interface SysctlContext {
  /** Ticks a second. */
  readonly hz: Hz;
  /** The numbers in force, for the one switch that has two and may be given the first alone. */
  readonly current?: readonly number[];
}

/** The numbers that a written text means; `undefined` where the kernel says EINVAL. */
export type SysctlType = (text: string, context: SysctlContext) => readonly number[] | undefined;

const INT_MAX = 2 ** 31 - 1;
const INT_MIN = -(2 ** 31);

/** One number, decimal, hexadecimal or octal, up to a blank or the end; what stands behind the blank is not looked at (proc_get_long). */
const NUMBER = /^[ \t\n]*(-?)(0[xX][0-9a-fA-F]+|\d+)(?=[ \t\n]|$)/;

/** The number that a text begins with, and the text behind it. */
function leadingNumber(text: string): readonly [number: number, rest: string] | undefined {
  const [all = "", sign, digits = ""] = NUMBER.exec(text) ?? [];
  const octal = /^0\d/.test(digits);
  if (digits === "" || (octal && /[89]/.test(digits))) return undefined;
  const value = octal ? Number.parseInt(digits, 8) : Number(digits);
  return [sign === "-" && value !== 0 ? -value : value, text.slice(all.length)];
}

/** A whole number from `least` to `most` (proc_dointvec_minmax, proc_dou8vec_minmax, proc_doulongvec_minmax). */
export const range =
  (least: number, most: number): SysctlType =>
  (text) => {
    const [value] = leadingNumber(text) ?? [];
    return value !== undefined && value >= least && value <= most ? [value] : undefined;
  };

/** Any int: most on-off switches, too, are on with any number but 0 (proc_dointvec). */
export const int: SysctlType = range(INT_MIN, INT_MAX);

/** 0 or more (proc_dointvec_minmax, with zero as its least). */
export const counter: SysctlType = range(0, INT_MAX);

/** differs: an unsigned long (proc_doulongvec_minmax) reaches twice as far, more than a number here can tell apart. */
export const size: SysctlType = range(0, 2 ** 63);

/** Seconds that fit an int as ticks, also below 0: with more ticks a second, fewer of them (proc_dointvec_jiffies). */
export function seconds(text: string, { hz }: SysctlContext): readonly number[] | undefined {
  const [value] = leadingNumber(text) ?? [];
  return value !== undefined && Math.abs(value) <= Math.floor(INT_MAX / hz) ? [value] : undefined;
}

/** 1, 2, 4, 8, ... (net/netfilter/ipvs/ip_vs_ctl.c: proc_do_sync_ports). */
export function powerOfTwo(text: string): readonly number[] | undefined {
  const [value = 0] = leadingNumber(text) ?? [];
  return value > 0 && value <= INT_MAX && (value & (value - 1)) === 0 ? [value] : undefined;
}

/**
 * A number of packets and the period it is counted in: the first below the second, or the second 0. The first alone keeps
 * the second (net/netfilter/ipvs/ip_vs_ctl.c: proc_do_sync_threshold).
 */
export function threshold(text: string, { current = [] }: SysctlContext): readonly number[] | undefined {
  const [first, rest = ""] = leadingNumber(text) ?? [];
  const [second] = rest.trim() === "" ? [current[1] ?? 0] : (leadingNumber(rest) ?? []);
  if (first === undefined || second === undefined || first < 0 || second < 0) return undefined;
  return (first < second || second === 0) && second <= INT_MAX ? [first, second] : undefined;
}

/** Processors, such as 0-3,7 (lib/bitmap.c: bitmap_parselist). There is but one here: what they are is not kept. */
export const processors: SysctlType = (text) => (/^\s*(\d+(-\d+)?(,|\s*$))*$/.test(text) ? [0] : undefined);

/** Anything: the switch means nothing here, and what it takes was not recorded. */
export const anything: SysctlType = () => [0];
