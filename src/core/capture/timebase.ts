/** What the ticks of a pcapng interface mean: if_tsresol and if_tsoffset (draft-ietf-opsawg-pcapng, section 4.2). */
import type { Instant } from "./packet.ts";

/** Turns a timestamp's two 32-bit halves into the moment `of` something; what is finer than a nanosecond is rounded down. Exact up to the year 2255. */
export type Timebase = (high: number, low: number, of: SettableInstant) => void;

type SettableInstant = { -readonly [Field in keyof Instant]: Instant[Field] };

/** Values of one half of a timestamp. */
export const WORD = 4_294_967_296;
/** One step of the high half, in nanoseconds, as whole microseconds and the rest. */
const WORD_MICROSECONDS = Math.floor(WORD / 1000);
const WORD_REST = WORD % 1000;
const NANO = 10n ** 9n;

/** The value of if_tsresol where the option is absent: microseconds. */
export const MICROSECONDS = 6;
export const NANOSECONDS = 9;

/** `resolution` is the byte of if_tsresol: 10^-n, or 2^-n with the top bit set. `offsetSeconds` is if_tsoffset. */
export function timebase(resolution: number, offsetSeconds: bigint): Timebase {
  if (offsetSeconds === 0n && resolution === MICROSECONDS) return microseconds;
  if (offsetSeconds === 0n && resolution === NANOSECONDS) return nanoseconds;
  const exponent = BigInt(resolution & 0x7f);
  const perSecond = resolution & 0x80 ? 2n ** exponent : 10n ** exponent;
  return (high, low, of) => {
    const ticks = (BigInt(high) << 32n) | BigInt(low);
    const total = (ticks * NANO) / perSecond + offsetSeconds * NANO;
    const rest = ((total % 1000n) + 1000n) % 1000n;
    of.time = Number((total - rest) / 1000n);
    of.nanoseconds = Number(rest);
  };
}

const microseconds: Timebase = (high, low, of) => {
  of.time = high * WORD + low;
  of.nanoseconds = 0;
};

const nanoseconds: Timebase = (high, low, of) => {
  const rest = high * WORD_REST + low;
  of.time = high * WORD_MICROSECONDS + Math.floor(rest / 1000);
  of.nanoseconds = rest % 1000;
};
